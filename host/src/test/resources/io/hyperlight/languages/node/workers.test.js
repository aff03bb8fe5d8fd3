// Threads with their own heaps, which send messages and share memory.
'use strict';
const test = require('node:test');
const assert = require('node:assert');
const { once } = require('node:events');
const { Worker, MessageChannel, receiveMessageOnPort } = require('node:worker_threads');

const start = (code, workerData) => new Worker(code, { eval: true, workerData });

test('workers compute and answer', async () => {
  const code = `const { parentPort, workerData } = require('node:worker_threads');
    let sum = 0; for (let i = 0; i < 300000; i++) sum += i % workerData; parentPort.postMessage(sum);`;
  const workers = [3, 5, 7].map((n) => start(code, n));
  const answers = await Promise.all(workers.map(async (worker) => (await once(worker, 'message'))[0]));
  assert.strictEqual(answers[2], [...Array(300000).keys()].reduce((a, i) => a + (i % 7), 0));
});

test('memory is shared, and Atomics wait and wake', async () => {
  const shared = new Int32Array(new SharedArrayBuffer(16));
  const code = `const { workerData } = require('node:worker_threads');
    for (let i = 0; i < 10000; i++) Atomics.add(workerData, 0, 1);
    Atomics.add(workerData, 1, 1); Atomics.notify(workerData, 1); Atomics.wait(workerData, 2, 0);`;
  const workers = [1, 2, 3].map(() => start(code, shared));
  const ended = workers.map((worker) => once(worker, 'exit'));
  while (Atomics.load(shared, 1) < 3) await new Promise(setImmediate);
  Atomics.store(shared, 2, 1);
  Atomics.notify(shared, 2);
  assert.deepStrictEqual((await Promise.all(ended)).flat(), [0, 0, 0]);
  assert.strictEqual(shared[0], 30000);
});

test('channels carry and transfer', async () => {
  const { port1, port2 } = new MessageChannel();
  port1.postMessage({ nested: [1n, new Date(0), /x/g, new Map([[1, new Set([2])]])] });
  assert.deepStrictEqual(receiveMessageOnPort(port2).message.nested[3], new Map([[1, new Set([2])]]));
  const buffer = new ArrayBuffer(1000);
  port1.postMessage(buffer, [buffer]);
  assert.strictEqual(buffer.byteLength, 0);
  assert.strictEqual(receiveMessageOnPort(port2).message.byteLength, 1000);
  port2.on('message', () => {});
  port1.close();
  await once(port2, 'close');
});

test('an error in a worker and an endless worker end', async () => {
  const [error] = await once(start('throw new TypeError("wrong")'), 'error');
  assert.strictEqual(error.message, 'wrong');
  const endless = start('require("node:worker_threads").parentPort.postMessage(1); for (;;);');
  await once(endless, 'message');
  assert.strictEqual(await endless.terminate(), 1);
});

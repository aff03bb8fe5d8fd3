// Computes, waits, allocates and compiles, with workers, the thread pool and timers. The request
// is how much of it. What it prints is the same in each run.
'use strict';
const crypto = require('node:crypto');
const fs = require('node:fs');
const os = require('node:os');
const { once, EventEmitter } = require('node:events');
const { Readable, Transform, pipeline } = require('node:stream');
const { promisify } = require('node:util');
const { Worker, MessageChannel } = require('node:worker_threads');
const zlib = require('node:zlib');

const turn = promisify(setImmediate);
const sleep = promisify(setTimeout);

const workerCode = `
  const { parentPort, workerData } = require('node:worker_threads');
  const shared = new Int32Array(workerData.shared);
  parentPort.on('message', ({ round }) => {
    let sum = 0;
    const objects = [];
    for (let i = 0; i < 20000; i++) {
      sum = (sum * 31 + i * workerData.number + round) % 1000003;
      if (i % 10 === 0) objects.push({ text: 'object ' + i, sum });
    }
    for (let i = 0; i < 500; i++) Atomics.add(shared, 0, 1);
    Atomics.add(shared, 1, 1);
    Atomics.notify(shared, 1);
    Atomics.wait(shared, 2, round);
    parentPort.postMessage(sum + objects.length + objects[77].text.length);
  });`;

async function workers(pool, shared, round) {
  Atomics.store(shared, 1, 0);
  Atomics.store(shared, 2, round);
  const answers = pool.map((worker) => once(worker, 'message'));
  pool.forEach((worker) => worker.postMessage({ round }));
  while (Atomics.load(shared, 1) < pool.length) await turn();
  Atomics.store(shared, 2, -1);
  Atomics.notify(shared, 2);
  return (await Promise.all(answers)).map(([sum]) => sum).join() + ' ' + Atomics.load(shared, 0);
}

async function streams(round) {
  const chunks = [];
  const double = new Transform({
    transform(chunk, encoding, done) {
      setImmediate(done, null, Buffer.concat([chunk, chunk]));
    },
  });
  const source = Readable.from((function* () {
    for (let i = 0; i < 30; i++) yield Buffer.alloc(3000, i + round);
  })());
  const packed = zlib.createGzip();
  const unpacked = zlib.createGunzip();
  unpacked.on('data', (chunk) => chunks.push(chunk));
  await promisify(pipeline)(source, double, packed, unpacked);
  return crypto.createHash('sha1').update(Buffer.concat(chunks)).digest('hex');
}

async function timers() {
  let early = 0;
  await Promise.all([3, 1, 2].map(async (n) => {
    const before = performance.now();
    await sleep(n * 4);
    if (performance.now() - before < n * 4 - 1) early++;
  }));
  let ticks = 0;
  await new Promise((done) => {
    const interval = setInterval(() => {
      if (++ticks === 4) {
        clearInterval(interval);
        done();
      }
    }, 1);
  });
  return early + ' ' + ticks;
}

async function pool(round) {
  const keys = await Promise.all([1, 2, 3, 4, 5].map((n) =>
    promisify(crypto.pbkdf2)('secret' + n, 'salt' + round, 300, 16, 'sha256')));
  const file = `${os.tmpdir()}/busy${process.pid}`;
  await fs.promises.writeFile(file, 'x'.repeat(50000) + round);
  const text = await fs.promises.readFile(file, 'utf8');
  return keys.map((key) => key.toString('hex')).join() + text.length;
}

async function channels(round) {
  const { port1, port2 } = new MessageChannel();
  const emitter = new EventEmitter();
  let sum = 0;
  port2.on('message', (value) => {
    sum = (sum * 31 + value.n + value.map.get('a')) % 1000003;
    if (value.n === 50) emitter.emit('end');
  });
  const end = once(emitter, 'end');
  for (let n = 0; n <= 50; n++) port1.postMessage({ n, map: new Map([['a', round]]) });
  await end;
  port1.close();
  return sum;
}

function compute(round) {
  const text = JSON.stringify([...Array(800).keys()].map((i) => ({ i, name: 'n' + i, nested: [i, { round }] })));
  const words = text.match(/"n\d+[02468]"/g).length;
  const add = new Function('a', 'b', `return a * ${round} + b;`); // compiled anew
  let sum = 0n;
  for (let i = 0; i < 300; i++) sum = (sum * 31n + BigInt(add(i, 1))) % 1000000007n;
  const numbers = Array.from({ length: 2000 }, (_, i) => Math.sin(i * (round + 1)));
  numbers.sort((a, b) => a - b);
  const bytes = new Uint8Array([0, 97, 115, 109, 1, 0, 0, 0, 1, 7, 1, 96, 2, 127, 127, 1, 127, 3, 2, 1, 0, 7, 5, 1, 1, 102, 0, 0, 10, 9, 1, 7, 0, 32, 0, 32, 1, 106, 11]);
  const wasm = new WebAssembly.Instance(new WebAssembly.Module(bytes)).exports.f(round, 40);
  return [JSON.parse(text).length, words, sum, numbers[1000].toFixed(12), wasm].join();
}

async function main() {
  const rounds = parseInt(fs.readFileSync(0, 'utf8'), 10);
  console.log(rounds + ' rounds');
  const buffer = new SharedArrayBuffer(16);
  const all = [3, 5].map((number) => new Worker(workerCode, { eval: true, workerData: { number, shared: buffer } }));
  await Promise.all(all.map((worker) => once(worker, 'online')));
  for (let round = 0; round < rounds; round++) {
    const results = await Promise.all([
      workers(all, new Int32Array(buffer), round), streams(round), timers(), pool(round), channels(round), compute(round)]);
    console.log(round + ' ' + results.join(' '));
  }
  await Promise.all(all.map((worker) => worker.terminate()));
  console.log('done');
  process.exit(0);
}

main();

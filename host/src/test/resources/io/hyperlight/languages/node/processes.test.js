'use strict';
const assert = require('node:assert');
const { AsyncLocalStorage } = require('node:async_hooks');
const childProcess = require('node:child_process');
const { once } = require('node:events');
const fs = require('node:fs/promises');
const http = require('node:http');
const os = require('node:os');
const { performance, PerformanceObserver } = require('node:perf_hooks');
const { test } = require('node:test');
const timers = require('node:timers/promises');
const { Worker } = require('node:worker_threads');

test('another process is refused with an error, and Node goes on', async () => {
  for (const start of [
    () => childProcess.spawn('/bin/true'),
    () => childProcess.exec('true'),
    () => childProcess.fork('/tmp/none.js'),
  ]) {
    let code;
    try {
      const [error] = await once(start(), 'error').catch((error) => [error]);
      code = error.code;
    } catch (error) {
      code = error.code;
    }
    assert.strictEqual(code, 'EPERM');
  }
  assert.throws(() => childProcess.execFileSync('/bin/true'), { code: 'EPERM' });
});

test('a server and a connection are refused with an error', async () => {
  const [error] = await once(http.createServer().listen(0), 'error').catch((error) => [error]);
  assert.match(error.code, /^E/);
  const [failed] = await once(http.get('http://127.0.0.1:1/'), 'error').catch((error) => [error]);
  assert.match(failed.code, /^E/);
});

test('a context follows timers, promises and the pool of threads', async () => {
  const storage = new AsyncLocalStorage();
  const found = await Promise.all(
    Array.from({ length: 50 }, (_, i) =>
      storage.run(i, async () => {
        await timers.setTimeout(i % 7);
        await fs.stat('/tmp');
        await new Promise((resolve) => setImmediate(resolve));
        return storage.getStore();
      })
    )
  );
  assert.deepStrictEqual(found, Array.from({ length: 50 }, (_, i) => i));
});

test('aborting ends a wait', async () => {
  const controller = new AbortController();
  setImmediate(() => controller.abort());
  await assert.rejects(timers.setTimeout(1e6, null, { signal: controller.signal }), { name: 'AbortError' });
  const seen = [];
  for await (const value of timers.setInterval(1, 'tick')) {
    if (seen.push(value) === 5) break;
  }
  assert.strictEqual(seen.length, 5);
});

test('measures arrive, and time goes forward', async () => {
  const observed = new Promise((resolve) =>
    new PerformanceObserver((list) => resolve(list.getEntries())).observe({ entryTypes: ['measure'] })
  );
  performance.mark('a');
  for (let last = performance.now(), i = 0; i < 10000; i++) {
    const now = performance.now();
    assert.ok(now >= last);
    last = now;
  }
  performance.measure('b', 'a');
  assert.strictEqual((await observed)[0].name, 'b');
});

test('directories are walked, and many files read at the same time', async () => {
  const folder = await fs.mkdtemp(os.tmpdir() + '/walk-');
  await Promise.all(Array.from({ length: 40 }, (_, i) => fs.writeFile(`${folder}/${i}`, 'x'.repeat(i * 1000))));
  await fs.mkdir(folder + '/deep/er', { recursive: true });
  const sizes = await Promise.all(
    (await fs.readdir(folder, { withFileTypes: true }))
      .filter((entry) => entry.isFile())
      .map(async (entry) => (await fs.readFile(`${folder}/${entry.name}`)).length)
  );
  assert.strictEqual(sizes.reduce((a, b) => a + b), 780000);
  await fs.rm(folder, { recursive: true });
  await assert.rejects(fs.stat(folder), { code: 'ENOENT' });
});

test('ten workers live at the same time', async () => {
  const workers = Array.from(
    { length: 10 },
    (_, i) => new Worker(`require('worker_threads').parentPort.postMessage(workerData ** 2)`
      .replace('workerData', String(i)), { eval: true })
  );
  const squares = await Promise.all(workers.map(async (worker) => (await once(worker, 'message'))[0]));
  assert.deepStrictEqual(squares, Array.from({ length: 10 }, (_, i) => i * i));
  await Promise.all(workers.map((worker) => worker.terminate()));
});

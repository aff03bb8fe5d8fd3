// Streams, compression, hashes, files, timers and promises: the event loop and the pool of threads behind it.
'use strict';
const test = require('node:test');
const assert = require('node:assert');
const crypto = require('node:crypto');
const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');
const zlib = require('node:zlib');
const { promisify } = require('node:util');
const { Readable, Transform } = require('node:stream');
const { pipeline } = require('node:stream/promises');
const timers = require('node:timers/promises');

test('a pipeline compresses and decompresses', async () => {
  const parts = Array.from({ length: 300 }, (_, i) => Buffer.alloc(1000, i % 251));
  const hash = crypto.createHash('sha256');
  const seen = crypto.createHash('sha256');
  parts.forEach((part) => seen.update(part));
  await pipeline(Readable.from(parts), zlib.createGzip(), zlib.createGunzip(),
    new Transform({ transform(chunk, _, done) { hash.update(chunk); done(); } }));
  assert.strictEqual(hash.digest('hex'), seen.digest('hex'));
});

test('the pool of threads computes hashes and compresses', async () => {
  const derive = promisify(crypto.pbkdf2);
  const keys = await Promise.all(Array.from({ length: 12 }, () => derive('password', 'salt', 1000, 32, 'sha256')));
  assert.strictEqual(new Set(keys.map((key) => key.toString('hex'))).size, 1);
  assert.strictEqual(keys[0].toString('hex'), crypto.pbkdf2Sync('password', 'salt', 1000, 32, 'sha256').toString('hex'));
  const brotli = await promisify(zlib.brotliCompress)(Buffer.alloc(100000, 'text '));
  assert.strictEqual((await promisify(zlib.brotliDecompress)(brotli)).length, 100000);
});

test('encryption and signatures', () => {
  const key = Buffer.alloc(32, 1);
  const cipher = crypto.createCipheriv('aes-256-gcm', key, Buffer.alloc(12, 2));
  const text = Buffer.concat([cipher.update('secret'), cipher.final()]);
  const decipher = crypto.createDecipheriv('aes-256-gcm', key, Buffer.alloc(12, 2)).setAuthTag(cipher.getAuthTag());
  assert.strictEqual(decipher.update(text, undefined, 'utf8') + decipher.final('utf8'), 'secret');
  const { privateKey, publicKey } = crypto.generateKeyPairSync('ed25519');
  assert.ok(crypto.verify(null, text, publicKey, crypto.sign(null, text, privateKey)));
  assert.strictEqual(new Set(Array.from({ length: 100 }, () => crypto.randomUUID())).size, 100);
});

test('files are written and read, also many at the same time', async () => {
  const folder = await fs.promises.mkdtemp(path.join(os.tmpdir(), 'node-'));
  const names = Array.from({ length: 40 }, (_, i) => path.join(folder, `f${i}`));
  await Promise.all(names.map((name, i) => fs.promises.writeFile(name, 'x'.repeat(i * 100))));
  const sizes = await Promise.all(names.map(async (name) => (await fs.promises.stat(name)).size));
  assert.deepStrictEqual(sizes, names.map((_, i) => i * 100));
  await pipeline(fs.createReadStream(names[39]), fs.createWriteStream(path.join(folder, 'copy')));
  assert.strictEqual(fs.readFileSync(path.join(folder, 'copy'), 'utf8').length, 3900);
  assert.strictEqual((await fs.promises.readdir(folder)).length, 41);
  await fs.promises.rm(folder, { recursive: true });
  await assert.rejects(fs.promises.readFile(names[0]), { code: 'ENOENT' });
});

test('timers come in their order', async () => {
  const order = [];
  await new Promise((resolve) => {
    setTimeout(() => { order.push('20'); resolve(); }, 20);
    setTimeout(() => order.push('1'), 1);
    setImmediate(() => order.push('immediate'));
    process.nextTick(() => order.push('tick'));
    Promise.resolve().then(() => order.push('promise'));
  });
  assert.deepStrictEqual(order.slice(0, 2).sort(), ['promise', 'tick']);
  assert.deepStrictEqual(order.slice(2).filter((name) => name !== 'immediate'), ['1', '20']);
  let ticks = 0;
  for await (const value of timers.setInterval(2, 'v')) {
    assert.strictEqual(value, 'v');
    if (++ticks === 5) break;
  }
  await assert.rejects(timers.setTimeout(100000, null, { signal: AbortSignal.timeout(5) }), { name: 'AbortError' });
});

test('promises and asynchronous iterators', async () => {
  const results = await Promise.allSettled([1, Promise.reject(new Error('no')), timers.setTimeout(1, 3)]);
  assert.deepStrictEqual(results.map((result) => result.status), ['fulfilled', 'rejected', 'fulfilled']);
  await assert.rejects(Promise.any([Promise.reject(new Error('a'))]), AggregateError);
  async function* count() { for (let i = 0; i < 1000; i++) { if (i % 100 === 0) await null; yield i; } }
  let sum = 0;
  for await (const i of count()) sum += i;
  assert.strictEqual(sum, 499500);
});

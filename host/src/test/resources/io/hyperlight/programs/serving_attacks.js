// Requests that try to leave something behind, each in front of a line with dashes.
global.count = 5; kept.left = [1, 2, 3]; process.title = 'left'; process.env.LEFT = '1'; 1
// ---
Array.prototype.map = () => 'replaced'; Object.prototype.left = 1; JSON.stringify = () => 'x'; String = () => 'y'; 2
// ---
require('fs').writeFileSync('/tmp/seed', 'changed'); require('fs').mkdirSync('/tmp/a/b', { recursive: true }); require('fs').writeFileSync('/tmp/left', 'x'.repeat(300000)); process.chdir('/tmp/a'); process.umask(0); 3
// ---
require('fs').unlinkSync('/tmp/seed'); 4
// ---
setInterval(() => require('fs').writeSync(1, 'late\n'), 1); setTimeout(() => process.exit(5), 3); setImmediate(() => { kept.immediate = 1; }); 5
// ---
new Promise((done) => setTimeout(done, 4)).then(() => 6)
// ---
(async () => { for (let i = 0; i < 5; i++) { const { Worker } = require('worker_threads'); const w = new Worker('require("worker_threads").parentPort.postMessage(1); setInterval(() => {}, 1000)', { eval: true }); await require('events').once(w, 'message'); kept[i] = w; } return 7; })()
// ---
(async () => { const { Worker } = require('worker_threads'); const w = new Worker('require("worker_threads").parentPort.postMessage(1); for (;;);', { eval: true }); await require('events').once(w, 'message'); return 8; })()
// ---
(async () => { const { Worker } = require('worker_threads'); const w = new Worker('const fs = require("fs"); require("worker_threads").parentPort.postMessage(1); setInterval(() => fs.writeSync(1, "late\\n"), 1)', { eval: true }); await require('events').once(w, 'message'); return 9; })()
// ---
(() => { const s = new SharedArrayBuffer(8); const { Worker } = require('worker_threads'); kept.waits = new Worker('Atomics.wait(new Int32Array(require("worker_threads").workerData), 0, 0)', { eval: true, workerData: s }); return 10; })()
// ---
for (let i = 0; i < 60; i++) require('fs').openSync('/tmp/seed', 'r'); 11
// ---
require('fs').closeSync(0); require('fs').closeSync(2); 12
// ---
require('fs').closeSync(1); 13
// ---
kept.big = Array.from({ length: 30 }, (_, i) => Buffer.alloc(1 << 20, i)); kept.objects = Array.from({ length: 100000 }, (_, i) => ({ i })); 14
// ---
(() => { const all = []; for (;;) all.push(new Array(100000).fill(all.length)); })()
// ---
(() => { const f = (n) => f(n + 1) + 1; try { return f(0); } catch (e) { return 'caught'; } })()
// ---
(() => { const f = (n) => f(n + 1) + 1; return f(0); })()
// ---
throw new Error('uncaught')
// ---
Promise.reject(new Error('rejected')); 17
// ---
process.exit(3)
// ---
require('fs').writeSync(1, 'bye'); process.exit(0)
// ---
process.abort()
// ---
process.kill(process.pid, 'SIGKILL')
// ---
process.kill(process.pid, 'SIGTERM'); new Promise(() => {})
// ---
(async () => { process.on('SIGUSR2', () => { kept.signal = 1; }); process.kill(process.pid, 'SIGUSR2'); while (!kept.signal) await new Promise(setImmediate); return 18; })()
// ---
(() => { let sum = 0; const f = (a, b) => a * b + 1; for (let i = 0; i < 300000; i++) sum += f(i, 3); f.left = new Function('return 1'); return sum + f('a', {}); })()
// ---
(() => { const bytes = new Uint8Array([0, 97, 115, 109, 1, 0, 0, 0, 5, 3, 1, 0, 200]); kept.memory = new WebAssembly.Memory({ initial: 100 }); new Uint8Array(kept.memory.buffer).fill(7); return bytes.length; })()
// ---
(() => { const z = require('zlib'); kept.zip = z.createGzip(); kept.zip.write(Buffer.alloc(500000, 1)); return 19; })()
// ---
(() => { for (let i = 0; i < 8; i++) require('crypto').pbkdf2('a', 'b', 2000, 64, 'sha512', () => { kept['hash' + i] = 1; }); return 20; })()
// ---
(() => { const { Readable } = require('stream'); kept.stream = Readable.from((async function* () { for (;;) { yield Buffer.alloc(10000); await new Promise(setImmediate); } })()); kept.stream.resume(); return 21; })()
// ---
process.nextTick(() => { throw new Error('later'); }); 22
// ---
require('fs').writeSync(1, 'x'.repeat(200000)); throw new Error('half an answer')
// ---
new Promise(() => {})
// ---
for (;;);
// ---
require('fs').fs = 1; require.cache = {}; require('module')._load = () => ({}); process.stdout.write = () => true; console.log = null; 23
// ---
Math.random(); crypto.randomUUID(); kept.date = new Date(); 24

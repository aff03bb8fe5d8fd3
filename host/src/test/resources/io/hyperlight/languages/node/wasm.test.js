// WebAssembly: compiled at once and in the background, with memory, tables, imports and traps.
'use strict';
const test = require('node:test');
const assert = require('node:assert');

// (module (import "m" "f" (func (param i32) (result i32))) (memory (export "memory") 1)
//   (func (export "fib") (param i32) (result i32)
//     local.get 0 i32.const 2 i32.lt_s if (result i32) local.get 0 else
//     local.get 0 i32.const 1 i32.sub call 1 local.get 0 i32.const 2 i32.sub call 1 i32.add end)
//   (func (export "div") (param i32 i32) (result i32) local.get 0 local.get 1 i32.div_s)
//   (func (export "load") (param i32) (result i32) local.get 0 i32.load)
//   (func (export "call") (param i32) (result i32) local.get 0 call 0))
const section = (id, ...bytes) => [id, bytes.length, ...bytes];
const name = (text) => [text.length, ...Buffer.from(text)];
const body = (...code) => [code.length + 2, 0, ...code, 0x0b];
const bytes = Uint8Array.from([
  0, 0x61, 0x73, 0x6d, 1, 0, 0, 0,
  ...section(1, 2, 0x60, 1, 0x7f, 1, 0x7f, 0x60, 2, 0x7f, 0x7f, 1, 0x7f),
  ...section(2, 1, ...name('m'), ...name('f'), 0, 0),
  ...section(3, 4, 0, 1, 0, 0),
  ...section(5, 1, 0, 1),
  ...section(7, 5, ...name('memory'), 2, 0, ...name('fib'), 0, 1, ...name('div'), 0, 2, ...name('load'), 0, 3,
    ...name('call'), 0, 4),
  ...section(10, 4,
    ...body(0x20, 0, 0x41, 2, 0x48, 0x04, 0x7f, 0x20, 0, 0x05, 0x20, 0, 0x41, 1, 0x6b, 0x10, 1, 0x20, 0, 0x41, 2,
      0x6b, 0x10, 1, 0x6a, 0x0b),
    ...body(0x20, 0, 0x20, 1, 0x6d), ...body(0x20, 0, 0x28, 2, 0), ...body(0x20, 0, 0x10, 0)),
]);
const imports = { m: { f: (n) => n * 3 } };

test('a module computes, and calls back', async () => {
  const { instance } = await WebAssembly.instantiate(bytes, imports);
  assert.strictEqual(instance.exports.fib(25), 75025);
  assert.strictEqual(instance.exports.call(14), 42);
});

test('memory grows and is seen from both sides', () => {
  const { exports } = new WebAssembly.Instance(new WebAssembly.Module(bytes), imports);
  new Int32Array(exports.memory.buffer)[100] = 77;
  assert.strictEqual(exports.load(400), 77);
  assert.throws(() => exports.load(65536), WebAssembly.RuntimeError);
  assert.strictEqual(exports.memory.grow(10), 1);
  assert.strictEqual(exports.load(65536), 0);
});

test('traps are errors', () => {
  const { exports } = new WebAssembly.Instance(new WebAssembly.Module(bytes), imports);
  assert.strictEqual(exports.div(7, 2), 3);
  assert.throws(() => exports.div(1, 0), /divide by zero/);
  assert.throws(() => exports.load(-4), /out of bounds/);
  assert.throws(() => new WebAssembly.Module(bytes.slice(0, -1)), WebAssembly.CompileError);
});

test('many instances have memories of their own', () => {
  const module = new WebAssembly.Module(bytes);
  const instances = Array.from({ length: 8 }, () => new WebAssembly.Instance(module, imports));
  instances.forEach(({ exports }, i) => { new Int32Array(exports.memory.buffer)[0] = i; });
  assert.deepStrictEqual(instances.map(({ exports }) => exports.load(0)), [0, 1, 2, 3, 4, 5, 6, 7]);
});

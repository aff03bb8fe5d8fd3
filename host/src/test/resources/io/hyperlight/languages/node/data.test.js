// JSON, regular expressions, typed arrays and big integers, much enough for the optimising compiler.
'use strict';
const test = require('node:test');
const assert = require('node:assert');

test('JSON survives a round trip of many objects', () => {
  let random = 1;
  const next = () => (random = (random * 48271) % 0x7fffffff);
  const make = (depth) => {
    switch (next() % (depth > 0 ? 6 : 4)) {
      case 0: return next() / 7;
      case 1: return `text ${next()} \u00e4\u{1f600} "quoted"\n`;
      case 2: return next() % 2 === 0;
      case 3: return null;
      case 4: return Array.from({ length: next() % 8 }, () => make(depth - 1));
      default: return Object.fromEntries(Array.from({ length: next() % 8 }, (_, i) => [`k${i}`, make(depth - 1)]));
    }
  };
  for (let i = 0; i < 500; i++) {
    const value = make(6);
    assert.deepStrictEqual(JSON.parse(JSON.stringify(value)), value);
  }
  assert.throws(() => JSON.parse('{"a":'), SyntaxError);
});

test('regular expressions find, replace and split', () => {
  const text = 'first.last@example.com, other@example.org; '.repeat(2000);
  assert.strictEqual([...text.matchAll(/(?<user>[\w.]+)@(?<host>[\w.]+)/gu)].length, 4000);
  assert.strictEqual(text.replace(/(\w+)@(\w+)/g, '$2 at $1').split(/[,;] /).length, 4001);
  assert.match('2024-02-29', /^(?<y>\d{4})-(?<m>\d\d)-(?<d>\d\d)$/);
  assert.strictEqual('aBc'.replace(/(?<=a)b/i, (b) => b.toLowerCase()), 'abc');
});

test('hot code gets compiled, and falls back when types change', () => {
  const add = (a, b) => a + b;
  let sum = 0;
  for (let i = 0; i < 2e6; i++) sum = add(sum, i % 7);
  assert.strictEqual(sum, 5999995);
  assert.strictEqual(add('a', 1), 'a1');
  assert.strictEqual(add(2n ** 64n, 1n), 18446744073709551617n);
});

test('typed arrays, maps and big integers', () => {
  const sieve = new Uint8Array(200000);
  let primes = 0;
  for (let i = 2; i < sieve.length; i++) {
    if (sieve[i] === 0) {
      primes++;
      for (let j = i * 2; j < sieve.length; j += i) sieve[j] = 1;
    }
  }
  assert.strictEqual(primes, 17984);
  const counts = new Map();
  for (let i = 0; i < 100000; i++) counts.set(i % 1000, (counts.get(i % 1000) ?? 0) + 1);
  assert.deepStrictEqual([...new Set(counts.values())], [100]);
  let factorial = 1n;
  for (let i = 1n; i <= 100n; i++) factorial *= i;
  assert.strictEqual(factorial.toString().length, 158);
  assert.deepStrictEqual(Array.from({ length: 10000 }, (_, i) => (i * 7919) % 10000).sort((a, b) => a - b)[9999], 9999);
});

test('garbage is collected while much is made', () => {
  let kept = [];
  for (let i = 0; i < 300; i++) {
    kept.push(Array.from({ length: 1000 }, (_, j) => ({ i, j, text: `${i}/${j}` })));
    if (kept.length > 20) kept = kept.slice(10);
  }
  assert.strictEqual(kept.at(-1)[999].text, '299/999');
});

test('deep recursion is a RangeError', () => {
  const deep = (n) => 1 + deep(n + 1);
  assert.throws(() => deep(0), RangeError);
});

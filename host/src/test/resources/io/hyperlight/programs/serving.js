// Answers requests. A request is a script, whose value is the answer.
'use strict';
const fs = require('node:fs');
const { promisify } = require('node:util');
const read = promisify(fs.read);

global.require = require;
global.count = 0;
global.kept = {};

async function request() {
  const pieces = [];
  const buffer = Buffer.alloc(1 << 16);
  for (;;) {
    const { bytesRead } = await read(0, buffer, 0, buffer.length, null);
    if (bytesRead === 0) return Buffer.concat(pieces).toString();
    pieces.push(Buffer.from(buffer.subarray(0, bytesRead)));
  }
}

async function main() {
  require('node:worker_threads');
  require('node:zlib');
  require('node:crypto').createHash('sha256').update('x').digest();
  for (;;) {
    const answer = await (0, eval)(await request());
    fs.writeSync(1, String(answer) + '\n');
  }
}

main();

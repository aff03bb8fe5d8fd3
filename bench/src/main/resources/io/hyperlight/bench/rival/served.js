// The same program as ServedJava, for Node.js.
const fs = require('fs');

function answer(request) {
  const numbers = request.trim().split(',').map(Number).sort((a, b) => a - b);
  let sum = 0;
  for (let i = 0; i < numbers.length; i++) {
    sum += (i + 1) * numbers[i];
  }
  return String(sum);
}

const buffer = Buffer.alloc(65536);
let ended = false;
while (true) {
  const length = fs.readSync(0, buffer, 0, buffer.length, null);
  if (length === 0) {
    if (ended) {
      break;
    }
    ended = true;
    continue;
  }
  ended = false;
  const begin = process.hrtime.bigint();
  const text = answer(buffer.toString('latin1', 0, length));
  const nanos = process.hrtime.bigint() - begin;
  fs.writeSync(1, text + ' ' + nanos + '\n');
}

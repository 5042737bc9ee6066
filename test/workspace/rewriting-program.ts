import { writeFileAtomically } from '../../src/workspace/index.js';

// Writes a file again and again, with one letter and then with another, until it is killed.
const file = process.argv[2] ?? '';
console.log('writing');
for (let round = 0; ; round += 1)
  await writeFileAtomically(file, (round % 2 === 0 ? 'b' : 'a').repeat(2_000_000));

#!/usr/bin/env node
// Kept to syntax that old versions of Node can read, so that they print the message below and no syntax error.
import { readFileSync } from 'node:fs';

// Each thread waits for the disk: with four, overwriting many files is a queue. Node 20 has begun its threads by now and keeps four.
process.env.UV_THREADPOOL_SIZE = process.env.UV_THREADPOOL_SIZE || '16';

const argv = process.argv.slice(2);
const node = process.versions.node.split('.').map(Number);
const words = ['--version', '-v', 'version'];

if (node[0] < 20 || (node[0] === 20 && node[1] < 19)) {
  process.stderr.write(
    `error: quietus needs Node 20.19 or later, and this is ${process.versions.node}\n` +
      'hint: Install a newer Node (https://nodejs.org), or run it with: npx -y node@24 ...\n',
  );
  process.exitCode = 2;
} else if (words.includes(argv[0]) && argv.slice(1).every((word) => word === '--json')) {
  // Before anything else is loaded: inventory tools and health checks ask for it on every machine.
  const { version } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8'));
  const facts = {
    name: 'quietus',
    version,
    node: process.versions.node,
    platform: `${process.platform}-${process.arch}`,
  };
  process.stdout.write(
    argv.length > 1
      ? `${JSON.stringify(facts, null, 2)}\n`
      : `quietus ${version} (node ${facts.node}, ${facts.platform})\n`,
  );
} else {
  import('../dist/main.js').then(
    (program) => program.run(argv),
    (error) => {
      if (error?.code !== 'ERR_MODULE_NOT_FOUND') throw error;
      process.stderr.write('error: quietus is not built\nhint: Run: npm run build\n');
      process.exitCode = 2;
    },
  );
}

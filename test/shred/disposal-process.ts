// Run as a child process by interruption.test.ts: destroys or resumes, and kills itself at the moment it is told to.
import { readFileSync } from 'node:fs';
import { type DisposalTarget, destroy, resume } from '../../src/shred/index.js';
import { JsonJournal } from './json-journal.js';

interface Orders {
  journal: string;
  protectedPaths: string[];
  targets: DisposalTarget[] | null;
  /** Number of the moment at which to die; 0 for never. */
  dieAt: number;
}

const orders: Orders = JSON.parse(readFileSync(process.argv[2] ?? '', 'utf8'));
let moments = 0;
function moment(name: string): void {
  moments += 1;
  if (moments !== orders.dieAt) return;
  process.stdout.write(`${name}\n`);
  process.kill(process.pid, 'SIGKILL');
}

const journal = new JsonJournal(orders.journal, (name) => moment(`journal ${name}`));
const options = {
  protectedPaths: orders.protectedPaths,
  acceptResidual: true,
  observe: ({ step }: { step: string }) => moment(step),
};
if (orders.targets === null) await resume(journal.pending(), journal, options);
else await destroy(orders.targets, journal, options);

// Destroys one file or folder with a journal in memory: what is measured is the work on the disk.
// Appends to the file that QUIETUS_BENCH_PHASES names when each phase ended, in seconds since the start of the process.
import { appendFileSync } from 'node:fs';
import { destroy, examine } from '../src/shred/index.ts';

const [location, medium] = process.argv.slice(2);
const ended = {};
const note = (step) => {
  ended[step] = Math.round(performance.now()) / 1000;
};
let entries = [];
const journal = {
  begin: async (requests) => {
    entries = requests.flatMap((request) => [...request.entries]);
    return requests.map(({ target }) => ({ itemId: target.itemId, go: true }));
  },
  entries: async (_, from, count) => entries.slice(from, from + count),
  stillAuthorized: async () => undefined,
  overwritten: async () => note('verified'),
  finish: async () => note('removed'),
};
const options = {
  protectedPaths: [],
  acceptResidual: true,
  observe: ({ step }) => step === 'overwritten' && note(step),
};
const examined = await examine(location, medium, options);
if (examined.status !== 'ready') throw new Error(examined.reason.code);
note('examined');
const { fingerprint } = examined;
const target = { itemId: 'bench', location: examined.location, medium, fingerprint };
const [outcome] = await destroy([target], journal, options);
if (!outcome.outcome.startsWith('overwritten')) throw new Error(JSON.stringify(outcome.reasons));
if (process.env.QUIETUS_BENCH_PHASES) {
  appendFileSync(process.env.QUIETUS_BENCH_PHASES, `${JSON.stringify(ended)}\n`);
}

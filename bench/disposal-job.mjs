// Destroys one file or folder with a journal that keeps nothing: what is measured is the work on the disk.
// Prints when each phase ended, in seconds since the start of the process.
// As bin/quietus.js does; on Node 20 it comes too late, so the benchmark sets it from outside too.
import { destroy, examine } from '../src/shred/index.ts';

const [location, medium] = process.argv.slice(2);
const ended = {};
const note = (step) => {
  ended[step] = Math.round(performance.now()) / 1000;
};
const journal = {
  begin: async (requests) => requests.map(({ target }) => ({ itemId: target.itemId, go: true })),
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
process.stderr.write(`PHASES ${JSON.stringify(ended)}\n`);

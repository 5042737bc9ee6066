// Destroys one file or folder with a journal in memory: what is measured is the work on the disk.
import { destroy, examine } from '../src/shred/index.ts';

const [location, medium] = process.argv.slice(2);
let entries = [];
const journal = {
  begin: async (requests) => {
    entries = requests.flatMap((request) => [...request.entries]);
    return requests.map(({ target }) => ({ itemId: target.itemId, go: true }));
  },
  entries: async (_, from, count) => entries.slice(from, from + count),
  stillAuthorized: async () => undefined,
  overwritten: async () => undefined,
  finish: async () => undefined,
};
const options = {
  protectedPaths: [],
  acceptResidual: true,
};
const examined = await examine(location, medium, options);
if (examined.status !== 'ready') throw new Error(examined.reason.code);
const { fingerprint } = examined;
const target = { itemId: 'bench', location: examined.location, medium, fingerprint };
const [outcome] = await destroy([target], journal, options);
if (!outcome.outcome.startsWith('overwritten')) throw new Error(JSON.stringify(outcome.reasons));

// Run as another account by protection-lifted.test.ts: says what is found at a folder, and destroys it.
import { type DisposalJournal, destroy, examine } from '../../src/shred/index.js';

const [location = ''] = process.argv.slice(2);
const journal: DisposalJournal = {
  begin: async (requests) => requests.map(({ target }) => ({ itemId: target.itemId, go: true })),
  stillAuthorized: async () => undefined,
  overwritten: async () => undefined,
  finish: async () => undefined,
};
const plain = await examine(location, 'folder', { protectedPaths: [] });
const options = { protectedPaths: [], acceptResidual: true, liftProtection: true };
const examined = await examine(location, 'folder', options);
if (examined.status !== 'ready') throw new Error(examined.reason.code);
const target = { itemId: 'f', location: examined.location, medium: 'folder' as const };
const outcomes = await destroy([{ ...target, fingerprint: examined.fingerprint }], journal, options);
process.stdout.write(
  JSON.stringify({ plain: plain.status === 'ready' ? 'ready' : plain.reason.code, outcomes }),
);

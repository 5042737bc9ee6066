import { describe, expect, it, onTestFinished } from 'vitest';
import { openStore, type Store, type StoreLocation } from '../../src/store/index.js';

/** The log's tree, keys, checkpoints and witnesses; run against every database. */
export function logTreeSuite(database: string, location: () => Promise<StoreLocation>): void {
  const open = async (): Promise<Store> => {
    const store = await openStore(await location(), (name) => name);
    onTestFinished(() => store.close());
    return store;
  };
  const hash = (byte: number) => Buffer.alloc(32, byte);

  describe(`the tree of the log in ${database}`, () => {
    it('has a state that is replaced, with the newest entry beside it', async () => {
      const store = await open();
      expect(await store.logEnd.edge()).toEqual({ state: undefined, end: undefined });
      const state = { size: 1, head: 'a', peaks: hash(1), checkpointSize: 0, pin: null };
      const entry = {
        seq: 1,
        time: 't',
        operator: 'o',
        action: 'a.b',
        hash: 'h',
        entry: '{"é":"\u2028😀\\u0001"}',
      };
      await store.transaction(async (transaction) => {
        await transaction.log.insert([entry]);
        await transaction.logEnd.save(state);
      });
      expect(await store.logEnd.edge()).toEqual({ state, end: { seq: 1, hash: 'h' } });
      expect(await store.log.get(1)).toEqual(entry);
      const { bytes, count } = await store.log.pack(0, 10);
      expect(count).toBe(1);
      expect(bytes.toString('utf8')).toBe(`\n${entry.entry}\nh\n1\nt\no\na.b\n`);
      await store.transaction((transaction) => transaction.logEnd.save({ ...state, size: 2, pin: '1 x' }));
      expect(await store.logEnd.state()).toEqual({ ...state, size: 2, pin: '1 x' });
    });

    it('keeps the first of two nodes for a place', async () => {
      const store = await open();
      await store.transaction(async ({ logTree }) => {
        await logTree.insertNodes([
          { level: 8, position: 0, hash: hash(1) },
          { level: 8, position: 1, hash: hash(2) },
        ]);
        await logTree.insertNodes([{ level: 8, position: 0, hash: hash(9) }]);
      });
      expect(await store.logTree.node(8, 0)).toEqual(hash(1));
      expect(await store.logTree.node(9, 0)).toBe(undefined);
      const ranges = [
        { level: 8, first: 0, end: 2 },
        { level: 9, first: 0, end: 1 },
      ];
      expect(await store.logTree.nodesIn(ranges)).toEqual([[hash(1), hash(2)], []]);
      expect(await store.logTree.nodesIn([{ level: 8, first: 1, end: 2 }])).toEqual([[hash(2)]]);
      expect(await store.logTree.nodesIn([])).toEqual([]);
    });

    it('has keys, checkpoints and witnesses', async () => {
      const store = await open();
      const checkpoints = [1, 2].map((number) => ({
        number,
        size: 10 * number,
        madeAt: 't',
        note: `n${number}\n`,
      }));
      await store.transaction(async ({ logTree }) => {
        for (const each of checkpoints) await logTree.insertCheckpoint(each);
        await logTree.insertKey({ number: 1, epoch: 1, key: 'k', seq: 1 });
        await logTree.saveWitness({ name: 'w', delivered: 0, failures: 1, attemptedAt: 't', code: 'c' });
        await logTree.saveWitness({ name: 'w', delivered: 2, failures: 0, attemptedAt: null, code: null });
      });
      expect(await store.logTree.latestCheckpoint()).toEqual(checkpoints[1]);
      expect(await store.logTree.checkpoint(1)).toEqual(checkpoints[0]);
      expect(await store.logTree.checkpointsOfSizes(10, 20)).toEqual([checkpoints[1]]);
      expect(await store.logTree.newestCheckpoints(5)).toEqual(checkpoints.toReversed());
      expect(await store.logTree.keys()).toEqual([{ number: 1, epoch: 1, key: 'k', seq: 1 }]);
      expect(await store.logTree.witnesses()).toEqual([
        { name: 'w', delivered: 2, failures: 0, attemptedAt: null, code: null },
      ]);
    });

    it('is filtered by what an entry is about', async () => {
      const store = await open();
      const entry = (seq: number, subject: object) => ({
        seq,
        time: 't',
        operator: 'o',
        action: 'a',
        hash: 'h',
        entry: JSON.stringify({ subject }),
      });
      await store.transaction(({ log }) =>
        log.insert([entry(1, { item: 'A.1' }), entry(2, { item: 'B' }), entry(3, {})]),
      );
      expect(
        (await store.log.page(0, 9, { subject: { kind: 'item', id: 'A.1' } })).map(({ seq }) => seq),
      ).toEqual([1]);
      expect(await store.log.page(0, 9, { subject: { kind: 'certificate', id: 'B' } })).toEqual([]);
    });
  });
}

import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { Identity, Recipient } from '../../src/model/index.js';
import { openStore, type Store, type StoreLocation } from '../../src/store/index.js';
import { temporaryFolder } from '../temporary-folder.js';
import { sampleTransfer } from '../transfer/sample-transfer.js';

const AT = '2026-11-22T10:00:00.000Z';

function sampleRecipient(id: number, name: string, changes: Partial<Recipient> = {}): Recipient {
  return {
    id,
    name,
    kind: 'age',
    publicKey: 'age1example',
    channel: null,
    fingerprint: 'ab'.repeat(32),
    organization: 'Acme “Payroll”',
    contact: null,
    formats: ['age'],
    expiresOn: null,
    recovery: false,
    addedAt: AT,
    addedBy: 'jdoe',
    confirmedAt: null,
    confirmedBy: null,
    confirmedHow: null,
    removedAt: null,
    removedBy: null,
    ...changes,
  };
}

/** What both databases must do alike with recipients, identities and transfers. */
export function transfersSuite(database: string, freshLocation: () => Promise<StoreLocation>): void {
  async function opened(): Promise<Store> {
    const folder = temporaryFolder();
    const store = await openStore(await freshLocation(), (name) => join(folder, name));
    onTestFinished(() => store.close());
    return store;
  }

  describe(`recipients in ${database}`, () => {
    it('come back as they went in, by name, and removed ones after their successor', async () => {
      const store = await opened();
      const old = sampleRecipient(1, 'acme', { removedAt: AT, removedBy: 'jdoe' });
      const acme = sampleRecipient(2, 'acme', { expiresOn: '2027-06-30' as never });
      const phone = sampleRecipient(3, 'Zed', {
        kind: 'passphrase',
        publicKey: null,
        fingerprint: null,
        channel: 'phone',
        formats: ['zip', 'html'],
      });
      for (const each of [old, acme, phone]) await store.recipients.insert(each);
      expect(await store.recipients.list()).toEqual([phone, acme, old]);
      expect(await store.recipients.named('acme')).toEqual(acme);
      expect(await store.recipients.get(1)).toEqual(old);
      expect(await store.recipients.nextId()).toBe(4);
    });

    it('have one name in use, and one for recovery of each kind', async () => {
      const store = await opened();
      const vault = sampleRecipient(1, 'vault', { recovery: true });
      await store.recipients.insert(vault);
      await expect(store.recipients.insert(sampleRecipient(2, 'vault'))).rejects.toThrow();
      await expect(
        store.recipients.insert(sampleRecipient(3, 'vault3', { recovery: true })),
      ).rejects.toThrow();
      const cms = sampleRecipient(4, 'vault4', { recovery: true, kind: 'certificate' });
      await store.recipients.insert(cms);
      expect(await store.recipients.recovery()).toEqual([vault, cms]);
      expect(await store.recipients.remove(1, { at: AT, by: 'jdoe' })).toBe(true);
      expect(await store.recipients.remove(1, { at: AT, by: 'jdoe' })).toBe(false);
      expect(await store.recipients.recovery()).toEqual([cms]);
    });

    it('are confirmed once, and not after they were removed', async () => {
      const store = await opened();
      const confirmation = { at: AT, by: 'mroe', how: 'telephone' as const };
      await store.recipients.insert(sampleRecipient(1, 'acme'));
      expect(await store.recipients.confirm(1, confirmation)).toBe(true);
      expect(await store.recipients.confirm(1, confirmation)).toBe(false);
      expect(await store.recipients.named('acme')).toMatchObject({
        confirmedBy: 'mroe',
        confirmedHow: 'telephone',
      });
      await store.recipients.insert(sampleRecipient(2, 'old', { removedAt: AT, removedBy: 'jdoe' }));
      expect(await store.recipients.confirm(2, confirmation)).toBe(false);
    });
  });

  it(`identities in ${database} come back, and are retired once`, async () => {
    const store = await opened();
    const identity: Identity = {
      name: 'office',
      kind: 'age-pq',
      owner: 'jdoe',
      publicKey: 'age1pq1example',
      fingerprint: 'cd'.repeat(32),
      createdAt: AT,
      retiredAt: null,
      retiredBy: null,
      replacedBy: null,
    };
    await store.identities.insert(identity);
    expect(await store.identities.list()).toEqual([identity]);
    const retirement = { at: AT, by: 'jdoe', replacedBy: 'office-2' };
    expect(await store.identities.retire('office', retirement)).toBe(true);
    expect(await store.identities.retire('office', retirement)).toBe(false);
    expect(await store.identities.get('office')).toMatchObject({ retiredAt: AT, replacedBy: 'office-2' });
  });

  it(`transfers in ${database} come back with numbers of every size, and are found by digest`, async () => {
    const store = await opened();
    await store.recipients.insert(sampleRecipient(1, 'vault', { recovery: true }));
    const begun = sampleTransfer('T-2026-0001');
    await store.transfers.insert(begun);
    await store.transfers.insert(sampleTransfer('T-2026-0002'));
    expect(await store.transfers.get('T-2026-0001')).toEqual(begun);
    expect(await store.transfers.nextSequence(2026)).toBe(3);
    expect(await store.transfers.nextSequence(2027)).toBe(1);

    const change = {
      state: 'done' as const,
      endedAt: AT,
      work: null,
      plaintextBytes: 2 ** 45,
      ciphertextBytes: 2 ** 45 + 200,
      files: 10_000,
      ciphertextSha256: 'ef'.repeat(32),
      escrow: '-----BEGIN AGE ENCRYPTED FILE-----',
      escrowRecipient: 1,
      media: { id: 'USB-7', custodian: null, destination: 'Boston', removable: true },
    };
    await store.transfers.update('T-2026-0001', change);
    expect(await store.transfers.ofDigest('ef'.repeat(32))).toEqual({ ...begun, ...change });
    expect(await store.transfers.ofDigest('00'.repeat(32))).toBeUndefined();
    expect((await store.transfers.begun()).map(({ id }) => id)).toEqual(['T-2026-0002']);
    expect((await store.transfers.escrowedTo(1)).map(({ id }) => id)).toEqual(['T-2026-0001']);
  });
}

import { describe, expect, test } from 'vitest';
import type { Recipient, TransferFormat } from '../../src/model/index.js';
import { chooseFormat } from '../../src/transfer/format-choice.js';

function recipient(name: string, changes: Partial<Recipient>): Recipient {
  return {
    id: 1,
    name,
    kind: 'age',
    publicKey: 'age1x',
    channel: null,
    fingerprint: name,
    organization: null,
    contact: null,
    formats: ['age'],
    expiresOn: null,
    recovery: false,
    addedAt: '',
    addedBy: '',
    confirmedAt: '',
    confirmedBy: '',
    confirmedHow: null,
    removedAt: null,
    removedBy: null,
    ...changes,
  };
}

const acme = recipient('acme', {});
const quantum = recipient('quantum', { publicKey: 'age1pq1x' });
const county = recipient('county', { kind: 'certificate', publicKey: 'PEM', formats: ['cms'] });
const byPhone = (...formats: TransferFormat[]) =>
  recipient('drlee', { kind: 'passphrase', publicKey: null, channel: 'phone', formats });
const vault = recipient('vault', { recovery: true });
const vaultQuantum = recipient('vault-pq', { publicKey: 'age1pq1y', recovery: true });
const vaultCms = recipient('vault-cms', {
  kind: 'certificate',
  publicKey: 'PEM',
  formats: ['cms'],
  recovery: true,
});

const choose = (recipients: Recipient[], options: Partial<Parameters<typeof chooseFormat>[1]> = {}) =>
  chooseFormat(recipients, { wanted: null, size: 1000, recovery: [], requireRecovery: false, ...options });

describe('the format', () => {
  test('is one that all recipients can open', () => {
    expect(choose([acme, acme]).format).toBe('age');
    expect(choose([county]).format).toBe('cms');
    expect(choose([byPhone('zip', 'html')]).format).toBe('zip');
    expect(choose([byPhone('zip', 'html'), byPhone('html')]).format).toBe('html');
    expect(() => choose([acme, county])).toThrowError(/no format/);
    expect(() => choose([acme, byPhone('age')])).toThrowError(/no format/);
    expect(() => choose([byPhone('zip'), byPhone('html')])).toThrowError(/no format/);
    expect(() => choose([acme], { wanted: 'zip' })).toThrowError(/not among those/);
  });

  test('holds what is put into it', () => {
    expect(choose([byPhone('html', 'zip')], { wanted: 'html' }).format).toBe('html');
    const large = { size: 10_000_001 };
    expect(choose([byPhone('html', 'zip')], large).format).toBe('zip');
    expect(() => choose([byPhone('html')], large)).toThrowError(/10 MB/);
    expect(() => choose([county], { size: 1_700_000_000 })).toThrowError(/1.5 GiB/);
    expect(choose([acme], { size: 2 ** 45 }).format).toBe('age');
  });
});

describe('recovery', () => {
  test('is added where the format allows it, and said where not', () => {
    const both = { recovery: [vault, vaultCms] };
    expect(choose([acme], both)).toMatchObject({ recovery: [vault], escrow: null, unrecoverable: null });
    expect(choose([county], both)).toMatchObject({ recovery: [vaultCms], unrecoverable: null });
    expect(choose([county], { recovery: [vault] })).toMatchObject({ recovery: [], unrecoverable: 'format' });
    expect(choose([quantum], both)).toMatchObject({ recovery: [], unrecoverable: 'post-quantum' });
    const three = { recovery: [vault, vaultQuantum, vaultCms] };
    expect(choose([quantum], three)).toMatchObject({ recovery: [vaultQuantum], unrecoverable: null });
    expect(choose([acme], three)).toMatchObject({ recovery: [vault], unrecoverable: null });
    expect(choose([acme], { recovery: [vaultQuantum] })).toMatchObject({
      recovery: [],
      unrecoverable: 'format',
    });
    expect(choose([byPhone('zip')], both)).toMatchObject({
      recovery: [],
      escrow: vault,
      unrecoverable: null,
    });
    expect(choose([acme])).toMatchObject({ unrecoverable: 'none-registered' });
    expect(choose([vault])).toMatchObject({ recovery: [], unrecoverable: null });
  });

  test('is insisted on by policy', () => {
    const strict = { requireRecovery: true };
    for (const recipients of [[acme], [quantum], [county]]) {
      const recovery = recipients[0] === acme ? [] : [vault];
      expect(() => choose(recipients, { ...strict, recovery })).toThrowError(
        expect.objectContaining({ code: 'recovery-required', exitCode: 4 }),
      );
    }
    expect(choose([acme], { ...strict, recovery: [vault] }).recovery).toEqual([vault]);
  });
});

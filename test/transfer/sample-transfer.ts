import type { Transfer } from '../../src/model/index.js';

export function sampleTransfer(id: string, changes: Partial<Transfer> = {}): Transfer {
  return {
    id,
    state: 'begun',
    format: 'age',
    begunAt: '2026-11-22T10:00:00.000Z',
    begunBy: 'jdoe',
    endedAt: null,
    recipients: [{ name: 'acme', kind: 'age', fingerprint: 'ab'.repeat(32), recovery: false }],
    work: { host: 'h', pid: 1, temporary: '/t/.x.tmp', output: '/t/x' },
    plaintextBytes: null,
    ciphertextBytes: null,
    files: null,
    ciphertextSha256: null,
    escrow: null,
    escrowRecipient: null,
    media: null,
    ...changes,
  };
}

import { chmodSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { makeArchiveKey } from '../../src/archive/index.js';
import { checkpointLog } from '../../src/audit/index.js';
import { certificateSigner, makeCertificateSigner } from '../../src/certificate/index.js';
import { ageRecipientOf, createAgeIdentity } from '../../src/crypto/index.js';
import type { Session } from '../../src/session/index.js';
import { shareWorkspace } from '../../src/workspace/index.js';
import { sampleSession } from './sample-workspace.js';

const TOO_WIDE = { code: 'permissions-too-wide', exitCode: 4 };

const signs: Record<string, { file: string; use: (session: Session) => Promise<unknown> }> = {
  'the key of the log': { file: 'log.signing-key.json', use: checkpointLog },
  'the key that signs certificates': { file: 'certificate.signing-key.json', use: certificateSigner },
};

// 201 CMR 17.04(2)(a): access to what protects personal information is for those who need it.
describe.each(Object.entries(signs))('%s', (_, { file, use }) => {
  async function made(): Promise<{ session: Session; path: string }> {
    const session = await sampleSession();
    await makeCertificateSigner(session);
    await checkpointLog(session);
    return { session, path: join(session.paths.keys, file) };
  }

  it.each([0o640, 0o620, 0o604, 0o602])('is not used while its file has the mode %o', async (mode) => {
    const { session, path } = await made();
    chmodSync(path, mode);
    await expect(use(session)).rejects.toMatchObject({
      ...TOO_WIDE,
      hint: expect.stringContaining(`chmod go= ${path}`),
    });
    chmodSync(path, 0o600);
    await use(session);
  });

  it.skipIf(process.platform === 'win32')(
    'may be read by the group of a shared workspace, written by none of it, and read by nobody else',
    async () => {
      const { session, path } = await made();
      await shareWorkspace(session.paths, process.getgid?.() ?? 0);
      chmodSync(path, 0o640);
      await use(session);
      for (const mode of [0o660, 0o644, 0o642, 0o641]) {
        chmodSync(path, mode);
        await expect(use(session), mode.toString(8)).rejects.toMatchObject(TOO_WIDE);
      }
    },
  );
});

describe('the folder of the keys of archives', () => {
  it.each([0o750, 0o705, 0o710])('is not used while it has the mode %o', async (mode) => {
    const session = await sampleSession();
    const recipients = [await ageRecipientOf(await createAgeIdentity('x25519'))];
    const make = () => makeArchiveKey(session, { kind: 'recipients', recipients }, null);
    await make();
    chmodSync(join(session.paths.keys, 'archive', 'g-000001'), mode);
    await expect(make()).rejects.toMatchObject(TOO_WIDE);
  });
});

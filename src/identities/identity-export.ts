import { resolve } from 'node:path';
import { makePkcs12 } from '../crypto/index.js';
import { badInput, type Identity } from '../model/index.js';
import type { OperatorDesk } from '../operators/index.js';
import { writeFileAtomically } from '../workspace/index.js';
import { unlockIdentity } from './unlocked-identity.js';

/**
 * Writes the secret part for another program: as `age-keygen` writes it, or as PKCS#12 under the identity's own
 * passphrase. It is in the log.
 *
 * @param output new file, 0600
 * @param ask gives the passphrase of the identity
 * @throws Fault `output-exists` (exit 2), and as `unlockIdentity`
 */
export async function exportSecret(
  desk: OperatorDesk,
  identity: Identity,
  output: string,
  ask: () => Promise<string>,
): Promise<void> {
  let passphrase = '';
  const key = await unlockIdentity(desk, identity, async () => {
    passphrase = await ask();
    return passphrase;
  });
  const content =
    key.kind === 'age'
      ? `# created: ${identity.createdAt}\n# public key: ${identity.publicKey}\n${key.identity}\n`
      : await makePkcs12({ privateKey: key.privateKey, certificate: key.pem, chain: [] }, passphrase);
  await desk.store.transaction(async (transaction) => {
    await desk.recorder.append(transaction, {
      action: 'identity.export',
      outcome: 'done',
      subject: { identity: identity.name },
      data: { secret: true, fingerprint: identity.fingerprint },
    });
    try {
      await writeFileAtomically(resolve(output), content, { exclusive: true });
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
      throw badInput('output-exists', 'There is a file of that name already', {
        hint: 'A secret key never replaces anything: give another name with -o',
      });
    }
  });
}

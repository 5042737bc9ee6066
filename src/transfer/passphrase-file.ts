import { badInput } from '../model/index.js';
import { writeFileAtomically } from '../workspace/index.js';

/** Writes a generated passphrase to a new file, 0600. @throws Fault `output-exists` (exit 2) */
export async function writePassphraseFile(path: string, passphrase: string): Promise<void> {
  try {
    await writeFileAtomically(path, `${passphrase}\n`, { exclusive: true });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    throw passphraseExists();
  }
}

/** A passphrase never replaces anything. */
export function passphraseExists(): Error {
  return badInput('output-exists', 'The file of --passphrase-to is there already', {
    hint: 'A passphrase never replaces anything: give a new file',
  });
}

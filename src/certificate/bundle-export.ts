import { badInput } from '../model/index.js';
import type { Session } from '../session/index.js';
import { writeFileAtomically } from '../workspace/index.js';
import { packBundle } from './bundle-archive.js';
import { bundleContents } from './bundle-contents.js';

/**
 * Writes a certificate with all that is needed to check it into one zip.
 *
 * @param path of the zip
 * @returns how many files are in it
 * @throws Fault as `bundleContents`; `file-exists` (exit 2) unless `force` is set
 */
export async function exportBundle(
  session: Session,
  number: string,
  path: string,
  options: { force: boolean },
): Promise<number> {
  const files = await bundleContents(session, number);
  const zip = await packBundle(files, session.clock.now());
  try {
    await writeFileAtomically(path, zip, { exclusive: !options.force });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    throw badInput('file-exists', `${path} is there already`, { hint: 'Name another file, or add --force' });
  }
  return files.size;
}

import { badInput } from '../model/index.js';
import { writeFileAtomically } from '../workspace/index.js';
import type { ProvedEntry } from './proving.js';

/**
 * Writes a proof and, beside it as `.json`, the bytes of the entry that it is about, with nothing after them.
 *
 * @param path of the proof; `.tlog-proof` is the usual end of its name
 * @throws Fault `file-exists` (exit 2) unless `force` is set
 */
export async function writeProof(
  proved: ProvedEntry,
  path: string,
  options: { force: boolean },
): Promise<{ proof: string; entry: string }> {
  const files = { proof: path, entry: `${path.replace(/\.tlog-proof$/, '')}.json` };
  // The entry first: a proof without it would prove nothing to anybody.
  for (const [file, text] of [
    [files.entry, proved.entry],
    [files.proof, proved.proof],
  ] as const) {
    await writeFileAtomically(file, text, { exclusive: !options.force }).catch(
      (error: NodeJS.ErrnoException) => {
        if (error.code !== 'EEXIST') throw error;
        throw badInput('file-exists', `${file} is there already`, {
          hint: 'Name another file, or add --force',
        });
      },
    );
  }
  return files;
}

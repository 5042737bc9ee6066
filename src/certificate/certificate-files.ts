import { randomBytes } from 'node:crypto';
import { mkdir, readdir, readFile, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { badInput } from '../model/index.js';
import { readableMode, syncFolder, writeFileAtomically } from '../workspace/index.js';

/** Where the two files of a certificate lie. */
export interface CertificatePaths {
  json: string;
  pdf: string;
}

export function certificatePaths(folder: string, number: string): CertificatePaths {
  return { json: join(folder, `certificate-${number}.json`), pdf: join(folder, `certificate-${number}.pdf`) };
}

export interface StagedFiles {
  /**
   * Gives the files their names; replaces what an issue that was cut off has left under them, and removes
   * what other attempts for the same run have staged. Only for whom the number is kept by a transaction.
   */
  publish(): Promise<void>;
  /** Removes the files; nothing where they were published. */
  discard(): Promise<void>;
}

/** Writes both files whole under names of their own, so that they can be published while the number is kept. */
export async function stageFiles(
  folder: string,
  run: { id: string; number: string },
  content: { json: string; pdf: Buffer },
): Promise<StagedFiles> {
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const attempt = join(folder, `${stagedPrefix(run.id)}${randomBytes(4).toString('hex')}`);
  const staged: CertificatePaths = { json: `${attempt}.json`, pdf: `${attempt}.pdf` };
  const discard = async () => {
    await rm(staged.json, { force: true });
    await rm(staged.pdf, { force: true });
  };
  try {
    const mode = readableMode(folder);
    await writeFileAtomically(staged.json, content.json, { mode });
    await writeFileAtomically(staged.pdf, content.pdf, { mode });
  } catch (error) {
    await discard();
    throw error;
  }
  return {
    async publish() {
      const paths = certificatePaths(folder, run.number);
      await rename(staged.json, paths.json);
      await rename(staged.pdf, paths.pdf);
      const others = (await readdir(folder)).filter((name) => name.startsWith(stagedPrefix(run.id)));
      for (const name of others) await rm(join(folder, name), { force: true });
      await syncFolder(folder);
    },
    discard,
  };
}

function stagedPrefix(runId: string): string {
  return `.staged-${runId}-`;
}

/** @throws Fault `certificate-file-missing` or `certificate-file-unreadable` (exit 2) */
export async function readCertificateFile(path: string): Promise<Buffer> {
  try {
    return await readFile(path);
  } catch (cause) {
    const code = (cause as NodeJS.ErrnoException).code;
    if (code === 'ENOENT') {
      throw badInput('certificate-file-missing', `There is no file ${path}`, {
        cause,
        hint: 'Name a file, or a number such as 2026-0001 from: quietus certificate list',
      });
    }
    throw badInput(
      'certificate-file-unreadable',
      `The file ${path} cannot be read (${code ?? 'unknown error'})`,
      {
        cause,
        hint: code === 'EISDIR' ? 'Name the file, not its folder' : 'Check the permissions of the file',
      },
    );
  }
}

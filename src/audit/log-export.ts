import { createHash, randomBytes } from 'node:crypto';
import { mkdir, open, readdir, rename, rm, rmdir } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { badInput, verificationFailed } from '../model/index.js';
import type { Store } from '../store/index.js';
import { syncFolder, writeFileAtomically } from '../workspace/index.js';
import { EXPORT_VERIFIER, exportReadme } from './export-readme.js';
import { Frontier, leafHash } from './merkle-tree.js';
import { checkpointLog } from './proving.js';
import type { Recorder } from './recorder.js';
import { logKeys, type NumberedCheckpoint } from './signer.js';

export interface LogExport {
  folder: string;
  entries: number;
  /** SHA-256, hex, of `log.jsonl`. */
  sha256: string;
  checkpoint: NumberedCheckpoint;
}

export interface LogExportOptions {
  onProgress?: (entries: number) => void;
  signal?: AbortSignal;
}

const PAGE = 1000;

/**
 * Writes the whole log with what an outsider needs to check it into a folder that appears whole or not at all: entries,
 * checkpoint, public keys, a page of commands. The entries are compared with the checkpoint while they are written. It is
 * logged before and after.
 *
 * @param folder must not be there yet, or be empty
 * @throws Fault `folder-not-empty` (exit 2), `log-inconsistent` (exit 5)
 */
export async function exportLog(
  log: { store: Store; recorder: Recorder },
  folder: string,
  options: LogExportOptions = {},
): Promise<LogExport> {
  const target = resolve(folder);
  await requireFree(target);
  await record(log, 'intent', {});
  const checkpoint = await checkpointLog(log);
  const temporary = join(dirname(target), `.${basename(target)}.${randomBytes(4).toString('hex')}.tmp`);
  await mkdir(temporary, { mode: 0o700 });
  try {
    const sha256 = await writeEntries(log.store, join(temporary, 'log.jsonl'), checkpoint, options);
    await writeCompanions(log.store, temporary, checkpoint, sha256);
    await record(log, 'done', { entries: checkpoint.size, sha256 });
    await rmdir(target).catch(() => undefined);
    await rename(temporary, target);
    await syncFolder(dirname(target));
    return { folder: target, entries: checkpoint.size, sha256, checkpoint };
  } catch (error) {
    await rm(temporary, { recursive: true, force: true });
    throw error;
  }
}

async function requireFree(folder: string): Promise<void> {
  const names = await readdir(folder).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return [];
    throw badInput('not-a-folder', `${folder} is not a folder`, {
      hint: 'Name a folder that is not there yet',
    });
  });
  if (names.length === 0) return;
  throw badInput('folder-not-empty', `${folder} is not empty; nothing was written`, {
    hint: 'Name a folder that is empty or not there yet',
  });
}

async function record(
  { store, recorder }: { store: Store; recorder: Recorder },
  outcome: 'intent' | 'done',
  data: Readonly<Record<string, unknown>>,
): Promise<void> {
  await store.transaction((transaction) =>
    recorder.append(transaction, { action: 'log.export', outcome, data }),
  );
}

async function writeEntries(
  store: Store,
  path: string,
  checkpoint: NumberedCheckpoint,
  { onProgress, signal }: LogExportOptions,
): Promise<string> {
  const hash = createHash('sha256');
  const tree = new Frontier();
  const file = await open(path, 'wx', 0o600);
  try {
    while (tree.size < checkpoint.size) {
      signal?.throwIfAborted();
      const page = await store.log.page(tree.size, Math.min(PAGE, checkpoint.size - tree.size));
      if (page.length === 0) break;
      for (const { entry } of page) tree.append(leafHash(entry));
      const text = page.map(({ entry }) => `${entry}\n`).join('');
      hash.update(text);
      await file.writeFile(text);
      onProgress?.(tree.size);
    }
    await file.sync();
  } finally {
    await file.close();
  }
  if (tree.size === checkpoint.size && tree.root().equals(checkpoint.root)) return hash.digest('hex');
  throw verificationFailed('log-inconsistent', 'The log is not what its newest checkpoint was signed for', {
    hint: 'Keep the workspace as it is, and run: quietus log verify',
  });
}

async function writeCompanions(
  store: Store,
  folder: string,
  checkpoint: NumberedCheckpoint,
  entriesSha256: string,
): Promise<void> {
  const keys = await logKeys(store);
  const [key] = checkpoint.signedBy;
  if (key === undefined) throw new Error('The checkpoint has no key');
  const facts = {
    entries: checkpoint.size,
    root: checkpoint.root.toString('base64'),
    origin: checkpoint.origin,
    key: key.text,
  };
  const files = new Map([
    ['checkpoint.txt', checkpoint.note],
    ['keys.txt', keys.map(({ text }) => `${text}\n`).join('')],
    ['log.pub.pem', key.publicKey],
    ['log.vkey', `${key.text}\n`],
    ['README.md', exportReadme(facts)],
    ['verify.go', EXPORT_VERIFIER],
  ]);
  const sums = [`${entriesSha256}  log.jsonl\n`];
  for (const [name, text] of files) {
    await writeFileAtomically(join(folder, name), text);
    sums.push(`${createHash('sha256').update(text).digest('hex')}  ${name}\n`);
  }
  await writeFileAtomically(join(folder, 'SHA256SUMS'), sums.toSorted().join(''));
}

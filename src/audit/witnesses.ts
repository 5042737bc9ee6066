import { join } from 'node:path';
import type { Store, WitnessRecord } from '../store/index.js';
import {
  type Clock,
  instant,
  makeMembersFolder,
  readableMode,
  type WitnessSettings,
  writeFileAtomically,
} from '../workspace/index.js';
import { requireContinues } from './kept-checkpoints.js';
import { checkpointFileName, checkpointLine } from './outside-checkpoints.js';
import { type NumberedCheckpoint, newestCheckpoint } from './signer.js';
import { writeToSystemLog } from './system-log-witness.js';
import { postCheckpoint } from './webhook-witness.js';

/** Where checkpoints go, and the clock for the times between attempts. A session has both. */
export interface WitnessPlaces {
  store: Store;
  clock: Clock;
  /** Folder beside the database. */
  checkpoints: string;
  witnesses: WitnessSettings;
}

/** A second place for checkpoints. */
interface Witness {
  name: string;
  /** @returns undefined where the checkpoint arrived, else a code that says what was wrong */
  deliver(checkpoint: NumberedCheckpoint): Promise<string | undefined>;
}

/** Milliseconds after a failure in which a witness is not tried again: an outage does not slow every command. */
const PAUSE = 60_000;

/**
 * Hands the newest checkpoint to every witness that has not got it; it vouches for all before it. A witness that fails
 * gets the newest one the next time.
 *
 * @param options `force`: also right after a failure
 * @returns what was not delivered, one sentence each
 */
export async function deliverCheckpoint(
  places: WitnessPlaces,
  options: { force: boolean } = { force: false },
): Promise<string[]> {
  const checkpoint = await newestCheckpoint(places.store);
  if (checkpoint === undefined) return [];
  const known = new Map((await places.store.logTree.witnesses()).map((each) => [each.name, each]));
  const failed: string[] = [];
  for (const witness of witnessesOf(places)) {
    const before = known.get(witness.name);
    if (before && before.delivered >= checkpoint.number) continue;
    if (before && !options.force && isTooSoon(before, places.clock)) {
      failed.push(failureText(witness.name, before.code ?? 'failed'));
      continue;
    }
    const code = await witness.deliver(checkpoint);
    await note(places, witness.name, before, checkpoint, code);
    if (code !== undefined) failed.push(failureText(witness.name, code));
  }
  return failed;
}

/** What the file system says of a folder, in words. */
const WORDS = new Map([
  ['enoent', 'its folder is not there: is what it lies on mounted?'],
  ['eacces', 'this account may not write there'],
  ['erofs', 'it can only be read'],
  ['enospc', 'it is full'],
]);

/** Why a witness has not got a checkpoint, in words where there are any. */
export function witnessProblem(code: string | null): string {
  return WORDS.get(code ?? '') ?? code ?? 'unknown';
}

function failureText(name: string, code: string): string {
  return `The checkpoint could not be handed to the witness ${name} (${witnessProblem(code)}); it is tried again with the next one, or by: quietus log checkpoint`;
}

function isTooSoon({ failures, attemptedAt }: WitnessRecord, clock: Clock): boolean {
  const since = clock.now().getTime() - Date.parse(attemptedAt ?? '');
  return failures > 0 && since >= 0 && since < PAUSE;
}

async function note(
  { store, clock }: WitnessPlaces,
  name: string,
  before: WitnessRecord | undefined,
  checkpoint: NumberedCheckpoint,
  code: string | undefined,
): Promise<void> {
  await store.transaction((transaction) =>
    transaction.logTree.saveWitness({
      name,
      delivered: code === undefined ? checkpoint.number : (before?.delivered ?? 0),
      failures: code === undefined ? 0 : (before?.failures ?? 0) + 1,
      attemptedAt: instant(clock),
      code: code ?? null,
    }),
  );
}

/** The folder beside the database, then those of quietus.yaml. */
function witnessesOf({ store, checkpoints, witnesses }: WitnessPlaces): Witness[] {
  const { folder, system, webhook, webhookCa } = witnesses;
  const found: Witness[] = [
    { name: 'checkpoints', deliver: (checkpoint) => writeToFolder(store, checkpoints, checkpoint, true) },
  ];
  if (folder !== null)
    found.push({ name: 'folder', deliver: (checkpoint) => writeToFolder(store, folder, checkpoint, false) });
  if (system !== null)
    found.push({
      name: system,
      deliver: ({ size, note: text }) => writeToSystemLog(system, checkpointLine(size, text)),
    });
  if (webhook !== null)
    found.push({ name: 'webhook', deliver: ({ note: text }) => postCheckpoint(webhook, webhookCa, text) });
  return found;
}

/**
 * Never covers up what the folder proves: where its newest checkpoint is not of this log, none is written.
 *
 * @param own whether the folder is the workspace's, and made where it is missing: that of a mount that is gone is not
 */
async function writeToFolder(
  store: Store,
  folder: string,
  { origin, size, root, note: text }: NumberedCheckpoint,
  own: boolean,
): Promise<string | undefined> {
  try {
    await requireContinues({ store, origin }, folder, folder);
    if (own) await makeMembersFolder(folder);
    await writeFileAtomically(join(folder, checkpointFileName(size, root)), text, {
      exclusive: true,
      mode: own ? readableMode(folder) : 0o644,
    });
    return undefined;
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    return code === 'EEXIST' ? undefined : (code ?? 'failed').toLowerCase();
  }
}

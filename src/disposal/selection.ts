import { basename } from 'node:path';
import { badInput, ExitCode, Fault, type Reason } from '../model/index.js';
import type { Session } from '../session/index.js';
import { createExaminer } from '../shred/index.js';
import { placesOfDatabases } from './database-places.js';
import { linkedSpellings } from './linked-spellings.js';
import { isRepository } from './named-paths.js';
import { completeLinks, examineName, type SelectedPath } from './path-examination.js';
import { judgePlaces } from './path-objections.js';
import { protectedPaths } from './protected-paths.js';

export interface Selection {
  paths: readonly SelectedPath[];
  /** What a person types to confirm: the base name of a single path, the number of several. */
  confirmation: string;
  /** The single path is the root of a git repository, and the confirmation says so. */
  repository: boolean;
}

export interface SelectionRequest {
  /** As they were typed. */
  names: readonly string[];
  /** Where relative names start. */
  folder: string;
  /** The class of the schedule that the person says they belong to. */
  recordClass: string | null;
  /** Attributes and permission bits that forbid changes may be taken away. */
  liftProtection?: boolean;
}

/** The command line is wrong, not the wish. */
const MISTAKES = new Set(['absent', 'name-not-utf8', 'not-absolute', 'path-unusable', 'duplicate']);

/**
 * Finds out what a person's list of names means and what would be destroyed, and changes nothing. Where one of them
 * may not be destroyed at all, the whole list is refused: whoever names such a thing has made a mistake.
 *
 * @throws Fault `selection-empty`, `path-refused` (details name the positions and reasons, never the names)
 */
export async function examineSelection(session: Session, request: SelectionRequest): Promise<Selection> {
  if (request.names.length === 0) {
    throw badInput('selection-empty', 'No path was given, so there is nothing to dispose of', {
      hint: 'Name files or folders, or give --from-file0 a list of them',
    });
  }
  const examiner = createExaminer({
    protectedPaths: protectedPaths(session.paths),
    liftProtection: request.liftProtection === true,
  });
  const refusals: Refusal[] = [];
  const paths: SelectedPath[] = [];
  for (const [at, name] of request.names.entries()) {
    const found = examineName(name, request.folder, examiner);
    if ('code' in found) refusals.push({ position: at + 1, reason: found });
    else paths.push({ ...found, position: at + 1 });
  }
  completeLinks(paths, examiner);
  refusals.push(...overlapsOf(paths));
  const spellings = await linkedSpellings(
    session.store,
    paths.map(({ location }) => location),
  );
  const judgements = await judgePlaces(
    session.store,
    paths.map(({ location, alias, medium }, at) => ({
      location,
      aliases: [...(alias === null ? [] : [alias]), ...(spellings[at] ?? [])],
      medium,
      recordClass: request.recordClass,
      claimed: null,
    })),
    session.today(),
    await placesOfDatabases(session.store, session.paths),
  );
  for (const [at, path] of paths.entries()) {
    const { objection, transferred } = judgements[at] ?? {};
    if (objection) refusals.push({ position: path.position, reason: objection });
    path.transferred = transferred ?? null;
  }
  const [single] = paths;
  const repositories = paths.filter(({ medium, location }) => medium === 'folder' && isRepository(location));
  if (paths.length > 1)
    refusals.push(...repositories.map(({ position }) => ({ position, reason: REPOSITORY })));
  if (refusals.length > 0) throw refusedSelection(refusals, request.names.length);
  if (single === undefined) throw new Error('A selection without refusals has paths');
  return { paths, ...confirmationOf(paths, repositories.length > 0) };
}

interface Refusal {
  position: number;
  reason: Reason;
}

const REPOSITORY: Reason = {
  code: 'git-repository',
  text: 'It is the root of a git repository; dispose of it alone, so that you are asked about it',
};

/** Names of one thing, and things that lie in each other: two wishes for one thing are a mistake. */
function overlapsOf(paths: readonly SelectedPath[]): Refusal[] {
  const sorted = paths
    .map(({ position, location }) => ({ position, path: `${location}/` }))
    .toSorted((a, b) => (a.path < b.path ? -1 : 1));
  const refusals: Refusal[] = [];
  let outer: string | undefined;
  for (const { position, path } of sorted) {
    if (outer === undefined || !path.startsWith(outer)) outer = path;
    else if (path === outer)
      refusals.push({ position, reason: { code: 'duplicate', text: 'It is named twice' } });
    else
      refusals.push({ position, reason: { code: 'overlaps', text: 'It lies in another path of the list' } });
  }
  return refusals;
}

function confirmationOf(
  paths: readonly SelectedPath[],
  repository: boolean,
): Pick<Selection, 'confirmation' | 'repository'> {
  const typed = confirmationWord(paths.map(({ location }) => location));
  return { confirmation: repository ? `${typed}/.git` : typed, repository };
}

/** What a person types to confirm: the base name of a single path, the number of several. */
export function confirmationWord(locations: readonly string[]): string {
  const [single] = locations;
  if (single === undefined || locations.length > 1) return String(locations.length);
  const name = basename(single) || single;
  // A name that a terminal cannot show is not typed either.
  return /[\p{Cc}\p{Cf}\p{Cs}\u2028\u2029]|^\s|\s$/u.test(name) ? '1' : name;
}

const SHOWN = 20;

function refusedSelection(refusals: readonly Refusal[], count: number): Fault {
  const sorted = refusals.toSorted((a, b) => a.position - b.position);
  const [first] = sorted;
  if (first === undefined) throw new Error('Nothing is refused without a reason');
  const rest = sorted.length - 1;
  const which = count === 1 ? 'The path' : `Path ${first.position} of ${count}`;
  const mistake = sorted.every(({ reason }) => MISTAKES.has(reason.code));
  return new Fault(
    'path-refused',
    mistake ? ExitCode.badInput : ExitCode.refused,
    `${which} cannot be disposed of: ${first.reason.text.replace(/\.$/, '')}${rest > 0 ? `; and ${rest} more` : ''}. Nothing was done`,
    {
      hint: HINTS[first.reason.code] ?? 'Correct the list, then run it again',
      details: {
        paths: sorted.slice(0, SHOWN).map(({ position, reason }) => ({ position, reason: reason.code })),
        reasons: [...new Set(sorted.map(({ reason }) => reason.code))].toSorted(),
      },
    },
  );
}

const HINTS: Readonly<Record<string, string>> = {
  inventoried: 'See when it is due with: quietus inventory show ID; then: quietus sweep plan',
  archived: 'See it with: quietus archive list',
  'legal-hold': 'See the hold with: quietus hold list',
  'cooling-off': 'Wait until that day has passed',
  absent: 'Check the spelling; nothing is recorded of what is not there',
  'is-symlink': 'Name what the link points to, if that is what should go; remove the link itself with rm',
  'special-file': 'A whole device is sanitized with: quietus media sanitize DEVICE',
  'device-image': 'Dispose of what lies in it first; then unmount it, and detach the device with losetup -d',
  'mount-point': 'Name what lies in the mounted file system, or sanitize the whole medium',
};

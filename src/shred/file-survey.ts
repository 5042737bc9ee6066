import type { BigIntStats } from 'node:fs';
import type { DisposalEntry } from './disposal-target.js';
import { PAGE } from './entry-pages.js';
import { entryPathBytes } from './entry-path.js';
import { type ExtentFacts, haveAttribute, mapExtents, type SurveyedFile } from './extent-map.js';
import { entryOf } from './file-state.js';
import type { Assessment } from './medium-inspector.js';
import { isMediumReasonCode, type MediumReasonCode, mediumReason } from './method-limits.js';

/** What only the files of a place tell of whether they are overwritten in place. */
export type Survey = 'xfs' | 'btrfs' | 'journal';

/** What its files are to be asked; undefined where the place tells all. */
export function surveyOf({ fileSystem, residual }: Assessment): Survey | undefined {
  if (fileSystem === 'xfs' || fileSystem === 'btrfs') return fileSystem;
  return residual.some(({ code }) => code === 'journal-attribute') ? 'journal' : undefined;
}

function hasContent(entry: DisposalEntry): boolean {
  return entry.type === 'file' && entry.size !== '0';
}

function codesOf(facts: ExtentFacts | undefined): MediumReasonCode[] {
  const codes: MediumReasonCode[] = [];
  if (facts === undefined || facts.unclear) codes.push('extents-unknown');
  if (facts?.shared === true) codes.push('shared-extents');
  if (facts?.inline === true) codes.push('inline-data');
  return codes;
}

/**
 * Asks of each file with content whether overwriting reaches its blocks, and notes it in its entry: on XFS not where they
 * are shared (a reflink copy), on Btrfs only where the file is exempt from copy on write and in no snapshot, on ext3 and
 * ext4 not where it goes through the journal. What cannot be found out counts as left behind.
 */
export function surveyFiles(survey: Survey, files: readonly SurveyedFile[]): void {
  const full = files.filter(({ entry }) => hasContent(entry));
  if (survey === 'journal') surveyJournaling(full);
  else surveyBlocks(survey, full);
}

function surveyBlocks(survey: 'xfs' | 'btrfs', full: readonly SurveyedFile[]): void {
  const facts = mapExtents(full);
  const exempt = survey === 'btrfs' ? haveAttribute(full, 'C') : [];
  for (const [index, { entry }] of full.entries()) {
    const codes = codesOf(facts[index]);
    if (survey === 'btrfs' && exempt[index] !== true) codes.unshift('copy-on-write');
    entry.surveyed = codes;
  }
}

function surveyJournaling(files: readonly SurveyedFile[]): void {
  const journaled = haveAttribute(files, 'j');
  for (const [index, { entry }] of files.entries()) {
    entry.surveyed = journaled[index] === false ? [] : ['journal-attribute'];
  }
}

/** The files among entries, where they lie. */
export function surveyedFiles(location: string, entries: readonly DisposalEntry[]): SurveyedFile[] {
  const top = Buffer.from(location);
  return entries.map((entry) => ({
    entry,
    path: entry.path === '' ? top : Buffer.concat([top, Buffer.from('/'), entryPathBytes(entry.path)]),
  }));
}

/** The entries again, with what their files say of their blocks; asked of as many as are held in memory at once. */
export function* surveyed(
  place: Assessment,
  location: string,
  entries: Iterable<DisposalEntry>,
): Generator<DisposalEntry> {
  const survey = surveyOf(place);
  if (survey === undefined) return yield* entries;
  let part: DisposalEntry[] = [];
  for (const entry of entries) {
    part.push(entry);
    if (part.length < PAGE) continue;
    surveyFiles(survey, surveyedFiles(location, part));
    yield* part;
    part = [];
  }
  surveyFiles(survey, surveyedFiles(location, part));
  yield* part;
}

/** The assessment with one reason more. */
export function withReason(place: Assessment, code: MediumReasonCode): Assessment {
  return { ...place, residual: [...place.residual, mediumReason(code)] };
}

/** What a place says of all its files, as long as they are not asked. */
const OF_PLACE: ReadonlySet<string> = new Set<MediumReasonCode>(['copy-on-write', 'journal-attribute']);
/** What is said of a file that was not asked. */
const UNASKED: Readonly<Record<Survey, readonly MediumReasonCode[]>> = {
  xfs: ['copy-on-write', 'extents-unknown'],
  btrfs: ['copy-on-write', 'extents-unknown'],
  journal: ['journal-attribute'],
};

/** What the entries of one item say of its files: content in the inode, blocks that are shared. */
export class FilesOnMedium {
  readonly #codes = new Set<MediumReasonCode>();
  #asked = false;
  #inline = false;

  add(place: Assessment, entries: Iterable<DisposalEntry>): this {
    const survey = surveyOf(place);
    for (const entry of entries) {
      this.#inline ||= entry.inline;
      if (survey === undefined || !hasContent(entry)) continue;
      this.#asked = true;
      for (const code of entry.surveyed ?? UNASKED[survey]) {
        if (isMediumReasonCode(code)) this.#codes.add(code);
      }
    }
    return this;
  }

  /** The assessment of the item, from that of its place. */
  assess(place: Assessment): Assessment {
    const residual = this.#asked ? place.residual.filter(({ code }) => !OF_PLACE.has(code)) : place.residual;
    const codes = new Set(this.#codes);
    if (this.#inline) codes.add('inline-data');
    if (codes.size === 0 && residual === place.residual) return place;
    return { ...place, residual: [...residual, ...[...codes].map((code) => mediumReason(code))] };
  }
}

/** The assessment of an item, from that of the place and what its entries say of its files. */
export function assessmentOf(place: Assessment, entries: Iterable<DisposalEntry>): Assessment {
  return new FilesOnMedium().add(place, entries).assess(place);
}

/** The assessment of a file that is no record but holds some: the image of a loop device. */
export function assessFile(path: Buffer, stat: BigIntStats, place: Assessment): Assessment {
  const traits = { mayBeInline: false, copiedWhenOpened: false, liftProtection: false };
  const entry = entryOf('', 'file', stat, traits);
  const survey = surveyOf(place);
  if (survey !== undefined) surveyFiles(survey, [{ path, entry }]);
  return assessmentOf(place, [entry]);
}

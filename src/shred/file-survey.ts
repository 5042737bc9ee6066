import type { DisposalEntry } from './disposal-target.js';
import { type ExtentFacts, haveNoCopyOnWrite, mapExtents, type SurveyedFile } from './extent-map.js';
import type { Assessment } from './medium-inspector.js';
import { isMediumReasonCode, type MediumReasonCode, mediumReason } from './method-limits.js';

/** File systems where only the files themselves tell whether they are overwritten in place. */
const SHARING = new Set(['xfs', 'btrfs']);

/** @param fileSystem as an assessment names it */
export function needsSurvey(fileSystem: string): boolean {
  return SHARING.has(fileSystem);
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
 * are shared (a reflink copy), on Btrfs only where the file is exempt from copy on write and in no snapshot. What cannot
 * be found out counts as left behind.
 */
export function surveyFiles(fileSystem: string, files: readonly SurveyedFile[]): void {
  const full = files.filter(({ entry }) => hasContent(entry));
  const facts = mapExtents(full);
  const exempt = fileSystem === 'btrfs' ? haveNoCopyOnWrite(full) : [];
  for (const [index, { entry }] of full.entries()) {
    const codes = codesOf(facts[index]);
    if (fileSystem === 'btrfs' && exempt[index] !== true) codes.unshift('copy-on-write');
    entry.surveyed = codes;
  }
}

/**
 * The assessment of an item, from that of the place and what its entries say of its files: content in the inode, blocks
 * that are shared.
 */
export function assessmentOf(place: Assessment, entries: readonly DisposalEntry[]): Assessment {
  const codes = new Set<MediumReasonCode>();
  let residual = place.residual;
  if (needsSurvey(place.fileSystem) && entries.some(hasContent)) {
    residual = residual.filter(({ code }) => code !== 'copy-on-write');
    for (const entry of entries) {
      if (!hasContent(entry)) continue;
      const surveyed = entry.surveyed ?? ['copy-on-write', 'extents-unknown'];
      for (const code of surveyed) if (isMediumReasonCode(code)) codes.add(code);
    }
  }
  if (entries.some((entry) => entry.inline)) codes.add('inline-data');
  if (codes.size === 0 && residual === place.residual) return place;
  return { ...place, residual: [...residual, ...[...codes].map((code) => mediumReason(code))] };
}

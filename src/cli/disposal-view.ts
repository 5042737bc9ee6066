import { type AdHocResult, nameInTheWay, type Selection } from '../disposal/index.js';
import type { Reason } from '../model/index.js';
import { counted } from './counted.js';
import { bytesInWords } from './sweep-view.js';
import { wrapped } from './wrapped.js';

const SHOWN = 20;

/** What was selected and what would become of it, line by line for a person. */
export function selectionText({ paths, repository }: Selection, acceptResidual: boolean): string[] {
  const lines: string[] = [];
  for (const path of paths.slice(0, SHOWN)) {
    const { location, medium, files, bytes, assessment, left, transferred } = path;
    // What will be left was not counted to its end, so nothing is said of its size.
    const what = medium === 'folder' && !left ? `folder with ${counted(files, 'file')}` : medium;
    const facts = left ? [what] : [what, bytesInWords(Number(bytes)), assessment?.fileSystem ?? 'unknown'];
    lines.push(`${location}: ${facts.join(', ')}`);
    if (transferred) lines.push(`    It is the copy of ${transferred.id}, which was handed over.`);
    if (left) lines.push(wrapped(`Will be left: ${left.text}`, '    '));
    const obstacle = nameInTheWay(path);
    if (obstacle !== null) lines.push(`    What stands in the way: ${obstacle}`);
    const residual = assessment?.residual ?? [];
    if (residual.length > 0) {
      lines.push(`    ${acceptResidual ? 'Left behind here' : 'Will be left (needs --accept-residual)'}:`);
    }
    for (const reason of residual) lines.push(wrapped(reason.text, '      - '));
  }
  if (paths.length > SHOWN) lines.push(`... and ${paths.length - SHOWN} more`);
  if (repository) lines.push('This is the root of a git repository, with all of its history.');
  const limits = limitsOf(paths.map(({ assessment }) => assessment?.limits ?? []));
  if (limits.length > 0) lines.push('What overwriting files never reaches, wherever they lie:');
  for (const limit of limits) lines.push(wrapped(limit.text, '  - '));
  return lines;
}

/** The same for `--json`; paths are named by their place in the list, since names can be personal information. */
export function selectionData({ paths }: Selection, acceptResidual: boolean): Record<string, unknown> {
  return {
    dry_run: true,
    paths: paths.map(({ position, medium, files, bytes, assessment, left }) => {
      const residual = assessment?.residual ?? [];
      const leave = left !== null || (residual.length > 0 && !acceptResidual);
      return {
        position,
        medium,
        files,
        bytes: Number(bytes),
        file_system: assessment?.fileSystem ?? null,
        would: leave ? 'leave' : 'overwrite',
        reasons: left ? [left] : residual,
      };
    }),
    limits: limitsOf(paths.map(({ assessment }) => assessment?.limits ?? [])),
  };
}

/** What became of each path, line by line for a person; what went as it should is only counted. */
export function disposalText({ disposals, notBegun, bytes }: AdHocResult): string[] {
  const counts = new Map<string, number>();
  for (const { outcome } of disposals) counts.set(outcome, (counts.get(outcome) ?? 0) + 1);
  const lines = [...counts].map(([outcome, count]) => `${outcome}: ${count}`);
  if (notBegun > 0) lines.push(`not begun: ${notBegun}`);
  lines.push(`destroyed: ${bytesInWords(bytes)}`);
  const lifted = disposals.reduce((sum, { result }) => sum + (result.protectionLifted ?? 0), 0);
  if (lifted > 0) lines.push(`protection lifted: ${counted(lifted, 'file or folder', 'files or folders')}`);
  const told = disposals.filter(({ outcome }) => outcome !== 'overwritten-verified');
  for (const { location, outcome, result } of told.slice(0, SHOWN)) {
    lines.push(`  ${location}: ${outcome}`);
    for (const reason of result.reasons) lines.push(wrapped(reason.text, '      '));
  }
  if (told.length > SHOWN) lines.push(`  ... and ${told.length - SHOWN} more: --json lists all`);
  return lines;
}

export function disposalData({ run, disposals, notBegun, bytes, certificate }: AdHocResult) {
  return {
    run: run.id,
    started_at: run.startedAt,
    finished_at: run.finishedAt,
    paths: disposals.map(({ itemId, outcome, result }) => ({
      id: itemId,
      outcome,
      files: result.files,
      bytes: Number(result.bytes),
      reasons: result.reasons,
      ...(result.protectionLifted !== undefined && { protection_lifted: result.protectionLifted }),
    })),
    not_begun: notBegun,
    bytes,
    certificate: certificate?.number ?? null,
  };
}

function limitsOf(lists: readonly (readonly Reason[])[]): Reason[] {
  return [...new Map(lists.flat().map((reason) => [reason.code, reason])).values()];
}

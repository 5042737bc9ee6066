import { ExitCode } from '../model/index.js';
import type { FreeSpaceAssessment, FreeSpaceOutcome } from '../shred/index.js';
import { bytesInWords } from './sweep-view.js';
import { wrapped } from './wrapped.js';

/** What filling the free space would reach, line by line for a person. */
export function freeSpaceText(found: FreeSpaceAssessment): string[] {
  const fill = found.freeBytes - found.reserveBytes;
  return [
    `${found.folder}: ${bytesInWords(Number(found.freeBytes))} free, ${found.fileSystem}`,
    wrapped(
      `${bytesInWords(Number(fill))} would be filled and read back, the rest stays free meanwhile`,
      '    ',
    ),
    ...(found.obstacle ? [wrapped(`Refused: ${found.obstacle.text}`, '    ')] : []),
    ...found.residual.map(({ text }) => wrapped(`Not reached even so: ${text}`, '    ')),
    'What filling free space never reaches:',
    ...found.limits.map(({ text }) => wrapped(text, '  - ')),
  ];
}

export function freeSpaceData(found: FreeSpaceAssessment): Record<string, unknown> {
  return {
    file_system: found.fileSystem,
    free_bytes: Number(found.freeBytes),
    reserve_bytes: Number(found.reserveBytes),
    obstacle: found.obstacle ?? null,
    residual: found.residual,
    limits: found.limits,
  };
}

/** What was reached, line by line for a person. */
export function filledText({ outcome, verifiedBytes, reasons, trim }: FreeSpaceOutcome): string[] {
  return [
    `${outcome}: ${bytesInWords(Number(verifiedBytes))}`,
    ...reasons.map(({ text }) => wrapped(text, '    ')),
    ...(trim ? [trim.done ? 'fstrim: done' : `fstrim: ${trim.reason?.text ?? 'not done'}`] : []),
  ];
}

export function filledData(result: FreeSpaceOutcome): Record<string, unknown> {
  return {
    ...freeSpaceData(result),
    outcome: result.outcome,
    reasons: result.reasons,
    verified_bytes: Number(result.verifiedBytes),
    verified_from: result.verifiedFrom,
    trimmed: result.trim?.done ?? null,
  };
}

export function filledExit({ outcome }: FreeSpaceOutcome): ExitCode {
  if (outcome === 'filled-verified') return ExitCode.done;
  return outcome === 'refused' ? ExitCode.refused : ExitCode.partial;
}

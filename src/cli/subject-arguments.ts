import type { SubjectKind } from '../session/index.js';

/**
 * Arguments that name what a command is about, and of which kind that is: for the entry that tells of a reading or of a
 * refusal. Commands that take several, or whose own entries name them, are not here.
 */
export const SUBJECT_ARGUMENTS: Readonly<Record<string, { argument: string; kind: SubjectKind }>> = {
  'archive create': { argument: 'item', kind: 'item' },
  'certificate countersign': { argument: 'number', kind: 'certificate' },
  'certificate export': { argument: 'number', kind: 'certificate' },
  'certificate show': { argument: 'number', kind: 'certificate' },
  'certificate verify': { argument: 'certificate', kind: 'certificate' },
  'certificate void': { argument: 'number', kind: 'certificate' },
  'hold release': { argument: 'hold', kind: 'hold' },
  'inventory show': { argument: 'id', kind: 'item' },
  'inventory update': { argument: 'id', kind: 'item' },
  'sweep approve': { argument: 'plan', kind: 'plan' },
  'sweep handover': { argument: 'plan', kind: 'plan' },
  'sweep run': { argument: 'plan', kind: 'plan' },
  'sweep show': { argument: 'plan', kind: 'plan' },
};

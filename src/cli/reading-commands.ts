/**
 * Commands that read out personal information or evidence and change nothing: each use leaves an entry in the log,
 * unless the workspace says otherwise. The value names the argument that holds an id, and of what; null where there is
 * none, or where the argument may be the name of a file. Commands that log what they hand out themselves are not here.
 */
export const READING_COMMANDS: Readonly<Record<string, { argument: string; kind: string } | null>> = {
  'archive list': null,
  'certificate export': null,
  'certificate list': null,
  'certificate register': null,
  'certificate verify': null,
  'certificate show': { argument: 'number', kind: 'certificate' },
  'event list': null,
  'gate list': null,
  'hold list': null,
  'identity list': null,
  'identity show': null,
  'inventory list': null,
  'inventory show': { argument: 'id', kind: 'item' },
  'media list': null,
  'recipient list': null,
  'recipient show': null,
  'review list': null,
  'sweep diff': null,
  'sweep list': null,
  'sweep show': { argument: 'plan', kind: 'plan' },
};

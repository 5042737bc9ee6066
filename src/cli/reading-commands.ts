/**
 * Commands that read out personal information or evidence and change nothing: each use leaves an entry in the log,
 * unless the workspace says otherwise. Commands that log what they hand out themselves are not here.
 */
export const READING_COMMANDS: ReadonlySet<string> = new Set([
  'archive list',
  'certificate export',
  'certificate list',
  'certificate register',
  'certificate show',
  'certificate verify',
  'event list',
  'gate list',
  'hold list',
  'identity list',
  'identity show',
  'inventory list',
  'inventory show',
  'media list',
  'recipient list',
  'recipient show',
  'review list',
  'sweep diff',
  'sweep list',
  'sweep show',
]);

export * as Args from '@oclif/core/args';
export * as Flags from '@oclif/core/flags';
export { archiveSecrets } from './archive-secrets.js';
export { QuietusCommand } from './base-command.js';
export { readManifest } from './command-manifest.js';
export { completionScript, SHELLS, type Shell } from './completion.js';
export { counted } from './counted.js';
export { displayWidth } from './display-width.js';
export { disposalData, disposalText, selectionData, selectionText } from './disposal-view.js';

export { filledData, filledExit, filledText, freeSpaceData, freeSpaceText } from './free-space-view.js';
export { checkHealth, type HealthReport } from './health.js';
export type { Finding, FindingState } from './health-finding.js';
export { planItemData, planItemText, reasonText, stepsText } from './plan-view.js';
export { printable } from './printable.js';
export type { Progress } from './progress.js';
export type {
  ChoiceQuestion,
  ConfirmRequest,
  PassphraseRequest,
  TextQuestion,
  YesNoQuestion,
} from './prompts.js';
export { shellWord } from './prompts.js';
export { fingerprintText, identityData, recipientData } from './recipient-view.js';
export { redacted } from './redaction.js';
export {
  isReencryptionPartial,
  reencryptionData,
  reencryptionReport,
  reencryptionSummary,
} from './reencryption-view.js';
export { confirmFlag, dryRunFlag, passphraseFileFlag } from './shared-flags.js';
export { canShowSecret, refuseBinaryTerminal, showSecret, writeStandardOutput } from './standard-output.js';
export { allowanceFlags, bytesInWords, endedItemData, printJsonLine } from './sweep-view.js';
export { type Cell, type Column, type TableOptions, table } from './table.js';
export { type Colour, coloured } from './terminal.js';
export { encryptionText, mediumText, passphraseText } from './transfer-view.js';
export {
  askNewPassphrase,
  folderForWorkspace,
  type InitAnswers,
  interviewForWorkspace,
} from './workspace-interview.js';
export { wrapped } from './wrapped.js';

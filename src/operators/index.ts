export { confirmableKey, confirmOperator, requireProvenKey } from './confirmation.js';
export { earlierKey, enrollOperator, operatorToEnroll } from './enrolment.js';
export { type GuardedKey, unlockGuarded, unlockOperatorKey } from './lockout.js';
export {
  type Account,
  currentAccount,
  isOperatorId,
  operatorOf,
  requireOperatorId,
  requireOperatorName,
} from './operator-account.js';
export type { OperatorDesk } from './operator-desk.js';
export { requireDeactivationsAsLogged } from './operator-evidence.js';
export {
  hasOperatorKey,
  type LockedKey,
  PASSPHRASE_LENGTH,
  readOperatorKey,
  requirePassphraseLength,
  writeOperatorKey,
} from './operator-key.js';
export { addOperator, deactivateOperator, shareWithGroup } from './registration.js';
export { accountOf, groupNumber, isMember } from './system-accounts.js';

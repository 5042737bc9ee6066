export {
  type Account,
  currentAccount,
  isOperatorId,
  operatorOf,
  requireOperatorId,
} from './operator-account.js';
export {
  type LockedKey,
  PASSPHRASE_LENGTH,
  readOperatorKey,
  requirePassphraseLength,
  writeOperatorKey,
} from './operator-key.js';

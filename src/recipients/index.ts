export { type Addressees, requireAddressees } from './addressees.js';
export { encryptionKeyOf, escrowOf, openEscrow } from './escrow.js';
export { rotateIdentity } from './identity-rotation.js';
export { holdersOf } from './key-holders.js';
export { requireRecipientsAsLogged } from './recipient-evidence.js';
export { type RecipientAddress, readRecipientKey } from './recipient-key.js';
export {
  addRecipient,
  confirmRecipient,
  type RecipientRequest,
  removeRecipient,
  requireRecipient,
} from './recipient-register.js';

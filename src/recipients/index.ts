export type { RecipientAddress } from './recipient-key.js';
export {
  addRecipient,
  confirmRecipient,
  type RecipientRequest,
  removeRecipient,
  requireRecipient,
} from './recipient-register.js';

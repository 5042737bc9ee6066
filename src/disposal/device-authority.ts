import type { CertificateFacts, CertifiedPlan } from '../certificate/index.js';
import type { StoreTransaction } from '../store/index.js';

/** What an approved plan says of a device of the inventory. */
export interface DeviceAuthority {
  /** Asked in the transaction that enters the intent. Throws the reason why the item may not be disposed of. */
  authorize(transaction: StoreTransaction, planId: string, itemId: string): Promise<void>;
  /** What the certificate says of the plan, as it was when the sanitization began. */
  certified(
    planId: string,
    startedAt: string,
  ): Promise<{ plan: CertifiedPlan; approvals: CertificateFacts['approvals'] }>;
}

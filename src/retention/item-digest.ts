import { canonicalJson, sha256 } from '../crypto/index.js';
import type { InventoryItem } from '../model/index.js';

/** SHA-256, hex, over the canonical JSON of what the inventory says of an item. */
export function itemDigest(item: InventoryItem): string {
  return sha256(
    canonicalJson({
      id: item.id,
      title: item.title,
      record_class: item.recordClass,
      medium: item.medium,
      location: item.location,
      pi_elements: item.piElements,
      data_subjects: item.dataSubjects,
      custodian: item.custodian,
      department: item.department,
      created: item.created,
      modified: item.modified,
      closed: item.closed,
      last_used: item.lastUsed,
      events: item.events,
      copies_elsewhere: item.copiesElsewhere,
      notes: item.notes,
    }),
  );
}

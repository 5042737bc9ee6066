import { canonicalJson, sha256 } from '../crypto/index.js';
import type { WrittenItem } from '../store/index.js';

/** SHA-256, hex, over the canonical JSON of what the inventory says of an item, and of the events of its subjects. */
export function itemDigest(item: WrittenItem): string {
  return sha256(
    // In the order of their names, as canonical JSON has them.
    canonicalJson({
      closed: item.closed,
      copies_elsewhere: item.copiesElsewhere,
      created: item.created,
      custodian: item.custodian,
      data_subjects: item.dataSubjects,
      department: item.department,
      events: item.events,
      id: item.id,
      last_used: item.lastUsed,
      location: item.location,
      medium: item.medium,
      modified: item.modified,
      notes: item.notes,
      // Left out where there are none, so that the digests of plans from before these existed stay right.
      ...(item.otherClasses.length > 0 && { other_classes: item.otherClasses }),
      pi_elements: item.piElements,
      record_class: item.recordClass,
      ...(item.subjects.length > 0 && { subject_events: item.subjectEvents ?? {}, subjects: item.subjects }),
      title: item.title,
    }),
  );
}

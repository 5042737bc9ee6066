import { canonicalJson, sha256 } from '../crypto/index.js';
import type { WrittenItem } from '../store/index.js';

/** SHA-256, hex, over the canonical JSON of what the inventory says of an item, and of the events of its subjects. */
export function itemDigest(item: WrittenItem): string {
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
      // Left out where there are none, so that the digests of plans from before these existed stay right.
      ...(item.otherClasses.length > 0 && { other_classes: item.otherClasses }),
      ...(item.subjects.length > 0 && { subjects: item.subjects, subject_events: item.subjectEvents ?? {} }),
    }),
  );
}

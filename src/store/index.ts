export { BULK_ROWS } from './bulk-insert.js';
export type { StoreLocation } from './connection.js';
export type { ArchiveRecord, ArchiveState } from './repositories/archives.js';
export type {
  CertificateRecord,
  CertificateVoid,
  CounterSignature,
  SignerRecord,
} from './repositories/certificates.js';
export type { Disposal, DisposalEnd, DisposalEntryRecord } from './repositories/disposals.js';
export type { EventFilter } from './repositories/events.js';
export type { ImportMarks } from './repositories/import-marks.js';
export type { ItemFilter } from './repositories/item-filter.js';
export type { ItemInsert, ItemWrite } from './repositories/item-insert.js';
export type { ItemPlace } from './repositories/item-place.js';
export type { ImportSource, StoredItem, WrittenItem } from './repositories/item-row.js';
export type { Page } from './repositories/items.js';
export type { LogFilter, LogRecord } from './repositories/log.js';
export type { EvidenceAction } from './repositories/log-actions.js';
export type { TreeState } from './repositories/log-end.js';
export type { LogSegment } from './repositories/log-segments.js';
export type {
  CheckpointRecord,
  LogKeyRecord,
  TreeNodeRecord,
  WitnessRecord,
} from './repositories/log-tree.js';
export type { PlanLine } from './repositories/plans.js';
export type { Run, RunTarget } from './repositories/runs.js';
export type { SanitizationRecord } from './repositories/sanitizations.js';
export { openStore, type Repositories, type Store, type StoreTransaction } from './store.js';

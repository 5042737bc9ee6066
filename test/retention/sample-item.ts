import type { InventoryItem } from '../../src/model/index.js';

/** An item with nothing but an id and a place; tests say what matters to them. */
export function anItem(parts: Partial<InventoryItem> = {}): InventoryItem {
  return {
    id: 'item-1',
    title: 'Records',
    recordClass: null,
    otherClasses: [],
    medium: 'file',
    location: '/srv/records/one.csv',
    piElements: [],
    dataSubjects: null,
    subjects: [],
    custodian: null,
    department: null,
    created: null,
    modified: null,
    closed: null,
    lastUsed: null,
    events: {},
    copiesElsewhere: null,
    notes: null,
    ...parts,
  };
}

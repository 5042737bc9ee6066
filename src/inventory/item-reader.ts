import type { InventoryItem, PiElement } from '../model/index.js';
import { CellMistake } from './cell-mistake.js';
import {
  checkText,
  dateReader,
  type Read,
  readClasses,
  readDataSubjects,
  readId,
  readMedium,
  readPiElements,
  readSubjects,
  readText,
  readTitle,
  remembering,
  unprotected,
} from './cell-values.js';
import type { ItemField } from './columns.js';
import { readLocation } from './location.js';
import type { DateFormat } from './written-date.js';

/** An item while its cells are being read. */
export type Draft = { -readonly [Field in keyof InventoryItem]: InventoryItem[Field] };

export interface ReadOptions {
  /** Absolute path from which relative locations start. */
  base?: string | undefined;
  dateFormat: DateFormat;
  /** Whether an apostrophe before `=`, `+`, `-` or `@` is one that `inventory export` put there. */
  csv: boolean;
}

/** Puts what a text says into a draft, or says why it cannot. */
export type FieldReader = (draft: Draft, text: string) => CellMistake | undefined;

export function emptyDraft(): Draft {
  return {
    id: '',
    title: '',
    recordClass: null,
    otherClasses: [],
    medium: 'other',
    location: '',
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
  };
}

/** The reader of one field; it remembers values, so use one for many rows. */
export function fieldReader(field: ItemField, options: ReadOptions): FieldReader {
  const free = <Value>(read: Read<Value>): Read<Value> =>
    options.csv ? (text) => read(unprotected(text)) : read;
  switch (field) {
    case 'id':
      return filling(field, readId);
    case 'title':
      return filling(field, free(readTitle));
    case 'recordClass':
      return classReader();
    case 'medium':
      return filling(field, remembering(readMedium));
    case 'location':
      return locationReader(options);
    case 'piElements':
      return filling(field, remembering<readonly PiElement[]>(readPiElements));
    case 'dataSubjects':
      return filling(field, readDataSubjects);
    case 'subjects':
      return filling(field, remembering<readonly string[]>(readSubjects));
    case 'created':
    case 'modified':
    case 'closed':
    case 'lastUsed':
      return filling(field, remembering(dateReader(options.dateFormat)));
    default:
      return filling(field, free(readText));
  }
}

/** The reader of the classes: the first in the alphabet is the item's `recordClass`, the rest are its others. */
function classReader(): FieldReader {
  const read = remembering<readonly string[]>(readClasses);
  return (draft, text) => {
    const value = checkText(text) ?? read(text);
    if (value instanceof CellMistake) return value;
    const [first = null, ...others] = value;
    draft.recordClass = first;
    draft.otherClasses = others;
    return undefined;
  };
}

/** The reader of the day of one event; an empty text leaves the event out. */
export function eventReader(event: string, options: ReadOptions): FieldReader {
  const read = remembering(dateReader(options.dateFormat));
  return (draft, text) => {
    const value = checkText(text) ?? read(text);
    if (value instanceof CellMistake) return value;
    if (value !== null) draft.events = { ...draft.events, [event]: value };
    return undefined;
  };
}

/** Reads after the medium, which says what a location is. */
function locationReader(options: ReadOptions): FieldReader {
  return (draft, text) => {
    const described = options.csv && draft.medium !== 'file' && draft.medium !== 'folder';
    const value =
      checkText(text) ?? readLocation(described ? unprotected(text) : text, draft.medium, options.base);
    if (value instanceof CellMistake) return value;
    draft.location = value;
    return undefined;
  };
}

function filling<Field extends ItemField>(field: Field, read: Read<Draft[Field]>): FieldReader {
  return (draft, text) => {
    const value = checkText(text) ?? read(text);
    if (value instanceof CellMistake) return value;
    draft[field] = value;
    return undefined;
  };
}

export { DELIMITERS } from './csv-format.js';
export { csvLine, itemCells, itemHeader } from './csv-text.js';
export { type ExportRequest, type ExportResult, type ExportTarget, exportInventory } from './export.js';
export { type ImportOptions, type ImportRequest, type ImportResult, importInventory } from './import.js';
export {
  addItem,
  type EditOptions,
  type ItemTexts,
  type ItemUpdate,
  showItem,
  updateItem,
} from './item-edits.js';
export { DEFAULT_PAGE, filterDate, type ItemPage, itemDocument, LARGEST_PAGE, listItems } from './listing.js';
export { baseFolder } from './location.js';
export type { RowProblem } from './row-reader.js';
export { ENCODINGS, type Encoding } from './text-decoder.js';
export { DATE_FORMATS, type DateFormat } from './written-date.js';

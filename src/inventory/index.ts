export { DELIMITERS } from './csv-format.js';
export { csvLine, itemCells, itemHeader } from './csv-text.js';
export { exportInventory } from './export.js';
export { type ImportOptions, type ImportResult, importInventory } from './import.js';
export { addItem, showItem, updateItem } from './item-edits.js';
export { type ItemDisposal, itemDisposals } from './item-history.js';
export { filterDate, itemDocument, listItems } from './listing.js';
export { baseFolder } from './location.js';
export type { RowProblem } from './row-reader.js';

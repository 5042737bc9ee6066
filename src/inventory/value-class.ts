/**
 * Says what kind of value a cell holds without repeating it: cells can be personal information, and messages end
 * up in terminals, tickets and logs.
 */
export function valueClass(text: string): string {
  if (text === '') return 'empty';
  if (text.trim() === '') return 'only spaces';
  const value = text.trim();
  if (/^\d{3}-\d{2}-\d{4}$/.test(value)) return 'digits shaped like a Social Security number';
  if (/^\d{4}-\d{1,2}-\d{1,2}$/.test(value)) return 'a date written YYYY-MM-DD';
  if (/^\d{1,2}\/\d{1,2}\/\d{4}$/.test(value)) return 'a date written MM/DD/YYYY';
  if (/^\d{1,2}\/\d{1,2}\/\d{2}$/.test(value)) return 'a date with a year of two digits';
  if (/^\d{1,2}[.-]\d{1,2}[.-]\d{4}$/.test(value)) return 'a date with the year last';
  if (/^\d{4}-\d{2}-\d{2}[T ]\d{1,2}:/.test(value)) return 'a date with a time of day';
  if (/^[+-]?\d+$/.test(value)) return 'a whole number';
  if (/^[+-]?[\d.,]*\d[\d.,]*$/.test(value)) return 'a number';
  const characters = text.length - (text.match(/[\ud800-\udbff]/g)?.length ?? 0);
  return `text of ${characters} ${characters === 1 ? 'character' : 'characters'}`;
}

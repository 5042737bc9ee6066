/** A period of whole days, as ISO 8601 writes it: `P7Y`, `P18M`, `P2W`, `P90D`, `P1Y6M`. */
export interface Period {
  years: number;
  months: number;
  weeks: number;
  days: number;
}

/** Why a text is not a period; `hint` says what to write. */
export interface PeriodMistake {
  message: string;
  hint: string;
}

/** What is longer is kept for ever, and should say so. */
const LONGEST_PERIOD_YEARS = 1000;

const PERIOD = /^P(?:(\d+)Y)?(?:(\d+)M)?(?:(\d+)W)?(?:(\d+)D)?$/;
const UNITS = [
  ['years', 'Y', 1],
  ['months', 'M', 12],
  ['weeks', 'W', 52],
  ['days', 'D', 365],
] as const;

/**
 * Reads a period of ISO 8601 (duration, date part only): years, months, weeks and days in this order, whole
 * numbers without leading zeros, longer than nothing and at most {@link LONGEST_PERIOD_YEARS} years.
 */
export function parsePeriod(text: string): Period | PeriodMistake {
  const match = PERIOD.exec(text);
  if (!match || text === 'P') return explain(text);
  const counts = match.slice(1).map((digits) => (digits === undefined ? undefined : Number(digits)));
  if (match.slice(1).some((digits) => digits !== undefined && /^0\d/.test(digits))) {
    return {
      message: 'has a number with a leading zero',
      hint: `Write ${spell(counts.map((count) => count ?? 0))}`,
    };
  }
  const [years = 0, months = 0, weeks = 0, days = 0] = counts;
  const length = years + months / 12 + weeks / 52 + days / 365;
  if (length === 0) {
    return { message: 'is a period of no length', hint: 'Write how long the records are kept, such as P7Y' };
  }
  if (!(length <= LONGEST_PERIOD_YEARS)) {
    return {
      message: `is longer than ${LONGEST_PERIOD_YEARS} years`,
      hint: 'Use disposition: permanent for what is kept for ever',
    };
  }
  return { years, months, weeks, days };
}

/** Whether reading a period found a mistake. */
export function isPeriodMistake(period: Period | PeriodMistake): period is PeriodMistake {
  return 'message' in period;
}

/** The period in words: `7 years`, `1 year and 6 months`. */
export function periodInWords(text: string): string {
  const period = parsePeriod(text);
  if (isPeriodMistake(period)) return text;
  const words = UNITS.flatMap(([unit]) => {
    const count = period[unit];
    return count === 0 ? [] : [`${count} ${count === 1 ? unit.slice(0, -1) : unit}`];
  });
  const last = words.pop() ?? '';
  return words.length === 0 ? last : `${words.join(', ')} and ${last}`;
}

/** `[1, 6, 0, 0]` as `P1Y6M`. */
function spell(counts: readonly number[]): string {
  return `P${UNITS.map(([, letter], index) => (counts[index] ? `${counts[index]}${letter}` : '')).join('')}`;
}

function explain(written: string): PeriodMistake {
  const text = written.slice(0, 64);
  if (/T/i.test(text) && /^-?P[\dYMWDTHS.,]*$/i.test(text)) {
    return {
      message: 'has a time of day in it',
      hint: 'Periods are counted in whole days: write P1D or longer',
    };
  }
  if (text.includes('-'))
    return { message: 'is not a period', hint: 'A period has no minus sign: write P7Y' };
  const half = /^P(\d+)[.,]5Y$/i.exec(text);
  if (half) return { message: 'has a fraction', hint: `Write P${half[1] === '0' ? '' : `${half[1]}Y`}6M` };
  if (/\d[.,]\d/.test(text)) return { message: 'has a fraction', hint: 'Use whole numbers, such as P1Y6M' };
  const counts = countsOf(text);
  if (counts === undefined)
    return { message: 'is not a period', hint: 'Write it as ISO 8601 does, such as P7Y for 7 years' };
  return { message: 'is not a period', hint: `Write ${spell(counts)}` };
}

/** Reads what people write instead, such as `7 years`, `18 mo`, `p7y` or `7`, to say what to write. */
function countsOf(text: string): number[] | undefined {
  const counts = [0, 0, 0, 0];
  const part = /\s*(\d{1,6})\s*([a-z]*)\.?\s*(?:,|\+|and\b)?\s*/iy;
  const body = text.replace(/^\s*P/i, '');
  for (let at = 0; at < body.length; at = part.lastIndex) {
    part.lastIndex = at;
    const match = part.exec(body);
    const unit = UNITS.findIndex(([name, letter]) => isUnit(match?.[2] || 'y', name, letter));
    if (!match || unit === -1 || counts[unit] !== 0) return undefined;
    counts[unit] = Number(match[1]);
  }
  return counts.some((count) => count > 0) ? counts : undefined;
}

const SHORT_WORDS: Readonly<Record<string, readonly string[]>> = {
  years: ['yr', 'yrs'],
  months: ['mo', 'mos', 'mth', 'mths'],
  weeks: ['wk', 'wks'],
};

function isUnit(word: string, name: string, letter: string): boolean {
  const lower = word.toLowerCase();
  const short = SHORT_WORDS[name]?.includes(lower) ?? false;
  return short || lower === letter.toLowerCase() || lower === name || `${lower}s` === name;
}

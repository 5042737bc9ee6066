const SUBJECT = /^[A-Za-z0-9][A-Za-z0-9._:/-]{0,63}$/;
const SOCIAL_SECURITY_NUMBER = /(?<!\d)\d{3}-\d{2}-\d{4}(?!\d)/;
/** Two words that begin with a capital and go on without: `Smith-John-1`. */
const TWO_NAMES = /(?:^|[._:/-])[A-Z][a-z]{2,}[._:/-][A-Z][a-z]{2,}/;

/**
 * Why a text is not an opaque id of a person or a case; undefined where it is one. Ids go into the log, so they
 * must say nothing about a person: one without a digit is a name as likely as not, and one of digits only may be a
 * Social Security number, or a number of people in the wrong column.
 *
 * @returns words that complete `SUBJECT …`, without the text
 */
export function subjectMistake(text: string): { reason: string; hint: string } | undefined {
  const hint = 'Use an id that says nothing about the person, with letters and digits, such as EMP-1042';
  if (SOCIAL_SECURITY_NUMBER.test(text)) return { reason: 'is shaped like a Social Security number', hint };
  if (!SUBJECT.test(text)) {
    const reason = text.length > 64 ? 'is longer than 64 characters' : 'is not an opaque id';
    return { reason, hint: `${hint}; only letters A-Z a-z, digits and . _ : / -` };
  }
  if (!/\d/.test(text) || TWO_NAMES.test(text)) return { reason: 'looks like a name', hint };
  if (!/[A-Za-z]/.test(text)) {
    return { reason: 'is only a number', hint: `${hint}; people are counted in data_subjects` };
  }
  return undefined;
}

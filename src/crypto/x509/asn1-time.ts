import { type DerElement, DerError, Tag } from '../der.js';

/**
 * UTCTime or GeneralizedTime as RFC 5280, 4.1.2.5, allows them: to the second, in UTC.
 * @returns RFC 3339
 * @throws DerError
 */
export function instantOf(element: DerElement | undefined): string {
  const text = element?.content.toString('latin1') ?? '';
  const pattern =
    element?.tag === Tag.utcTime
      ? /^(\d{2})(\d{2})(\d{2})(\d{2})(\d{2})(\d{2})Z$/
      : /^(\d{4})(\d{2})(\d{2})(\d{2})(\d{2})(\d{2})Z$/;
  const [, year = '', month, day, hour, minute, second] = pattern.exec(text) ?? [];
  if (element === undefined || second === undefined) throw new DerError('it has a time in an unknown form');
  // Two digits: 1950 to 2049.
  const century = element.tag === Tag.utcTime ? (Number(year) >= 50 ? '19' : '20') : '';
  const instant = `${century}${year}-${month}-${day}T${hour}:${minute}:${second}Z`;
  const date = new Date(instant);
  if (Number.isNaN(date.getTime()) || date.toISOString() !== instant.replace('Z', '.000Z'))
    throw new DerError('it has a time that does not exist');
  return instant;
}

/** Bytes of an instant as entries hold it: 2026-01-02T03:04:05.678Z. */
export const TIME_BYTES: usize = 24;

const PATTERN = '0000-00-00T00:00:00.000Z';
const NOT_A_TIME: i64 = i64.MIN_VALUE;

/** Milliseconds from the instant at one place to that at the other; the largest number where one of them is none. */
export function millisecondsBetween(one: usize, other: usize): i64 {
  const begin = millisecondsAt(one);
  const end = millisecondsAt(other);
  return begin === NOT_A_TIME || end === NOT_A_TIME ? i64.MAX_VALUE : end - begin;
}

function millisecondsAt(at: usize): i64 {
  for (let place = 0; place < <i32>TIME_BYTES; place++) {
    const byte = <i32>load<u8>(at + place);
    const expected = PATTERN.charCodeAt(place);
    if (expected === 0x30 ? byte < 0x30 || byte > 0x39 : byte !== expected) return NOT_A_TIME;
  }
  const month = number(at + 5, 2);
  const day = number(at + 8, 2);
  const hour = number(at + 11, 2);
  const minute = number(at + 14, 2);
  const second = number(at + 17, 2);
  if (month < 1 || month > 12 || day < 1 || day > 31 || hour > 23 || minute > 59 || second > 59)
    return NOT_A_TIME;
  const days = daysOf(number(at, 4), month, day);
  return (((days * 24 + hour) * 60 + minute) * 60 + second) * 1000 + number(at + 20, 3);
}

/** Days of the Gregorian calendar since a fixed one; the year begins in March, so that a leap day is its last. */
function daysOf(year: i64, month: i64, day: i64): i64 {
  const marchYear = month > 2 ? year : year - 1;
  const marchMonth = month > 2 ? month - 3 : month + 9;
  return (
    marchYear * 365 + marchYear / 4 - marchYear / 100 + marchYear / 400 + (153 * marchMonth + 2) / 5 + day
  );
}

function number(at: usize, digits: usize): i64 {
  let value: i64 = 0;
  for (let place: usize = 0; place < digits; place++) value = value * 10 + (load<u8>(at + place) - 0x30);
  return value;
}

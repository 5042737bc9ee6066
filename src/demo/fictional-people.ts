/**
 * People who do not exist, with numbers that nobody was ever given:
 * Social Security numbers with area 666, which the Social Security Administration never assigns;
 * routing numbers with prefix 99, which the ABA never assigns; card numbers that the networks publish for tests.
 */
export interface FictionalPerson {
  /** Opaque id, as an inventory would use. */
  subject: string;
  name: string;
  ssn: string;
  routing: string;
  account: string;
  card: string;
}

const FIRST = ['Ada', 'Ben', 'Chidi', 'Dora', 'Emre', 'Fay', 'Gus', 'Hana', 'Ivo', 'Júlia', 'Kofi', 'Lin'];
const LAST = ['Alder', 'Birch', 'Cedar', 'Dogwood', 'Elm', 'Fir', 'Gorse', 'Hazel', 'Ironwood', 'Juniper'];

/** Numbers that Visa, Mastercard, American Express and Discover publish for tests. */
const TEST_CARDS = ['4111111111111111', '5555555555554444', '378282246310005', '6011111111111117'];

/** @param index from 0; the same index is always the same person */
export function fictionalPerson(index: number): FictionalPerson {
  const first = FIRST[index % FIRST.length] ?? '';
  const last = LAST[Math.floor(index / FIRST.length) % LAST.length] ?? '';
  const serial = String(1000 + index * 7).slice(-4);
  return {
    subject: `EMP-${String(1001 + index)}`,
    name: `${first} ${last}`,
    ssn: `666-${String(10 + (index % 89)).padStart(2, '0')}-${serial}`,
    routing: `99${String(1_000_000 + index * 13).slice(-7)}`,
    account: String(7_000_000_000 + index * 101),
    card: TEST_CARDS[index % TEST_CARDS.length] ?? '',
  };
}

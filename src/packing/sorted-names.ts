/** Names that are sorted at a time, and then kept as one text. */
const RUN = 4096;
/** No name has one. */
const BETWEEN = '/';

/** The names of a run that are still to come, the next of them taken out. */
interface Cursor {
  run: string;
  /** Where the name behind the next one begins; past the end for the last. */
  from: number;
  next: string;
}

/**
 * Texts without `/` by code unit, however many: a text of its own for each of a million would take several times as much memory
 * as what they say. So each few thousand are sorted and joined to one, and these are merged as they are read.
 */
export class SortedNames {
  readonly #runs: string[] = [];
  #gathered: string[] = [];

  add(name: string): void {
    this.#gathered.push(name);
    if (this.#gathered.length === RUN) this.#join();
  }

  /** From the first, each time. Nothing may be added any more. */
  *all(): Generator<string, void> {
    this.#join();
    const heap = this.#runs.map((run) => advanced({ run, from: 0, next: '' }) as Cursor);
    // In order, a list is a heap.
    heap.sort((one, other) => (one.next < other.next ? -1 : 1));
    for (let least = heap[0]; least !== undefined; least = heap[0]) {
      yield least.next;
      if (advanced(least) === null) {
        const last = heap.pop() as Cursor;
        if (heap.length > 0) heap[0] = last;
      }
      sink(heap);
    }
  }

  #join(): void {
    if (this.#gathered.length === 0) return;
    this.#runs.push(this.#gathered.sort().join(BETWEEN));
    this.#gathered = [];
  }
}

/** @returns null where the run is at its end */
function advanced(cursor: Cursor): Cursor | null {
  const { run, from } = cursor;
  if (from > run.length) return null;
  const end = run.indexOf(BETWEEN, from);
  const until = end < 0 ? run.length : end;
  cursor.next = run.slice(from, until);
  cursor.from = until + BETWEEN.length;
  return cursor;
}

/** Moves the first of a heap down to where it belongs. */
function sink(heap: Cursor[]): void {
  const moving = heap[0];
  if (moving === undefined) return;
  let at = 0;
  for (let child = lesser(heap, 1); child < heap.length; child = lesser(heap, 2 * at + 1)) {
    const below = heap[child] as Cursor;
    if (moving.next <= below.next) break;
    heap[at] = below;
    at = child;
  }
  heap[at] = moving;
}

/** Of two that lie side by side, the one whose name comes first. */
function lesser(heap: readonly Cursor[], left: number): number {
  const [one, other] = [heap[left], heap[left + 1]];
  return one !== undefined && other !== undefined && other.next < one.next ? left + 1 : left;
}

import { writeFileSync } from 'node:fs';

const DAY = 86_400_000;

/** Writes a module for `node --require` under which the clock of a program is wrong by some days. */
export function writeShiftedClock(path: string, days: number): void {
  writeFileSync(
    path,
    `const Real = Date;
    const now = () => Real.now() + ${days * DAY};
    globalThis.Date = class extends Real {
      constructor(...values) { super(...(values.length === 0 ? [now()] : values)); }
      static now() { return now(); }
    };`,
  );
}

import type { Clock } from '../../src/workspace/index.js';

/** A clock that a test sets. */
export class TestClock implements Clock {
  constructor(public at = new Date('2026-03-02T15:00:00.000Z')) {}

  now(): Date {
    return this.at;
  }
}

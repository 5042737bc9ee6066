import { coloured } from './terminal.js';

/** A bar on stderr, or nothing at all where nobody would see it. */
export interface Progress {
  /** Moves on by `count` (default 1). */
  advance(count?: number): void;
  /** Sets how much is done. */
  update(done: number): void;
  /** Takes the bar away; safe to call twice. */
  stop(): void;
}

/** The progress of a run that shows none. */
export const SILENT_PROGRESS: Progress = { advance() {}, update() {}, stop() {} };

/** Starts a bar from 0 to `total` on stderr, which must be a terminal. */
export async function startBar(total: number, label: string): Promise<Progress> {
  const { default: cliProgress } = await import('cli-progress');
  const bar = new cliProgress.SingleBar({
    stream: process.stderr,
    format: `${label} ${coloured('cyan', '{bar}', 'stderr')} {percentage}% {value}/{total} {eta_formatted}`,
    barCompleteChar: '█',
    barIncompleteChar: '░',
    hideCursor: true,
    clearOnComplete: true,
    stopOnComplete: false,
    // The base command handles signals; the library's own handler would exit before the log is written.
    gracefulExit: false,
  });
  bar.start(total, 0);
  // What still comes in after the bar was taken away must not draw it again.
  let shown = true;
  return {
    advance(count = 1) {
      if (shown) bar.increment(count);
    },
    update(done) {
      if (shown) bar.update(done);
    },
    stop() {
      if (shown) bar.stop();
      shown = false;
    },
  };
}

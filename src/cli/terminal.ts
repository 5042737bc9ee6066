const COLOURS = { bold: 1, dim: 2, red: 31, green: 32, yellow: 33, cyan: 36 } as const;

export type Colour = keyof typeof COLOURS;

type Stream = 'stdout' | 'stderr';

/** True when colour may be used on the stream: a terminal, no NO_COLOR (any value but empty), TERM not dumb. */
export function hasColour(stream: Stream = 'stdout'): boolean {
  return process[stream].isTTY === true && !process.env.NO_COLOR && process.env.TERM !== 'dumb';
}

/** Colours the text for the stream, or returns it unchanged where colour may not be used. */
export function coloured(colour: Colour, text: string, stream: Stream = 'stdout'): string {
  return hasColour(stream) ? `\u001b[${COLOURS[colour]}m${text}\u001b[0m` : text;
}

/** Columns of the terminal behind stdout, 80 when it does not say, `undefined` when stdout is no terminal. */
export function terminalWidth(): number | undefined {
  if (process.stdout.isTTY !== true) return undefined;
  return process.stdout.columns > 0 ? process.stdout.columns : 80;
}

/** True when a person can be asked: both the keyboard and the messages are on a terminal. */
export function canAsk(): boolean {
  return process.stdin.isTTY === true && process.stderr.isTTY === true;
}

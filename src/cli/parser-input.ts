import type { Command } from '@oclif/core/command';
import type * as Interfaces from '@oclif/core/interfaces';

/** The definitions of a command with this program's rules for arguments and repeatable flags. */
export function parserInput<
  F extends Record<string, unknown>,
  B extends Record<string, unknown>,
  A extends Record<string, unknown>,
>(options: Interfaces.Input<F, B, A>, context: Command): Interfaces.Input<F, B, A> {
  const flags = { ...options.baseFlags, ...options.flags } as Interfaces.FlagInput<F>;
  const args = (options.args ?? {}) as Interfaces.ArgInput<A>;
  return {
    ...options,
    context,
    flags: mapValues(flags, (flag) => ({ ...flag, multipleNonGreedy: true })),
    args: mapValues(args, (argument) => ({ ...argument, ignoreStdin: true })),
  };
}

function mapValues<Shape extends object>(shape: Shape, change: (value: Shape[keyof Shape]) => object): Shape {
  return Object.fromEntries(Object.entries(shape).map(([key, value]) => [key, change(value)])) as Shape;
}

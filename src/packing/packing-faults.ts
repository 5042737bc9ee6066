import { badInput, ExitCode, Fault, refused } from '../model/index.js';

/** @param why the rest of a sentence that begins with the path */
export function unpackable(path: string, why: string, cause?: unknown): Fault {
  return badInput('cannot-pack', `${JSON.stringify(path)} ${why}`, {
    cause,
    hint: 'Put it right, or leave such files out with --skip-unreadable, which lists them',
  });
}

export function changedWhilePacked(path: string): Fault {
  return new Fault('input-changed', ExitCode.partial, `${JSON.stringify(path)} changed while it was read`, {
    hint: 'Close the program that writes to it and try again',
  });
}

/** For what changed between its own turn and the end of the pack. */
export function changedAfterPacked(path: string): Fault {
  const message = `${JSON.stringify(path)} changed while the rest of the pack was read`;
  return new Fault('input-changed', ExitCode.partial, message, {
    hint: 'Close the programs that write to it or beside it and try again',
  });
}

/** @param why the rest of a sentence that begins with the name */
export function unsafeEntry(name: string, why: string): Fault {
  return refused('unsafe-pack', `The pack is not extracted: ${JSON.stringify(name.slice(0, 200))} ${why}`, {
    hint: 'Nothing of it was kept; ask the sender how the file was made',
  });
}

/** @param remedy what allows it, where somebody trusts the sender */
export function tooLarge(why: string, remedy: string): Fault {
  return refused('pack-too-large', `The pack is not extracted: ${why}`, {
    hint: `${remedy}; nothing of it was kept`,
  });
}

export function brokenPack(why: string, cause?: unknown): Fault {
  return new Fault('pack-damaged', ExitCode.verificationFailed, `The pack cannot be read: ${why}`, {
    cause,
    hint: 'Ask the sender to pack it again; nothing of it was kept',
  });
}

/** For what somebody else moved away while it was made, or put in the place of it. */
export function outputSwapped(): Fault {
  return refused(
    'output-swapped',
    'Somebody has moved what was being extracted, or put something in its place',
    {
      hint: 'Give a folder with -o that only your account may write to; nothing of it was kept',
    },
  );
}

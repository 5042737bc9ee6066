import * as Flags from '@oclif/core/flags';

/** `--confirm VALUE` of a destructive command. `what` says which value: `the id of the plan`. */
export function confirmFlag(what: string) {
  return Flags.string({
    description: `Confirm without a question: ${what}.`,
    helpValue: 'VALUE',
  });
}

/** `--dry-run` of a destructive command. */
export function dryRunFlag() {
  return Flags.boolean({ description: 'Show what would be done, and change nothing.' });
}

/** `--passphrase-file FILE`. `whose` completes the sentence: `of your operator key`. */
export function passphraseFileFlag(whose: string) {
  return Flags.string({
    description: `File that holds the passphrase ${whose}; /dev/fd/3 reads descriptor 3.`,
    helpValue: 'FILE',
  });
}

/**
 * What to look at where a passphrase does not open something: a slip that can be seen in the passphrase itself, which is
 * hard to see in the file that it comes from, or else the usual advice.
 */
export function passphraseAdvice(passphrase: string, usual: string): string {
  if (/[\r\n]/.test(passphrase)) {
    return 'It has more than one line: of a file everything counts but the line end at its end. Put the passphrase into it alone, on one line';
  }
  if (passphrase.startsWith('\ufeff')) {
    return 'It begins with a byte order mark, which some editors put before a text: save the file without one';
  }
  if (passphrase !== passphrase.trim()) {
    return 'It begins or ends with a space: if that does not belong to it, take it away and try again';
  }
  return usual;
}

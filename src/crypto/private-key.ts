import { holdsOpenPgpSecretKey } from './recognition/openpgp.js';

/** Texts that only secret keys hold: age, age plugins, PEM of every kind, OpenPGP's armor, PuTTY, our own key files. */
const SECRET_TEXT =
  /AGE-(?:SECRET-KEY|PLUGIN)-|-----BEGIN [A-Z0-9 ]*PRIVATE KEY(?: BLOCK)?-----|"format"\s*:\s*"quietus-(?:key|identity)\/|PuTTY-User-Key-File-/i;
/**
 * DER of secret keys: a version first (RSA of PKCS#1 and any key of PKCS#8: 0; EC of SEC 1: 1; PKCS#12: 3), where a
 * certificate has a sequence; or an encrypted PKCS#8 key, whose algorithm is password-based (PKCS#5, PKCS#12).
 */
const SECRET_DER =
  /^30(?:[0-7].|8[1-4](?:..){1,4}?)(?:0201(?:00|01|03)|30..(?:06092a864886f70d0105|060a2a864886f70d010c01))/;

/**
 * Whether a text holds a private key of a common kind (age, PEM, OpenSSH, OpenPGP, PuTTY, our own): somebody gave
 * the wrong half of a pair.
 */
export function textHoldsPrivateKey(text: string): boolean {
  return SECRET_TEXT.test(text);
}

/**
 * Whether a file holds a private key: a text of {@link textHoldsPrivateKey} in ASCII, UTF-8 or UTF-16, DER, or
 * packets of OpenPGP.
 *
 * @param bytes of the file, from its start
 */
export async function holdsPrivateKey(bytes: Buffer): Promise<boolean> {
  // Without its zeros, the ASCII of UTF-16 in either order is ASCII.
  if (textHoldsPrivateKey(bytes.toString('latin1').replaceAll('\0', ''))) return true;
  if (SECRET_DER.test(bytes.subarray(0, 64).toString('hex'))) return true;
  return await holdsOpenPgpSecretKey(bytes);
}

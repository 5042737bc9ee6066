const PRIVATE_KEY =
  /AGE-(?:SECRET-KEY|PLUGIN)-[A-Z0-9-]*1|-----BEGIN [A-Z0-9 ]*PRIVATE KEY(?: BLOCK)?-----|"format"\s*:\s*"quietus-key\/|PuTTY-User-Key-File-/i;

/**
 * Whether a text holds a private key of a common kind (age, PEM, OpenSSH, OpenPGP, PuTTY, our own): somebody gave
 * the wrong half of a pair.
 */
export function holdsPrivateKey(text: string): boolean {
  return PRIVATE_KEY.test(text);
}

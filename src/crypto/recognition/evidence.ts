/** What speaks for a file being encrypted. */
export interface EncryptionEvidence {
  /** Such as `age v1` or `OpenPGP message`. */
  format: string;
  /**
   * `whole`: the file follows the format from its first byte to its last, and the format has no place for plaintext.
   * `header`: its header says that what follows is encrypted, which cannot be seen without the key.
   */
  certainty: 'whole' | 'header';
  /** What a person should know about it all the same; null where there is nothing. */
  note: string | null;
}

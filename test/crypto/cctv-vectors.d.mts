/** The age vectors of C2SP/CCTV: a text of facts, an empty line, a file. */
export const vectors: Readonly<Record<string, Uint8Array>>;

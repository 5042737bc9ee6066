import * as v from 'valibot';

export const STATUS_FORMAT = 'quietus-certificate-status/1';

const statusSchema = v.strictObject({
  format: v.literal(STATUS_FORMAT),
  workspace: v.string(),
  certificate: v.string(),
  json_sha256: v.string(),
  /** When it was said; RFC 3339. */
  as_of: v.string(),
  void: v.nullable(
    v.strictObject({ at: v.string(), by: v.string(), reason: v.string(), log_seq: v.number() }),
  ),
  replaced_by: v.nullable(v.string()),
  replaces: v.nullable(v.string()),
});

/** Whether a certificate stood at a time, as its workspace says and signs. */
export type CertificateStatus = v.InferOutput<typeof statusSchema>;

/** @returns null for anything else */
export function parseStatus(bytes: Uint8Array): CertificateStatus | null {
  try {
    const result = v.safeParse(
      statusSchema,
      JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes)),
    );
    return result.success ? result.output : null;
  } catch {
    return null;
  }
}

import { contextTag, type DerElement, DerError, readAll, readSingle, Tag } from '../der.js';
import { expectTag, oidOf, partsOf } from './der-parts.js';

const SIGNED_DATA = '1.2.840.113549.1.7.2';
const TST_INFO = '1.2.840.113549.1.9.16.1.4';
/** A token with its certificates has some kilobytes. */
const MOST_BYTES = 1 << 20;

/** What a time-stamp token says, and what is needed to verify that it says so. */
export interface TimestampToken {
  /** The signed content (RFC 3161, TSTInfo), DER. */
  info: Buffer;
  policy: string;
  digestAlgorithm: string;
  digest: string;
  serial: string;
  time: Date;
  /** Hex without leading zeros; null where the token has none. */
  nonce: string | null;
  /** DER of the certificates that the token brings along. */
  certificates: Buffer[];
  signer: SignerInfo;
}

export interface SignerInfo {
  /** DER of the issuer's name and the serial number. */
  issuer: Buffer;
  serial: string;
  digestAlgorithm: string;
  signatureAlgorithm: string;
  /** DER of the signed attributes, as the signature covers them: with the tag of a set. */
  signedAttributes: Buffer;
  /** By object identifier; the one value of each. */
  attributes: ReadonlyMap<string, DerElement>;
  signature: Buffer;
}

/**
 * Reads a response of a time-stamping authority (`.tsr`) or a bare token.
 *
 * @throws Error where it is neither, or where the authority has refused
 */
export function parseTimestamp(bytes: Buffer): TimestampToken {
  if (bytes.length > MOST_BYTES) throw new Error('it is too long');
  const outer = partsOf(readSingle(bytes, Tag.sequence));
  if (outer[0]?.tag === Tag.oid) return parseToken(outer);
  const status = expectTag(partsOf(outer[0])[0], Tag.integer).content;
  // 0 granted, 1 granted with changes (RFC 3161, section 2.4.2).
  if (status.length !== 1 || (status[0] ?? 2) > 1) throw new Error('the authority has refused the request');
  return parseToken(partsOf(outer[1]));
}

function parseToken([type, content]: DerElement[]): TimestampToken {
  if (oidOf(type) !== SIGNED_DATA) throw new Error('it is no signed data');
  const signed = partsOf(partsOf(content, contextTag(0))[0]);
  const [, , encapsulated, ...rest] = signed;
  const [infoType, infoContent] = partsOf(encapsulated);
  if (oidOf(infoType) !== TST_INFO) throw new Error('it is no time-stamp');
  const info = expectTag(partsOf(infoContent, contextTag(0))[0], Tag.octetString).content;
  const certificates = rest.find(({ tag }) => tag === contextTag(0));
  const signers = partsOf(rest.at(-1), Tag.set);
  // RFC 3161, section 2.4.2: a token has exactly one signature, the authority's.
  if (signers.length !== 1) throw new Error('it has not exactly one signature');
  return {
    info,
    ...parseInfo(info),
    certificates: certificates ? readAll(certificates.content).map((each) => each.raw) : [],
    signer: parseSigner(signers[0]),
  };
}

function parseInfo(
  info: Buffer,
): Pick<TimestampToken, 'policy' | 'digestAlgorithm' | 'digest' | 'serial' | 'time' | 'nonce'> {
  const [version, policy, imprint, serial, time, ...rest] = partsOf(readSingle(info, Tag.sequence));
  if (hexInteger(version) !== '1') throw new Error('its version is unknown');
  const [algorithm, digest] = partsOf(imprint);
  const nonce = rest.find(({ tag }) => tag === Tag.integer);
  return {
    policy: oidOf(policy),
    digestAlgorithm: oidOf(partsOf(algorithm)[0]),
    digest: expectTag(digest, Tag.octetString).content.toString('hex'),
    serial: hexInteger(serial),
    time: instantOf(time),
    nonce: nonce ? hexInteger(nonce) : null,
  };
}

function parseSigner(signer: DerElement | undefined): SignerInfo {
  const [, id, digest, attributes, algorithm, signature] = partsOf(signer);
  const [issuer, serial] = partsOf(id);
  const signed = expectTag(attributes, contextTag(0));
  const byId = new Map<string, DerElement>();
  for (const attribute of readAll(signed.content)) {
    const [type, values] = partsOf(attribute);
    const [value, ...others] = partsOf(values, Tag.set);
    const name = oidOf(type);
    if (value === undefined || others.length > 0 || byId.has(name))
      throw new Error('an attribute is there twice');
    byId.set(name, value);
  }
  return {
    issuer: expectTag(issuer, Tag.sequence).raw,
    serial: hexInteger(serial),
    digestAlgorithm: oidOf(partsOf(digest)[0]),
    signatureAlgorithm: oidOf(partsOf(algorithm)[0]),
    // RFC 5652, section 5.4: signed with the tag of a set in place of the implicit one.
    signedAttributes: Buffer.concat([Buffer.of(Tag.set), signed.raw.subarray(1)]),
    attributes: byId,
    signature: expectTag(signature, Tag.octetString).content,
  };
}

/** Lower-case hex without leading zeros, as two-digit bytes are not needed for comparison. */
export function hexInteger(element: DerElement | undefined): string {
  return plainHex(expectTag(element, Tag.integer).content.toString('hex'));
}

export function plainHex(hex: string): string {
  return hex.toLowerCase().replace(/^0+(?=.)/, '');
}

/** GeneralizedTime in UTC, with or without a fraction of a second. */
function instantOf(element: DerElement | undefined): Date {
  const text = expectTag(element, Tag.generalizedTime).content.toString('latin1');
  const [, ...parts] = /^(\d{4})(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)(?:\.(\d{1,9}))?Z$/.exec(text) ?? [];
  const [year, month, day, hour, minute, second, fraction = ''] = parts;
  const time = new Date(
    `${year}-${month}-${day}T${hour}:${minute}:${second}.${fraction.padEnd(3, '0').slice(0, 3)}Z`,
  );
  if (Number.isNaN(time.getTime())) throw new Error('its time is no time');
  return time;
}

/**
 * The token in a response (RFC 3161, section 2.4.2), for an attribute of a signature.
 *
 * @param response DER
 * @throws DerError where there is none
 */
export function timestampToken(response: Uint8Array): Buffer {
  const [, token] = readAll(readSingle(response, Tag.sequence).content);
  if (token === undefined) throw new DerError('it holds no time-stamp');
  return token.raw;
}

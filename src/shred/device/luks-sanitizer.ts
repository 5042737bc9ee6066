import type { Reason } from '../../model/index.js';
import { readsImageFromCache } from '../linux-medium-inspector.js';
import { findTool, runTool } from '../system-tool.js';
import type { DeviceFacts } from './device-facts.js';
import { type Extent, STRIDE } from './device-io.js';
import { deviceReason } from './device-reasons.js';
import type {
  DeviceProgress,
  DeviceSanitizer,
  DeviceVerification,
  StartOutcome,
  Technique,
} from './device-sanitizer.js';
import { digestOf } from './device-verification.js';
import { versionOf } from './tool-version.js';

/** What `cryptsetup luksDump` says of a header. */
export interface LuksHeader {
  version: 1 | 2;
  /** Such as `aes-xts-plain64`. */
  cipher: string;
  /** Strength in bits of the weakest key: half of the key's length in XTS mode, which uses two keys. */
  strength: number;
  /** Where the key material of each slot in use lies, in bytes. */
  slots: readonly Extent[];
}

const ASK_MS = 60_000;
/** NIST SP 800-88 Rev. 2: at least 128 bits of strength. */
const LEAST_STRENGTH = 128;
const SECTOR = 512;
/** No header says more slots or larger ones. */
const MOST_SLOTS = 32;
const LARGEST_SLOT = 16 * 1024 * 1024;

/** Reads `cryptsetup luksDump` of a LUKS1 header. @returns undefined for anything else */
export function readLuks1Dump(text: string): LuksHeader | undefined {
  if (!/^Version:\s+1\s*$/m.test(text)) return undefined;
  const name = /^Cipher name:\s+(\S+)\s*$/m.exec(text)?.[1];
  const mode = /^Cipher mode:\s+(\S+)\s*$/m.exec(text)?.[1];
  const bits = Number(/^MK bits:\s+(\d{2,4})\s*$/m.exec(text)?.[1]);
  if (name === undefined || mode === undefined || !(bits > 0)) return undefined;
  const slots: Extent[] = [];
  const pattern =
    /^Key Slot \d: ENABLED\n(?:\t.*\n)*?\tKey material offset:\s+(\d{1,9})\s*\n\tAF stripes:\s+(\d{1,6})\s*$/gm;
  for (const [, offset, stripes] of text.matchAll(pattern)) {
    slots.push(aligned(Number(offset) * SECTOR, (Number(stripes) * bits) / 8));
  }
  const enabled = text.match(/^Key Slot \d: ENABLED$/gm)?.length ?? 0;
  if (enabled !== slots.length) return undefined;
  return { version: 1, cipher: `${name}-${mode}`, strength: mode.startsWith('xts') ? bits / 2 : bits, slots };
}

/** Reads `cryptsetup luksDump --dump-json-metadata` of a LUKS2 header. @returns undefined for anything else */
export function readLuks2Metadata(json: string): LuksHeader | undefined {
  let value: Luks2Metadata | null;
  try {
    value = JSON.parse(json) as Luks2Metadata | null;
  } catch {
    return undefined;
  }
  const slots = Object.values(value?.keyslots ?? {});
  const cipher = Object.values(value?.segments ?? {})[0]?.encryption;
  if (!value?.keyslots || typeof cipher !== 'string' || slots.length > MOST_SLOTS) return undefined;
  const strengths: number[] = [];
  const extents: Extent[] = [];
  for (const { key_size: size, area } of slots) {
    const [offset, length] = [Number(area?.offset), Number(area?.size)];
    if (!Number.isSafeInteger(size) || !Number.isSafeInteger(offset) || !Number.isSafeInteger(length))
      return undefined;
    if (length <= 0 || length > LARGEST_SLOT || offset <= 0) return undefined;
    strengths.push(cipher.includes('-xts-') ? Number(size) * 4 : Number(size) * 8);
    extents.push(aligned(offset, length));
  }
  return { version: 2, cipher, strength: Math.min(...strengths, Number.MAX_SAFE_INTEGER), slots: extents };
}

interface Luks2Metadata {
  keyslots?: Record<string, { key_size?: unknown; area?: { offset?: unknown; size?: unknown } }>;
  segments?: Record<string, { encryption?: unknown }>;
}

/** Whole blocks of 4 KiB, as reading past the cache needs. */
function aligned(position: number, length: number): Extent {
  const start = Math.floor(position / 4096) * 4096;
  return { position: start, length: Math.ceil((position + length - start) / 4096) * 4096 };
}

/**
 * Cryptographic erase of a LUKS container: `cryptsetup erase` destroys all key slots, after which no passphrase opens
 * it. What was encrypted stays where it is. (NIST SP 800-88 Rev. 2, cryptographic erase.)
 */
export class LuksSanitizer implements DeviceSanitizer {
  readonly id = 'luks';
  /** The key material before it was erased. */
  #before: { slot: Extent; digest: string | null }[] = [];

  async probe(device: DeviceFacts): Promise<readonly Technique[]> {
    const path = findTool('cryptsetup');
    if (path === undefined) return [];
    const header = await readHeader(path, device);
    if (header === undefined || header.slots.length === 0) return [];
    if (header.strength < LEAST_STRENGTH) return [];
    const residual = device.rotational ? [] : [deviceReason('key-slots-on-flash')];
    return [
      {
        id: 'luks-erase',
        methods: ['crypto-erase'],
        sanitization: 'Purge',
        text: `Every key slot (${header.slots.length}) of the LUKS${header.version} header (${header.cipher}, ${header.strength} bits) was destroyed; what was encrypted with the key stays as ciphertext.`,
        tool: { name: 'cryptsetup', version: await versionOf(path, ['--version']) },
        leaves: 'key-slots-empty',
        residual,
        limits: [deviceReason('erasure-unreadable')],
      },
    ];
  }

  async start(device: DeviceFacts): Promise<StartOutcome> {
    const path = findTool('cryptsetup');
    const header = path && (await readHeader(path, device));
    if (!path || !header)
      return { accepted: false, reason: deviceReason('tool-failed', 'cryptsetup luksDump') };
    this.#before = [];
    for (const slot of header.slots)
      this.#before.push({ slot, digest: await digestOf(device.path, parts(slot)) });
    const { status } = await runTool(path, ['erase', '--batch-mode', device.path], {
      timeoutMs: 10 * ASK_MS,
    });
    if (status === 0) return { accepted: true, reasons: [] };
    return { accepted: false, reason: deviceReason('not-accepted', `status ${status ?? 'none'}`) };
  }

  async progress(device: DeviceFacts): Promise<DeviceProgress> {
    const path = findTool('cryptsetup');
    const header = path && (await readHeader(path, device));
    if (!header) return { state: 'none', fraction: null };
    return { state: header.slots.length === 0 ? 'complete' : 'failed', fraction: null };
  }

  /** No slot is left in the header, and the key material of each one is overwritten. */
  async verify(device: DeviceFacts): Promise<{ verification: DeviceVerification; reasons: Reason[] }> {
    const path = findTool('cryptsetup');
    const header = path && (await readHeader(path, device));
    let gone = typeof header === 'object' && header.slots.length === 0;
    for (const { slot, digest } of this.#before) {
      const after = await digestOf(device.path, parts(slot));
      if (digest === null || after === null || after === digest) gone = false;
    }
    return {
      verification: {
        kind: 'key-slots',
        result: gone ? 'passed' : 'failed',
        bytesRead: this.#before.reduce((sum, { slot }) => sum + slot.length, 0),
        samples: this.#before.length,
        found: null,
        readFrom: readsImageFromCache(device.number) ? 'page-cache' : 'medium',
      },
      reasons: gone ? [] : [deviceReason('key-slots-left')],
    };
  }
}

function* parts({ position, length }: Extent): Generator<Extent> {
  for (let at = 0; at < length; at += STRIDE) {
    yield { position: position + at, length: Math.min(STRIDE, length - at) };
  }
}

async function readHeader(path: string, device: DeviceFacts): Promise<LuksHeader | undefined> {
  const dump = async (...flags: string[]) => {
    const { status, stdout } = await runTool(path, ['luksDump', ...flags, device.path], {
      timeoutMs: ASK_MS,
    });
    return status === 0 ? stdout.toString('utf8') : '';
  };
  return readLuks2Metadata(await dump('--dump-json-metadata')) ?? readLuks1Dump(await dump());
}

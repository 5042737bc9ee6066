import type { Reason } from '../../model/index.js';
import type { DeviceFacts } from './device-facts.js';

/** What is asked for. `crypto-erase`: the keys are destroyed, the ciphertext stays. */
export type SanitizationMethod = 'clear' | 'purge' | 'crypto-erase';

/** What is claimed in the end, in the words of NIST SP 800-88 Rev. 2. */
export type SanitizationType = 'Clear' | 'Purge';

/** One way to sanitize this device, found by asking it. */
export interface Technique {
  /** Stable, such as `nvme-sanitize-block-erase`. */
  id: string;
  /** Which requests it answers. */
  methods: readonly SanitizationMethod[];
  sanitization: SanitizationType;
  /** One sentence for people and certificates. */
  text: string;
  /** Null where this program does it itself. */
  tool: { name: string; version: string } | null;
  /** What stands on the device afterwards, as far as a host reads. */
  leaves: 'keystream' | 'changed' | 'key-slots-empty';
  /** Found before anything is written: with these, data can be left behind, and a person has to accept it. */
  residual: readonly Reason[];
  /** What nothing can prove. */
  limits: readonly Reason[];
}

/** What the device says of an operation. `silent`: it says nothing, so the end of the tool is all there is. */
export interface DeviceProgress {
  state: 'running' | 'complete' | 'failed' | 'none' | 'silent';
  /** Between 0 and 1; null where it is not told. */
  fraction: number | null;
}

export interface SanitizeWork {
  signal?: AbortSignal | undefined;
  onProgress?: ((fraction: number) => void) | undefined;
  /** For what works by itself: the seed of what is written. */
  seed: string;
}

/** What went wrong while the device was told to sanitize itself; null where it accepted. */
export type StartOutcome =
  | { accepted: true; reasons: readonly Reason[] }
  | { accepted: false; reason: Reason };

/** What reading back showed. */
export interface DeviceVerification {
  kind: 'full' | 'sampled' | 'key-slots' | 'none';
  result: 'passed' | 'failed' | 'not-performed';
  bytesRead: number;
  samples: number;
  /** Of what was read: nothing but 0x00, nothing but one byte, or anything. */
  found: 'zeros' | 'uniform' | 'mixed' | null;
  readFrom: 'medium' | 'page-cache' | null;
}

/** One tool. A new one is a new file and a line in `sanitizer-choice.ts`. */
export interface DeviceSanitizer {
  /** Prefix of the ids of its techniques. */
  readonly id: string;
  /** Asks device and tool what they can do; changes nothing. Where neither can, an empty list. */
  probe(device: DeviceFacts): Promise<readonly Technique[]>;
  /** Tells the device to sanitize itself, or does it. Resolves when it was accepted or is over. */
  start(device: DeviceFacts, technique: Technique, work: SanitizeWork): Promise<StartOutcome>;
  progress(device: DeviceFacts, technique: Technique): Promise<DeviceProgress>;
  /** Where something else than reading the content proves it; without it the device is read back. */
  verify?(device: DeviceFacts): Promise<{ verification: DeviceVerification; reasons: Reason[] }>;
}

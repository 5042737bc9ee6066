import type { DeviceFacts } from './device-facts.js';
import { blocksOf, type Extent, keystream, OpenDevice, strides } from './device-io.js';
import { deviceReason } from './device-reasons.js';
import { transferUnit } from './device-sampling.js';
import type { DeviceSanitizer, SanitizeWork, StartOutcome, Technique } from './device-sanitizer.js';

/** Clear by writing to every address that the host can reach, once (NIST SP 800-88 Rev. 2; one pass is enough). */
export class OverwritingSanitizer implements DeviceSanitizer {
  readonly id = 'overwrite';
  /** What could not be written in the last run. */
  readonly unwritten: Extent[] = [];

  async probe(device: DeviceFacts): Promise<readonly Technique[]> {
    const limits = [deviceReason('overwrite-addressable')];
    if (device.kind === 'loop' || device.kind === 'virtio') limits.push(deviceReason('virtual-backing'));
    if (device.kind === 'scsi') limits.push(deviceReason('bridge-unknown'));
    return [
      {
        id: 'overwrite-aes-ctr-1-pass',
        methods: ['clear'],
        sanitization: 'Clear',
        text: 'Every address of the device was overwritten once with an AES-256-CTR keystream under a random key, flushed, read back, past the page cache where that is possible, and compared.',
        tool: null,
        leaves: 'keystream',
        residual: [],
        limits,
      },
    ];
  }

  async start(device: DeviceFacts, _technique: Technique, work: SanitizeWork): Promise<StartOutcome> {
    const open = new OpenDevice(device.path, 'write');
    const failed: Extent[] = [];
    this.unwritten.length = 0;
    const fill = ({ position, length }: Extent) => keystream(work.seed, position, length);
    let done = 0;
    try {
      await open.writeAll(
        strides(device.bytes),
        fill,
        (extent, written) => {
          if (!written) failed.push(extent);
          done += extent.length;
          work.onProgress?.(done / device.bytes);
        },
        work.signal,
      );
      for (const extent of failed) await this.#writeAround(open, device, extent, fill);
      if (work.signal?.aborted) return { accepted: false, reason: deviceReason('stopped') };
      if (!(await open.flush())) return { accepted: false, reason: deviceReason('device-failed', 'flush') };
    } finally {
      open.close();
    }
    if (this.unwritten.length === 0) return { accepted: true, reasons: [] };
    const bytes = this.unwritten.reduce((sum, { length }) => sum + length, 0);
    return { accepted: true, reasons: [deviceReason('bad-blocks', `${bytes} bytes`)] };
  }

  async progress(): Promise<{ state: 'silent'; fraction: null }> {
    return { state: 'silent', fraction: null };
  }

  /** Writes block by block where a whole stride failed, so that one bad sector costs one block. */
  async #writeAround(
    open: OpenDevice,
    device: DeviceFacts,
    extent: Extent,
    fill: (extent: Extent) => Buffer,
  ): Promise<void> {
    const content = Buffer.from(fill(extent));
    await open.writeAll(
      blocksOf(extent, transferUnit(device.blockSize)),
      (block) =>
        content.subarray(block.position - extent.position, block.position - extent.position + block.length),
      (block, written) => {
        if (!written) this.unwritten.push(block);
      },
    );
  }
}

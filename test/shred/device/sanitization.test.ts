import { execFileSync, spawnSync } from 'node:child_process';
import { chmodSync, readFileSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished, type TestContext } from 'vitest';
import {
  chooseTechnique,
  type DeviceFacts,
  type DeviceJournal,
  deviceObjections,
  type Marks,
  type OfferedTechnique,
  offeredTechniques,
  readDeviceFacts,
  type SanitizationMethod,
  type SanitizationOptions,
  sanitizeDevice,
  settleSanitization,
} from '../../../src/shred/index.js';
import { temporaryFolder } from '../../temporary-folder.js';
import { LoopVolume } from '../loop-volume.js';
import { type LoopDevice, loopDevice, MARKER } from './loop-device.js';

const MIB = 1024 * 1024;

const OPTIONS: SanitizationOptions = {
  verification: 'full',
  acceptResidual: false,
  stated: { noKeyCopies: true, neverPlaintext: true },
  protectedPaths: [],
  discard: false,
  patience: { poll: 10, stall: 300, limit: 5_000 },
};

/** Remembers what it was told, and whether the device was untouched until then. */
class MemoryJournal implements DeviceJournal {
  readonly steps: string[] = [];
  marks: Marks | null = null;

  constructor(private readonly untouched: () => boolean) {}

  async intent(marks: Marks | null): Promise<void> {
    this.marks = marks;
    this.steps.push(this.untouched() ? 'intent' : 'intent, and written before');
  }

  async marked(): Promise<void> {
    this.steps.push('marked');
  }

  async outcome({ outcome }: { outcome: string }): Promise<void> {
    this.steps.push(outcome);
  }
}

async function chosen(
  device: DeviceFacts,
  method: SanitizationMethod,
  id?: string,
): Promise<OfferedTechnique> {
  const found = chooseTechnique(await offeredTechniques(device), method, id);
  if ('code' in found) throw new Error(found.code);
  return found;
}

describe('overwriting a loop device', () => {
  it.for([
    ['whole strides', 8 * MIB],
    ['an odd end', 8 * MIB + 4096 * 3],
    ['less than a stride', 512 * 1024],
  ] as const)('leaves nothing of it: %s', async ([, bytes], context) => {
    const loop = loopDevice(context, bytes);
    const device = readDeviceFacts(loop.path);
    expect(device).toMatchObject({
      kind: 'loop',
      bytes,
      serial: null,
      confirmation: `${device.name}:${bytes}`,
    });
    const full = loop.occurrences(MARKER);
    expect(full).toBeGreaterThan(20_000);
    const journal = new MemoryJournal(() => loop.occurrences(MARKER) === full);
    const outcome = await sanitizeDevice(device, await chosen(device, 'clear'), journal, OPTIONS);
    expect(outcome).toMatchObject({
      outcome: 'sanitized',
      sanitization: 'Clear',
      verification: { kind: 'full', result: 'passed', bytesRead: bytes, readFrom: 'medium', found: 'mixed' },
    });
    expect(journal.steps).toEqual(['intent', 'marked', 'sanitized']);
    expect(loop.occurrences(MARKER.slice(0, 12))).toBe(0);
  });

  it('says that it was read from the cache where the loop device reads its file so', async (context) => {
    const loop = loopDevice(context, 2 * MIB);
    execFileSync('losetup', ['--direct-io=off', loop.path]);
    const device = readDeviceFacts(loop.path);
    const outcome = await sanitizeDevice(
      device,
      await chosen(device, 'clear'),
      new MemoryJournal(() => true),
      OPTIONS,
    );
    expect(outcome).toMatchObject({
      outcome: 'sanitized',
      verification: { readFrom: 'page-cache' },
      reasons: [{ code: 'page-cache' }],
    });
  });

  it('samples two places in each of a thousand parts, the first and the last: ten in a hundred', async (context) => {
    const bytes = 80 * MIB;
    const loop = loopDevice(context, bytes);
    const device = readDeviceFacts(loop.path);
    const journal = new MemoryJournal(() => true);
    const { verification, limits } = await sanitizeDevice(device, await chosen(device, 'clear'), journal, {
      ...OPTIONS,
      verification: 'sampled',
    });
    expect(verification).toMatchObject({ kind: 'sampled', result: 'passed', samples: 2002 });
    expect(verification.bytesRead / bytes).toBeGreaterThanOrEqual(0.1);
    expect(limits.map(({ code }) => code)).toContain('sampled-only');
  });

  it('finds out when somebody writes in between: what was read back is compared', async (context) => {
    const loop = loopDevice(context, 4 * MIB);
    const device = readDeviceFacts(loop.path);
    const technique = await chosen(device, 'clear');
    const start = technique.sanitizer.start.bind(technique.sanitizer);
    technique.sanitizer.start = async (...work) => {
      const started = await start(...work);
      execFileSync('dd', [`of=${loop.path}`, 'bs=4096', 'seek=700', 'conv=fsync', 'status=none'], {
        input: 'x',
      });
      return started;
    };
    const outcome = await sanitizeDevice(device, technique, new MemoryJournal(() => true), OPTIONS);
    expect(outcome).toMatchObject({
      outcome: 'failed',
      sanitization: null,
      verification: { result: 'failed' },
    });
    expect(outcome.reasons.map(({ code }) => code)).toEqual(['content-left']);
  });

  it('says which part could not be written, and claims nothing of the whole', async (context) => {
    // A loop device over a file that its file system has no room for returns I/O errors, as bad sectors do.
    const folder = temporaryFolder();
    if (spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=4m', 'none', folder]).status !== 0) {
      context.skip('mounts are not permitted here');
    }
    onTestFinished(() => void spawnSync('umount', ['-l', folder]));
    const image = join(folder, 'image');
    writeFileSync(image, '');
    truncateSync(image, 8 * MIB);
    const made = spawnSync('losetup', ['--find', '--show', image]);
    if (made.status !== 0) context.skip('loop devices are not permitted here');
    const path = made.stdout.toString().trim();
    onTestFinished(() => void spawnSync('losetup', ['--detach', path]));
    const device = readDeviceFacts(path);
    const outcome = await sanitizeDevice(
      device,
      await chosen(device, 'clear'),
      new MemoryJournal(() => true),
      OPTIONS,
    );
    expect(outcome).toMatchObject({ outcome: 'overwritten-residual', sanitization: null });
    // The image is in memory.
    expect(outcome.reasons.map(({ code }) => code)).toEqual(['bad-blocks', 'page-cache']);
    const bad = Number(/(\d+) bytes/.exec(outcome.reasons[0]?.text ?? '')?.[1]);
    expect(bad).toBeGreaterThan(3 * MIB);
    expect(outcome.verification.bytesRead).toBeGreaterThan(3 * MIB);
  });

  it('stops at a signal, and claims nothing', async (context) => {
    const loop = loopDevice(context, 4 * MIB);
    const device = readDeviceFacts(loop.path);
    const outcome = await sanitizeDevice(
      device,
      await chosen(device, 'clear'),
      new MemoryJournal(() => true),
      {
        ...OPTIONS,
        signal: AbortSignal.abort(),
      },
    );
    expect(outcome).toMatchObject({ outcome: 'failed', reasons: [{ code: 'stopped' }] });
  });
});

describe('a loop device whose image is copied on write', () => {
  it.for([
    ['clear', true],
    ['clear', false],
    ['crypto-erase', true],
  ] as const)('%s on Btrfs, copied on write: %s', async ([method, copied], context) => {
    const volume = new LoopVolume();
    onTestFinished(() => volume.remove());
    volume.mount(context, ['mkfs.btrfs', '-q', '-f', '-m', 'single'], 'loop,nodiscard', 200 * MIB);
    volume.usePastCache(context);
    if (!copied) execFileSync('chattr', ['+C', volume.point]);
    const loop = loopDevice(context, 24 * MIB, volume.point);
    if (method === 'crypto-erase') {
      const format = ['luksFormat', '-q', '--pbkdf', 'pbkdf2', '--pbkdf-force-iterations', '1000', loop.path];
      execFileSync('cryptsetup', format, { input: 'pass' });
    }
    execFileSync('sync');
    const device = { ...readDeviceFacts(loop.path), rotational: true };
    const technique = await chosen(device, method);
    const journal = new MemoryJournal(() => true);
    const refused = await sanitizeDevice(device, technique, journal, OPTIONS);
    const codes = copied ? ['residual', 'stored-anew'] : [];
    expect([refused.outcome, ...refused.reasons.map(({ code }) => code)]).toEqual([
      copied ? 'refused' : 'sanitized',
      ...codes,
    ]);
    if (!copied || method === 'crypto-erase') return;
    const accepted = { ...OPTIONS, acceptResidual: true };
    const outcome = await sanitizeDevice(device, technique, new MemoryJournal(() => true), accepted);
    expect(outcome).toMatchObject({ outcome: 'overwritten-residual', sanitization: null });
    spawnSync('losetup', ['--detach', loop.path]);
    volume.unmount();
    expect(volume.occurrences(MARKER)).toBeGreaterThan(0);
  });
});

describe('a device in use is left alone', () => {
  async function refusedFor(loop: LoopDevice, protectedPaths: string[] = []): Promise<string[]> {
    const before = loop.occurrences(MARKER);
    const device = readDeviceFacts(loop.path);
    const journal = new MemoryJournal(() => true);
    const outcome = await sanitizeDevice(device, await chosen(device, 'clear'), journal, {
      ...OPTIONS,
      protectedPaths,
    });
    expect(outcome.outcome).toBe('refused');
    expect(journal.steps).toEqual([]);
    expect(loop.occurrences(MARKER)).toBe(before);
    return outcome.reasons.map(({ code }) => code);
  }

  it('mounted', async (context) => {
    const loop = loopDevice(context, 16 * MIB);
    execFileSync('mkfs.ext4', ['-q', '-F', loop.path]);
    const folder = temporaryFolder();
    execFileSync('mount', [loop.path, folder]);
    try {
      expect(await refusedFor(loop)).toEqual(['mounted']);
    } finally {
      execFileSync('umount', [folder]);
    }
  });

  it('swap', async (context) => {
    const loop = loopDevice(context, 4 * MIB);
    execFileSync('mkswap', [loop.path], { stdio: 'ignore' });
    if (spawnSync('swapon', [loop.path]).status !== 0) context.skip('swap is not permitted here');
    try {
      expect(await refusedFor(loop)).toEqual(['swap']);
    } finally {
      execFileSync('swapoff', [loop.path]);
    }
  });

  it('under another loop device, and standing for a protected file', async (context) => {
    const loop = loopDevice(context, 4 * MIB);
    expect(await refusedFor(loop, [join(loop.image, '..')])).toEqual(['protected-path']);
    const upper = execFileSync('losetup', ['--find', '--show', loop.path]).toString().trim();
    try {
      expect(await refusedFor(loop)).toContain('held');
    } finally {
      execFileSync('losetup', ['--detach', upper]);
    }
  });

  it('member of an array, by its signature (md superblock 1.2)', async (context) => {
    const loop = loopDevice(context, 4 * MIB);
    const block = Buffer.alloc(4096);
    block.writeUInt32LE(0xa92b4efc, 0);
    block.writeUInt32LE(1, 4);
    block.fill(7, 16, 32);
    block.writeUInt32LE(2, 92);
    block.writeBigUInt64LE(8n, 144);
    // Sum of all words with the upper half folded in, over 256 bytes and two per device (md_p.h).
    let sum = 0n;
    for (let at = 0; at < 256; at += 4) sum += BigInt(block.readUInt32LE(at));
    block.writeUInt32LE(Number((sum & 0xffffffffn) + (sum >> 32n)) >>> 0, 216);
    execFileSync('dd', [`of=${loop.path}`, 'bs=4096', 'seek=1', 'conv=fsync', 'status=none'], {
      input: block,
    });
    const probed = spawnSync('blkid', ['-p', '-o', 'export', loop.path]).stdout.toString();
    if (!probed.includes('linux_raid_member')) context.skip('blkid does not know the signature');
    expect(await refusedFor(loop)).toEqual(['array-member']);
  });

  it('not a device, or none', () => {
    expect(() => readDeviceFacts('/dev/null')).toThrow(expect.objectContaining({ code: 'not-a-device' }));
    expect(() => readDeviceFacts('/dev/quietus-none')).toThrow(
      expect.objectContaining({ code: 'device-absent' }),
    );
  });
});

describe('cryptographic erase of a LUKS container', () => {
  it.for(['luks1', 'luks2'] as const)('%s: no passphrase opens it', async (type, context) => {
    const loop = loopDevice(context, 24 * MIB);
    const cost =
      type === 'luks1'
        ? ['--pbkdf-force-iterations', '1000']
        : ['--pbkdf', 'pbkdf2', '--pbkdf-force-iterations', '1000'];
    const opens = () =>
      spawnSync('cryptsetup', ['open', '--test-passphrase', loop.path], { input: 'pass' }).status === 0;
    execFileSync('cryptsetup', ['luksFormat', '-q', '--type', type, ...cost, loop.path], { input: 'pass' });
    expect(opens()).toBe(true);
    // A loop device that says it is rotating: on flash the host cannot reach every copy of a key slot.
    const device = { ...readDeviceFacts(loop.path), rotational: true };
    const technique = await chosen(device, 'crypto-erase');
    const unstated = { ...OPTIONS, stated: { noKeyCopies: false, neverPlaintext: false } };
    const refused = await sanitizeDevice(device, technique, new MemoryJournal(() => true), unstated);
    expect(refused.reasons.map(({ code }) => code)).toEqual([
      'residual',
      'key-copies-unattested',
      'plaintext-unattested',
    ]);
    expect(opens()).toBe(true);
    const outcome = await sanitizeDevice(device, technique, new MemoryJournal(() => true), OPTIONS);
    expect(outcome).toMatchObject({
      outcome: 'key-erased',
      sanitization: 'Purge',
      verification: { kind: 'key-slots', result: 'passed' },
    });
    expect(opens()).toBe(false);
  });
});

/** A loop device every write to which fails: its file lies, without a block, on a file system that is full. */
function unwritableDevice(context: TestContext): string {
  const folder = temporaryFolder();
  if (spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=1m', 'none', folder]).status !== 0) {
    context.skip('mounts are not permitted here');
  }
  onTestFinished(() => void spawnSync('umount', ['-l', folder]));
  const image = join(folder, 'image');
  writeFileSync(image, '');
  truncateSync(image, 4 * MIB);
  spawnSync('dd', ['if=/dev/zero', `of=${join(folder, 'full')}`, 'bs=4096', 'status=none']);
  const made = spawnSync('losetup', ['--find', '--show', image]);
  if (made.status !== 0) context.skip('loop devices are not permitted here');
  const path = made.stdout.toString().trim();
  onTestFinished(() => void spawnSync('losetup', ['--detach', path]));
  return path;
}

/** A program named `nvme` first in PATH, which answers for a controller that this machine does not have. */
function stubNvme(sanitize: string): void {
  const folder = temporaryFolder();
  const answer = JSON.parse(
    readFileSync(join(import.meta.dirname, 'recorded', 'qemu-nvme-id-ctrl.json'), 'utf8'),
  );
  writeFileSync(join(folder, 'id-ctrl.json'), JSON.stringify({ ...answer, sanicap: 2 }));
  const script = `#!/bin/sh
page() { printf "\\\\377\\\\377\\\\$1\\\\0\\\\2\\\\0\\\\0\\\\0"; head -c 504 /dev/zero; }
case "$1" in
  version) echo 'nvme version 2.3 (git 2.3)' ;;
  id-ctrl) cat '${folder}/id-ctrl.json' ;;
  sanitize) touch '${folder}/asked'; ${sanitize} ;;
  sanitize-log) if [ -e '${folder}/asked' ]; then page "$(cat '${folder}/state')"; else page 0; fi ;;
esac
`;
  writeFileSync(join(folder, 'nvme'), script);
  chmodSync(join(folder, 'nvme'), 0o755);
  const before = process.env.PATH;
  process.env.PATH = `${folder}:${before}`;
  onTestFinished(() => {
    process.env.PATH = before;
  });
  stubState = (state) => writeFileSync(join(folder, 'state'), state);
}
let stubState: (state: string) => void;

describe('a controller that erases itself', () => {
  function nvmeDevice(context: TestContext): { loop: LoopDevice; device: DeviceFacts } {
    const loop = loopDevice(context, 4 * MIB);
    const facts = readDeviceFacts(loop.path);
    return { loop, device: { ...facts, kind: 'nvme', serial: 'QNVME-0042', confirmation: 'QNVME-0042' } };
  }

  it('is believed when it says complete and the marks are gone', async (context) => {
    const { loop, device } = nvmeDevice(context);
    stubNvme(`blkdiscard -z ${loop.path}`);
    stubState('1');
    const outcome = await sanitizeDevice(
      device,
      await chosen(device, 'purge'),
      new MemoryJournal(() => true),
      OPTIONS,
    );
    expect(outcome).toMatchObject({
      outcome: 'sanitized',
      sanitization: 'Purge',
      verification: { kind: 'full', result: 'passed', found: 'zeros' },
    });
    expect(outcome.limits.map(({ code }) => code)).toEqual(['device-word', 'spare-areas']);
  });

  it('is not believed when the tool ends with 0, the log says complete, and nothing was erased', async (context) => {
    const { device } = nvmeDevice(context);
    stubNvme('exit 0');
    stubState('1');
    const outcome = await sanitizeDevice(
      device,
      await chosen(device, 'purge'),
      new MemoryJournal(() => true),
      OPTIONS,
    );
    expect(outcome).toMatchObject({
      outcome: 'failed',
      sanitization: null,
      reasons: [{ code: 'marks-found' }],
    });
  });

  it('is not believed where it took no mark before: nothing then proves that it erased', async (context) => {
    const path = unwritableDevice(context);
    const device = { ...readDeviceFacts(path), kind: 'nvme', serial: 'QNVME-0042' } as const;
    stubNvme('true');
    stubState('1');
    const journal = new MemoryJournal(() => true);
    const outcome = await sanitizeDevice(device, await chosen(device, 'purge'), journal, OPTIONS);
    expect(outcome).toMatchObject({ outcome: 'overwritten-residual', sanitization: null });
    expect(outcome.reasons.map(({ code }) => code)).toContain('marks-refused');
  });

  it('whose sanitize never ends: its outcome is unknown, not done', async (context) => {
    const { device } = nvmeDevice(context);
    stubNvme('exit 0');
    stubState('2');
    const outcome = await sanitizeDevice(
      device,
      await chosen(device, 'purge'),
      new MemoryJournal(() => true),
      OPTIONS,
    );
    expect(outcome).toMatchObject({ outcome: 'unknown', reasons: [{ code: 'stalled' }] });
  });

  it('that says that it failed, or refuses the command', async (context) => {
    const { device } = nvmeDevice(context);
    stubNvme('exit 0');
    stubState('3');
    const technique = await chosen(device, 'purge');
    const failed = await sanitizeDevice(device, technique, new MemoryJournal(() => true), OPTIONS);
    expect(failed).toMatchObject({ outcome: 'failed', reasons: [{ code: 'device-failed' }] });
    stubNvme('echo "NVMe status: Invalid Command Opcode: not there(0x4001)" >&2');
    stubState('1');
    const refused = await sanitizeDevice(device, technique, new MemoryJournal(() => true), OPTIONS);
    expect(refused).toMatchObject({ outcome: 'failed', reasons: [{ code: 'not-accepted' }] });
  });

  it('of which the program was cut off: the device is asked again, and its marks are looked for', async (context) => {
    const { loop, device } = nvmeDevice(context);
    stubNvme('exit 0');
    stubState('2');
    const technique = await chosen(device, 'purge');
    const journal = new MemoryJournal(() => true);
    await sanitizeDevice(device, technique, journal, OPTIONS);
    stubState('1');
    const nothing = await settleSanitization(device, technique, journal.marks, OPTIONS);
    expect(nothing).toMatchObject({ outcome: 'failed', reasons: [{ code: 'marks-found' }] });
    execFileSync('blkdiscard', ['-z', loop.path]);
    expect(await settleSanitization(device, technique, null, OPTIONS)).toMatchObject({ outcome: 'unknown' });
    const complete = await settleSanitization(device, technique, journal.marks, OPTIONS);
    expect(complete).toMatchObject({ outcome: 'sanitized', sanitization: 'Purge' });
  });

  it('with a second namespace is refused: the command would erase that too', async (context) => {
    const { device } = nvmeDevice(context);
    stubNvme('exit 0');
    const two = { ...device, namespaces: 2 };
    const outcome = await sanitizeDevice(
      two,
      await chosen(two, 'purge'),
      new MemoryJournal(() => true),
      OPTIONS,
    );
    expect(outcome).toMatchObject({ outcome: 'refused', reasons: [{ code: 'several-namespaces' }] });
  });

  it('is not driven by a program that others may change', async (context) => {
    const { device } = nvmeDevice(context);
    stubNvme('exit 0');
    const stub = join((process.env.PATH ?? '').split(':')[0] ?? '', 'nvme');
    chmodSync(stub, 0o777);
    const offered = await offeredTechniques(device);
    expect(offered.filter(({ technique }) => technique.id.startsWith('nvme-'))).toEqual([]);
  });
});

it('a stacked device and a part of one are refused', async (context) => {
  const device = readDeviceFacts(loopDevice(context, MIB).path);
  const codes = async (facts: DeviceFacts) => (await deviceObjections(facts, [])).map(({ code }) => code);
  expect(await codes({ ...device, kind: 'stacked' })).toEqual(['stacked-device']);
  expect(await codes({ ...device, partition: true })).toEqual(['not-whole-device']);
});

import { execFileSync, spawnSync } from 'node:child_process';
import { copyFileSync, mkdirSync, readFileSync, renameSync, truncateSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, onTestFinished, type TestContext } from 'vitest';
import { destroy, type TargetOutcome } from '../../src/shred/index.js';
import { LoopVolume } from './loop-volume.js';
import { codesOf, MARKER, marked, Sandbox } from './sandbox.js';

// The table of docs/sanitization.md on real file systems: where we say overwritten and verified nothing of the content is
// left in the image, and where something is left we said so before anything was written, and say so afterwards.

const MIB = 1024 * 1024;
const EXT4 = ['mkfs.ext4', '-q', '-F'];
const EXT3_JOURNAL = ['sh', '-c', 'mkfs.ext3 -q -F "$0" && tune2fs -o journal_data "$0"'];
const XFS = ['mkfs.xfs', '-q', '-f', '-m'];
const BTRFS = ['mkfs.btrfs', '-q', '-f', '-m', 'single', '-d', 'single'];
// The smallest that the tools make; the images are sparse.
const XFS_SIZE = 300 * MIB;
const BTRFS_SIZE = 128 * MIB;
// Without discards, which would punch holes into the image and hide what is left.
const BTRFS_OPTIONS = 'loop,nodiscard';

let volume: LoopVolume;
let boxes: Sandbox[];
beforeEach(() => {
  volume = new LoopVolume();
  boxes = [];
});
afterEach(() => {
  for (const box of boxes) box.remove();
  volume.remove();
});

interface Row {
  name: string;
  mkfs: readonly string[];
  options?: string;
  size?: number;
  /** Makes ready what the marked files are then written to; skips where this machine cannot. */
  before?: (folder: string, context: TestContext) => void;
  /** Something that happens to the files before they are disposed of. */
  after?: (folder: string) => void;
  /** Sizes of the files. */
  files?: readonly number[];
  /** Empty: overwritten and verified. */
  residual: readonly string[];
  /** Whether the image holds the marker afterwards; undefined where that is left to chance. */
  left?: boolean;
}

function tool(context: TestContext, command: string, ...args: string[]): void {
  const run = spawnSync(command, args, { encoding: 'utf8' });
  if (run.status !== 0) context.skip(`${command} is not available or failed: ${run.stderr ?? ''}`);
}

const noCopyOnWrite = (folder: string, context: TestContext): void => tool(context, 'chattr', '+C', folder);
/** chattr asks for a capability that a container often lacks, so the attribute is set on the unmounted volume; it is inherited. */
const journaled = (folder: string, context: TestContext): void => {
  volume.unmount();
  const inside = folder.slice(volume.point.length);
  tool(context, 'debugfs', '-w', '-R', `set_inode_field ${inside} flags 0x84000`, volume.image);
  tool(context, 'mount', '-o', 'loop,nodelalloc', volume.image, volume.point);
};
const reflink = (folder: string): void => {
  execFileSync('cp', ['--reflink=always', join(folder, '1'), join(folder, '..', 'copy')]);
};

const ROWS: readonly Row[] = [
  { name: 'ext4 ordered', mkfs: EXT4, residual: [], left: false },
  { name: 'ext4 writeback', mkfs: EXT4, options: 'loop,data=writeback', residual: [], left: false },
  { name: 'ext4 journal', mkfs: EXT4, options: 'loop,data=journal', residual: ['data-journal'], left: true },
  {
    name: 'ext3 journal, by the default of the file system',
    mkfs: EXT3_JOURNAL,
    residual: ['data-journal'],
    left: true,
  },
  { name: 'ext3', mkfs: ['mkfs.ext3', '-q', '-F'], residual: [], left: false },
  {
    name: 'ext4 nodelalloc, attribute j',
    mkfs: EXT4,
    options: 'loop,nodelalloc',
    before: journaled,
    residual: ['journal-attribute'],
    left: true,
  },
  { name: 'ext4 nodelalloc', mkfs: EXT4, options: 'loop,nodelalloc', residual: [], left: false },
  {
    name: 'ext4 inline data',
    mkfs: [...EXT4, '-O', 'inline_data', '-I', '256'],
    files: [60, 120, 20_000],
    residual: ['inline-data'],
  },
  { name: 'xfs with reflink', mkfs: [...XFS, 'reflink=1'], size: XFS_SIZE, residual: [], left: false },
  { name: 'xfs without reflink', mkfs: [...XFS, 'reflink=0'], size: XFS_SIZE, residual: [], left: false },
  {
    name: 'xfs, a reflinked copy kept',
    mkfs: [...XFS, 'reflink=1'],
    size: XFS_SIZE,
    after: reflink,
    residual: ['shared-extents'],
    left: true,
  },
  {
    name: 'btrfs',
    mkfs: BTRFS,
    size: BTRFS_SIZE,
    options: BTRFS_OPTIONS,
    residual: ['copy-on-write', 'inline-data'],
    left: true,
  },
  {
    name: 'btrfs, nodatacow',
    mkfs: BTRFS,
    size: BTRFS_SIZE,
    options: BTRFS_OPTIONS,
    before: noCopyOnWrite,
    residual: [],
    left: false,
  },
  {
    name: 'btrfs, nodatacow mounted so',
    mkfs: BTRFS,
    size: BTRFS_SIZE,
    options: `${BTRFS_OPTIONS},nodatacow`,
    residual: [],
    left: false,
  },
  {
    name: 'btrfs, nodatacow, a reflinked copy kept',
    mkfs: BTRFS,
    size: BTRFS_SIZE,
    options: BTRFS_OPTIONS,
    before: (folder, context) => {
      noCopyOnWrite(folder, context);
      noCopyOnWrite(join(folder, '..'), context);
    },
    after: reflink,
    residual: ['shared-extents'],
    left: true,
  },
];

/** Refused as it stands, with the reasons, and everything still there; then accepted. */
async function disposeOf(box: Sandbox, row: Pick<Row, 'residual'>): Promise<TargetOutcome> {
  const contents = readFileSync(box.path('f', '1'), 'utf8');
  if (row.residual.length > 0) {
    const target = await box.target('asked', 'f', 'folder');
    const [refused] = await destroy([target], box.journal, { protectedPaths: box.protectedPaths });
    expect(refused && [refused.outcome, ...codesOf(refused)]).toEqual([
      'refused',
      'residual',
      ...row.residual,
    ]);
    expect(readFileSync(box.path('f', '1'), 'utf8')).toBe(contents);
  }
  const target = await box.target('done', 'f', 'folder');
  const [outcome] = await destroy([target], box.journal, {
    protectedPaths: box.protectedPaths,
    acceptResidual: row.residual.length > 0,
  });
  if (outcome === undefined) throw new Error('no outcome');
  return outcome;
}

function newBox(): Sandbox {
  // The journal lies on the volume too, but holds nothing of the content.
  const box = new Sandbox(volume.point);
  boxes.push(box);
  return box;
}

function fill(box: Sandbox, sizes: readonly number[]): void {
  for (const [index, size] of sizes.entries()) writeFileSync(box.path('f', `${index}`), marked(size));
  execFileSync('sync', ['-f', volume.point]);
}

const copyOf = (folder: string): string[] => [join(folder, 'image'), join(folder, 'copy')];

/** File systems (ext4) in image files, one in the other. */
class InnerVolumes {
  readonly #points: { image: string; point: string }[] = [];

  constructor(private readonly context: TestContext) {}

  /** @param size in MiB */
  mount(image: string, size: number): string {
    writeFileSync(image, '');
    truncateSync(image, size * MIB);
    tool(this.context, 'mkfs.ext4', '-q', '-F', image);
    const point = `${volume.point}-${this.#points.length}`;
    mkdirSync(point);
    this.#points.push({ image, point });
    tool(this.context, 'mount', '-o', 'loop', image, point);
    return point;
  }

  /** Does something while the innermost is not mounted. */
  remount(meanwhile: () => void): void {
    const last = this.#points.at(-1);
    if (last === undefined) return;
    execFileSync('umount', [last.point]);
    meanwhile();
    tool(this.context, 'mount', '-o', 'loop', last.image, last.point);
  }

  remove(): void {
    for (const { point } of this.#points.splice(0).toReversed()) spawnSync('umount', [point]);
  }
}

describe('raw image after a disposal', () => {
  it.for(ROWS)('$name', async (row, context) => {
    volume.mount(context, row.mkfs, row.options, row.size);
    const box = newBox();
    mkdirSync(box.path('f'));
    row.before?.(box.path('f'), context);
    volume.usePastCache(context);
    const sizes = row.files ?? [700, 5000, 300_000];
    fill(box, sizes);
    row.after?.(box.path('f'));
    execFileSync('sync', ['-f', volume.point]);
    expect(volume.occurrences(MARKER)).toBeGreaterThan(0);
    const outcome = await disposeOf(box, row);
    const complete = row.residual.length === 0 ? 'overwritten-verified' : 'overwritten-residual';
    expect([outcome.outcome, ...codesOf(outcome)]).toEqual([complete, ...row.residual]);
    expect(outcome).toMatchObject({ files: sizes.length, verifiedFrom: 'medium' });
    volume.unmount();
    // A part of it: what is left may begin anywhere.
    const left = volume.occurrences(MARKER.slice(0, 14)) > 0;
    if (row.left !== undefined) expect(left).toBe(row.left);
    if (left) expect(row.residual.length).toBeGreaterThan(0);
  });

  it('btrfs, nodatacow, in a snapshot', async (context) => {
    volume.mount(context, BTRFS, BTRFS_OPTIONS, BTRFS_SIZE);
    const box = newBox();
    tool(context, 'btrfs', 'subvolume', 'create', box.path('sub'));
    mkdirSync(box.path('sub', 'f'));
    noCopyOnWrite(box.path('sub', 'f'), context);
    for (const [index, size] of [700, 5000, 300_000].entries()) {
      writeFileSync(box.path('sub', 'f', `${index}`), marked(size));
    }
    execFileSync('sync', ['-f', volume.point]);
    tool(context, 'btrfs', 'subvolume', 'snapshot', box.path('sub'), box.path('snapshot'));
    const target = await box.target('asked', 'sub/f', 'folder');
    const outcomes: TargetOutcome[] = [];
    for (const acceptResidual of [false, true]) {
      const options = { protectedPaths: box.protectedPaths, acceptResidual };
      outcomes.push(...(await destroy([{ ...target, itemId: `${acceptResidual}` }], box.journal, options)));
    }
    expect(outcomes.map((each) => [each.outcome, ...codesOf(each)])).toEqual([
      ['refused', 'residual', 'shared-extents'],
      ['overwritten-residual', 'shared-extents'],
    ]);
    volume.unmount();
    expect(volume.occurrences(MARKER)).toBeGreaterThan(0);
  });

  it('overlay, content in the lower layer', async (context) => {
    volume.mount(context, EXT4);
    const place = (name: string): string => join(volume.point, name);
    for (const name of ['lower', 'upper', 'work', 'merged']) mkdirSync(place(name));
    const box = new Sandbox(place('merged'));
    mkdirSync(box.path('f'));
    writeFileSync(box.path('f', '1'), marked(5000));
    renameSync(box.root, join(place('lower'), basename(box.root)));
    const options = `lowerdir=${place('lower')},upperdir=${place('upper')},workdir=${place('work')}`;
    tool(context, 'mount', '-t', 'overlay', 'overlay', '-o', options, place('merged'));
    try {
      const outcome = await disposeOf(box, { residual: ['overlay-lower-layer'] });
      expect([outcome.outcome, ...codesOf(outcome)]).toEqual(['overwritten-residual', 'overlay-lower-layer']);
    } finally {
      execFileSync('umount', [place('merged')]);
    }
    volume.unmount();
    expect(volume.occurrences(MARKER)).toBeGreaterThan(0);
  });

  it.for([
    {
      name: 'an image in an image on Btrfs',
      mkfs: BTRFS,
      size: 300 * MIB,
      options: BTRFS_OPTIONS,
      between: true,
      residual: ['image-storage'],
    },
    {
      name: 'an image on XFS of which a reflinked copy is kept',
      mkfs: [...XFS, 'reflink=1'],
      size: 400 * MIB,
      options: 'loop',
      copied: true,
      residual: ['image-storage'],
    },
    {
      name: 'an image on XFS alone',
      mkfs: [...XFS, 'reflink=1'],
      size: 400 * MIB,
      options: 'loop',
      residual: [],
    },
  ])('$name', async ({ mkfs, size, options, residual, ...how }, context) => {
    const inner = new InnerVolumes(context);
    onTestFinished(() => inner.remove());
    volume.mount(context, mkfs, options, size);
    const image = how.between === true ? join(inner.mount(join(volume.point, 'ä'), 120), 'image') : null;
    const point = inner.mount(image ?? join(volume.point, 'image'), 48);
    const box = new Sandbox(point);
    mkdirSync(box.path('f'));
    for (const [index, bytes] of [700, 300_000].entries())
      writeFileSync(box.path('f', `${index}`), marked(bytes));
    // An image is copied when it is not in use.
    inner.remount(
      () => how.copied === true && tool(context, 'cp', '--reflink=always', ...copyOf(volume.point)),
    );
    const outcome = await disposeOf(box, { residual });
    expect(codesOf(outcome)).toEqual(residual);
    inner.remove();
    volume.unmount();
    expect(volume.occurrences(MARKER.slice(0, 14)) > 0).toBe(residual.length > 0);
  });

  it('an image that is read through the page cache: not verified from the medium', async (context) => {
    volume.mount(context, EXT4);
    const box = newBox();
    mkdirSync(box.path('f'));
    fill(box, [700, 5000]);
    const outcome = await disposeOf(box, { residual: [] });
    expect(outcome).toMatchObject({ outcome: 'overwritten-verified', verifiedFrom: 'page-cache' });
    expect(outcome.assessment?.limits.map(({ code }) => code)).toContain('image-cache');
  });

  it('tmpfs: overwritten, compared in memory only, and swap is named', async (context) => {
    tool(context, 'mount', '-t', 'tmpfs', 'none', volume.point);
    const box = newBox();
    mkdirSync(box.path('f'));
    fill(box, [100, 5000]);
    const outcome = await disposeOf(box, { residual: [] });
    expect(outcome).toMatchObject({ outcome: 'overwritten-verified', verifiedFrom: 'page-cache' });
    expect(outcome.assessment?.limits.map(({ code }) => code)).toContain('swap');
  });

  it.for([
    [
      'saved by rename',
      (box: Sandbox) => {
        copyFileSync(box.path('f', '1'), box.path('f', 'older'));
        writeFileSync(box.path('f', 'new'), 'x'.repeat(5000));
        renameSync(box.path('f', 'new'), box.path('f', '1'));
        renameSync(box.path('f', '1'), box.path('f', 'older'));
        renameSync(box.path('f', 'older'), box.path('f', '1'));
      },
    ],
    ['shortened', (box: Sandbox) => truncateSync(box.path('f', '1'), 100)],
  ] as const)(
    'an older version, %s, is left; it cannot be found out and is a limit',
    async ([, change], context) => {
      volume.mount(context, EXT4);
      const box = newBox();
      mkdirSync(box.path('f'));
      fill(box, [700, 300_000]);
      change(box);
      execFileSync('sync', ['-f', volume.point]);
      const outcome = await disposeOf(box, { residual: [] });
      expect(outcome.outcome).toBe('overwritten-verified');
      expect(outcome.assessment?.limits.map(({ code }) => code)).toContain('older-versions');
      volume.unmount();
      expect(volume.occurrences(MARKER)).toBeGreaterThan(0);
    },
  );
});

import { spawnSync } from 'node:child_process';
import {
  closeSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readSync,
  realpathSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'vitest';

const MIB = 1024 * 1024;

function run(command: string, ...args: string[]): boolean {
  return (
    spawnSync(command, args, { env: { ...process.env, PATH: `${process.env.PATH}:/usr/sbin:/sbin` } })
      .status === 0
  );
}

/** A real file system in an image file, which can be searched byte by byte. */
export class LoopVolume {
  readonly folder = realpathSync(mkdtempSync(join(tmpdir(), 'quietus-raw-')));
  readonly image = join(this.folder, 'image');
  /** Where it is mounted. */
  readonly point = join(this.folder, 'mounted');

  constructor() {
    mkdirSync(this.point);
  }

  /**
   * Makes the file system and mounts it; skips the test, with the reason, where this machine does not allow it.
   * @param mkfs the image is added as the last argument
   */
  mount(context: TestContext, mkfs: readonly string[], options = 'loop', size = 48 * MIB): void {
    writeFileSync(this.image, '');
    truncateSync(this.image, size);
    const [command = '', ...args] = mkfs;
    if (!run(command, ...args, this.image)) {
      if (process.env.CI === 'true')
        throw new Error(`${command} is not available or failed; .ci/run installs it`);
      context.skip(`${command} is not available or failed`);
    }
    if (!run('mount', '-o', options, this.image, this.point)) {
      context.skip(`mounts of ${command} images are not permitted, or the kernel does not know them`);
    }
  }

  /** Has the loop device read and write past the page cache, so that what is read back comes from the medium. */
  usePastCache(context: TestContext): void {
    const { stdout } = spawnSync('losetup', ['-n', '-O', 'NAME', '-j', this.image], { encoding: 'utf8' });
    if (!run('losetup', '--direct-io=on', stdout.trim()))
      context.skip('loop devices cannot read past the page cache here');
  }

  unmount(): void {
    if (!run('umount', this.point)) throw new Error('the volume could not be unmounted');
  }

  /** Also where a file is still open there, or the device is gone. */
  unmountLazily(): void {
    run('umount', '-l', this.point);
  }

  /** How often the bytes occur in the image. */
  occurrences(of: string): number {
    const wanted = Buffer.from(of);
    const file = openSync(this.image, 'r');
    const window = Buffer.alloc(4 * MIB + wanted.length);
    const { size } = statSync(this.image);
    let count = 0;
    for (let start = 0; start < size; start += 4 * MIB) {
      const content = window.subarray(0, readSync(file, window, 0, window.length, start));
      let at = content.indexOf(wanted);
      for (; at >= 0 && at < 4 * MIB; at = content.indexOf(wanted, at + 1)) count += 1;
    }
    closeSync(file);
    return count;
  }

  remove(): void {
    this.unmountLazily();
    rmSync(this.folder, { recursive: true, force: true });
  }
}

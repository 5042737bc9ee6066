import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, realpathSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { TestContext } from 'vitest';

export interface BadSector {
  /** In sectors of 512 bytes from the start of the medium. */
  sector: number;
  on: 'read' | 'write';
}

/**
 * A block device that fails as a broken one does: QEMU's storage daemon serves an image with errors at given sectors
 * (its `blkdebug` driver) as a file through FUSE, and a loop device lies on that. Killing the daemon is pulling the
 * stick out.
 */
export class BadMedium {
  readonly #folder = realpathSync(mkdtempSync(join(tmpdir(), 'quietus-bad-')));
  #daemon: ChildProcess | undefined;
  #device: string | undefined;

  /** @returns the device; skips the test where this machine does not allow it */
  async serve(context: TestContext, image: string, bad: readonly BadSector[]): Promise<string> {
    const served = join(this.#folder, 'served');
    writeFileSync(served, '');
    const errors = bad.flatMap(({ sector, on }, at) => [
      `inject-error.${at}.event=none`,
      `inject-error.${at}.iotype=${on}`,
      `inject-error.${at}.errno=5`,
      `inject-error.${at}.sector=${sector}`,
      `inject-error.${at}.once=off`,
    ]);
    const daemon = spawn('qemu-storage-daemon', [
      ...['--blockdev', `driver=file,filename=${image},node-name=file`],
      ...['--blockdev', ['driver=blkdebug,node-name=bad,image=file', ...errors].join(',')],
      ...['--export', `type=fuse,id=served,node-name=bad,mountpoint=${served},writable=on`],
    ]);
    daemon.on('error', () => undefined);
    this.#daemon = daemon;
    const { size } = statSync(image);
    for (let waited = 0; waited < 100 && statSync(served).size !== size; waited += 1) await sleep(50);
    if (statSync(served).size !== size) context.skip('qemu-storage-daemon or FUSE is not available');
    // Past the cache of FUSE, which would answer for a sector that cannot be read. Several writes at once
    // such a device mixes up (two dd do it too, one after the other they do not), so only what has to read goes past it.
    const direct = bad.some(({ on }) => on === 'read') ? ['--direct-io=on'] : [];
    const made = spawnSync('losetup', ['-f', '--show', ...direct, served], { encoding: 'utf8' });
    if (made.status !== 0) context.skip('loop devices are not permitted');
    this.#device = made.stdout.trim();
    return this.#device;
  }

  /** From now on the device answers nothing but errors. */
  async pullOut(): Promise<void> {
    const daemon = this.#daemon;
    if (daemon === undefined || daemon.exitCode !== null || daemon.signalCode !== null) return;
    const ended = new Promise((done) => daemon.once('exit', done));
    daemon.kill('SIGKILL');
    await ended;
  }

  /** Nothing may be mounted on the device any more. */
  async remove(): Promise<void> {
    if (this.#device !== undefined) spawnSync('losetup', ['-d', this.#device]);
    await this.pullOut();
    spawnSync('umount', ['-l', join(this.#folder, 'served')]);
    rmSync(this.#folder, { recursive: true, force: true });
  }
}

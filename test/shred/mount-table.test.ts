import { describe, expect, it } from 'vitest';
import { MountTable } from '../../src/shred/mount-table.js';

/** As /proc/self/mountinfo is in a container with three volumes, one of which is mounted a second time in part. */
const CONTAINER = [
  '595 503 0:56 / / rw,relatime - overlay overlay rw,lowerdir=/l,upperdir=/u,workdir=/w',
  '596 595 0:59 / /proc rw,nosuid - proc proc rw',
  '610 595 254:1 /var/lib/docker/volumes/records/_data /records rw,relatime - ext4 /dev/vda1 rw',
  '611 595 254:1 /var/lib/docker/containers/4f/hosts /etc/hosts rw,relatime - ext4 /dev/vda1 rw',
  '612 595 254:1 /srv/share /share rw,relatime - ext4 /dev/vda1 rw',
  '613 595 254:1 /srv/share/2019 /old\\040years rw,relatime - ext4 /dev/vda1 rw',
  '614 595 254:2 /srv/share/2019 /other-disk rw,relatime - ext4 /dev/vdb1 rw',
].join('\n');

describe('hasSecondPath', () => {
  it.each([
    ['/records/a.csv', false],
    ['/records/share/2019/a.csv', false],
    ['/home/a.csv', false],
    ['/other-disk/a.csv', false],
    ['/share/2020/a.csv', false],
    ['/share/20190/a.csv', false],
    ['/share/2019/a.csv', true],
    ['/share/2019', true],
    ['/old years/a.csv', true],
    ['/old years/b/a.csv', true],
  ])('in a container, of %s: %s', (path, expected) => {
    expect(new MountTable(CONTAINER).hasSecondPath(path)).toBe(expected);
  });

  it('finds a file system that is mounted twice as a whole, and a folder around what is mounted', () => {
    const table = new MountTable(
      [
        '20 1 254:0 / / rw - ext4 /dev/vda rw',
        '21 20 254:3 / /a rw - xfs /dev/vdc rw',
        '22 20 254:3 / /b rw - xfs /dev/vdc rw',
        '23 20 254:0 /srv/x/deep /mnt/deep rw - ext4 /dev/vda rw',
      ].join('\n'),
    );
    expect(table.hasSecondPath('/a/file')).toBe(true);
    expect(table.hasSecondPath('/srv/x')).toBe(true);
    expect(table.hasSecondPath('/srv/x/deep/file')).toBe(true);
    expect(table.hasSecondPath('/srv/x/shallow')).toBe(false);
  });

  it('does not count a path that another mount covers', () => {
    // A service with a private /tmp, and a folder that is mounted on itself to be writable.
    const table = new MountTable(
      [
        '20 1 254:0 / / ro - ext4 /dev/vda rw',
        '21 20 254:0 /tmp/private-1/tmp /tmp rw - ext4 /dev/vda rw',
        '22 20 254:0 /srv/records /srv/records rw - ext4 /dev/vda rw',
      ].join('\n'),
    );
    expect(table.hasSecondPath('/tmp/a')).toBe(false);
    expect(table.hasSecondPath('/srv/records/a')).toBe(false);
  });
});

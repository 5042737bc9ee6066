import { expect, it } from 'vitest';
import { parseFilefrag, parseLsattr } from '../../src/shred/extent-map.js';

// Output of filefrag 1.47.2 and lsattr on XFS and Btrfs under Linux 6.18, as it came.
const XFS = `Filesystem type is: 58465342
File size of /dev/fd/3 is 3 (1 block of 4096 bytes)
 ext:     logical_offset:        physical_offset: length:   expected: flags:
   0:        0..       0:         10..        10:      1:             last,eof
/dev/fd/3: 1 extent found
File size of /dev/fd/4 is 100000 (25 blocks of 4096 bytes)
 ext:     logical_offset:        physical_offset: length:   expected: flags:
   0:        0..      24:         24..        48:     25:             last,shared,eof
/dev/fd/4: 1 extent found
File size of /dev/fd/5 is 1048576 (256 blocks of 4096 bytes)
 ext:     logical_offset:        physical_offset: length:   expected: flags:
   0:      122..     122:         11..        11:      1:        122: last
/dev/fd/5: 1 extent found
File size of /dev/fd/6 is 0 (0 blocks of 4096 bytes)
/dev/fd/6: 0 extents found
File size of /dev/fd/7 is 65536 (16 blocks of 4096 bytes)
 ext:     logical_offset:        physical_offset: length:   expected: flags:
   0:        0..      15:         49..        64:     16:             last,unwritten,eof
/dev/fd/7: 1 extent found
`;
const BTRFS = `Filesystem type is: 9123683e
File size of /dev/fd/3 is 3 (1 block of 4096 bytes)
 ext:     logical_offset:        physical_offset: length:   expected: flags:
   0:        0..    4095:          0..      4095:   4096:             last,not_aligned,inline,eof
/dev/fd/3: 1 extent found
File size of /dev/fd/4 is 131072 (32 blocks of 4096 bytes)
 ext:     logical_offset:        physical_offset: length:   expected: flags:
   0:        0..      31:       3328..      3359:     32:             last,encoded,shared,eof
/dev/fd/4: 1 extent found
`;

const none = { shared: false, inline: false, unclear: false };

it('reads what filefrag says of each file', () => {
  expect([...parseFilefrag(XFS)]).toEqual([
    ['/dev/fd/3', none],
    ['/dev/fd/4', { ...none, shared: true }],
    ['/dev/fd/5', none],
    ['/dev/fd/6', none],
    ['/dev/fd/7', none],
  ]);
  expect([...parseFilefrag(BTRFS)]).toEqual([
    ['/dev/fd/3', { ...none, inline: true }],
    ['/dev/fd/4', { shared: true, inline: false, unclear: true }],
  ]);
});

it('knows nothing of a file whose output broke off', () => {
  expect([...parseFilefrag(XFS.slice(0, XFS.indexOf('/dev/fd/4: 1 extent'))).keys()]).toEqual(['/dev/fd/3']);
  expect([...parseFilefrag('/dev/fd/3: FIBMAP/FIEMAP unsupported\n')]).toEqual([]);
});

it('reads attributes by position', () => {
  expect(
    parseLsattr(
      '---------------C------ /mnt/a\n---------------------- /mnt/b C\nlsattr: Operation not supported\n',
    ),
  ).toEqual(['---------------C------', '----------------------']);
});

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  readAtaCapabilities,
  readAtaSanitizeStatus,
  readHiddenArea,
} from '../../../src/shred/device/ata-sanitizer.js';
import { readLuks1Dump, readLuks2Metadata } from '../../../src/shred/device/luks-sanitizer.js';
import {
  readLbaFormat,
  readNvmeCapabilities,
  readSanitizeStatus,
} from '../../../src/shred/device/nvme-sanitizer.js';
import { readOpcodeSupport, readScsiProgress } from '../../../src/shred/device/scsi-sanitizer.js';

// Files that begin with `qemu-` were recorded in a virtual machine (QEMU 7.2, Linux 6.1, nvme-cli 2.3, hdparm 9.65,
// sg3-utils 1.46). What QEMU does not emulate is written as the manuals and the tools' own words have it.

function recorded(name: string): string {
  return readFileSync(join(import.meta.dirname, 'recorded', name), 'latin1');
}

describe('nvme', () => {
  it('offers what the controller says: QEMU formats, and neither sanitizes nor erases keys', () => {
    expect(readNvmeCapabilities(recorded('qemu-nvme-id-ctrl.json'))).toEqual({
      sanitizeCrypto: false,
      sanitizeBlock: false,
      sanitizeOverwrite: false,
      format: true,
      formatCrypto: false,
      eraseReachesAll: false,
      serial: 'QNVME-0042',
    });
    expect(readLbaFormat(recorded('qemu-nvme-id-ns.json'))).toBe(0);
  });

  it('reads the upper bits of the LBA format (NVM Command Set, FLBAS bits 6:5)', () => {
    expect(readLbaFormat('{"flbas": 69}')).toBe(0x25);
  });

  it('knows nothing from anything but the whole answer', () => {
    for (const text of ['', '[]', 'null', '{"sanicap":7}', '{"sanicap":"7","oacs":2,"fna":4,"sn":"x"}']) {
      expect(readNvmeCapabilities(text)).toBeUndefined();
    }
    expect(readLbaFormat('{"flbas": -1}')).toBeUndefined();
  });

  it.each([
    [0, 0xffff, 'never', 1],
    [1, 0xffff, 'complete', 1],
    [0x101, 0xffff, 'complete', 1],
    [2, 0x8000, 'running', 0.5],
    [3, 0xffff, 'failed', 1],
    [4, 0xffff, 'complete', 1],
  ] as const)('status %i of the log page is %s', (status, progress, state, fraction) => {
    const page = Buffer.alloc(512);
    page.writeUInt16LE(progress, 0);
    page.writeUInt16LE(status, 2);
    page.writeUInt32LE(0x2 | (1 << 9), 4);
    expect(readSanitizeStatus(page)).toEqual({ state, fraction: status === 2 ? fraction : 1, action: 2 });
  });

  it('refuses a page of another size or with a reserved status', () => {
    expect(readSanitizeStatus(Buffer.alloc(4))).toBeUndefined();
    expect(readSanitizeStatus(Buffer.alloc(513))).toBeUndefined();
    expect(readSanitizeStatus(Buffer.alloc(512, 7))).toBeUndefined();
  });
});

const DRIVE = `
/dev/sdx:

ATA device, with non-removable media
\tModel Number:       Samsung SSD 860 EVO 500GB
\tSerial Number:      S3Z1NB0K000000X
\tFirmware Revision:  RVT01B6Q
Commands/features:
\tEnabled\tSupported:
\t   *\tSMART feature set
\t    \tSecurity Mode feature set
\t   *\tSANITIZE feature set
\t   *\tCRYPTO_SCRAMBLE_EXT command
\t   *\tBLOCK_ERASE_EXT command
Security:
\tMaster password revision code = 65534
\t\tsupported
\tnot\tenabled
\tnot\tlocked
\t\tfrozen
\tnot\texpired: security count
\t\tsupported: enhanced erase
\t4min for SECURITY ERASE UNIT. 8min for ENHANCED SECURITY ERASE UNIT.
Logical Unit WWN Device Identifier: 5002538e40000000
`;

describe('hdparm', () => {
  it('finds no feature of a drive without them (QEMU)', () => {
    expect(readAtaCapabilities(recorded('qemu-hdparm-identify.txt'))).toEqual({
      serial: 'QATA-0001',
      security: { supported: false, enabled: false, locked: false, frozen: false, enhanced: false },
      sanitizeCrypto: false,
      sanitizeBlock: false,
      sanitizeOverwrite: false,
      eraseMinutes: null,
    });
  });

  it('takes a device that does not answer for none: hdparm ends with 0 for it', () => {
    expect(readAtaCapabilities(recorded('qemu-hdparm-identify-scsi.txt'))).toBeUndefined();
  });

  it('reads what stands behind "not" as false', () => {
    expect(readAtaCapabilities(DRIVE)).toMatchObject({
      security: { supported: true, enabled: false, locked: false, frozen: true, enhanced: true },
      sanitizeCrypto: true,
      sanitizeBlock: true,
      sanitizeOverwrite: false,
      eraseMinutes: 8,
    });
    const thawed = DRIVE.replace('\t\tfrozen', '\tnot\tfrozen').replace('\tnot\tenabled', '\t\tenabled');
    expect(readAtaCapabilities(thawed)?.security).toMatchObject({ frozen: false, enabled: true });
  });

  it('knows a hidden area, none, and that it does not know', () => {
    const dco = (sectors: number) => `DCO Checksum verified.\n\tReal max sectors: ${sectors}\n`;
    const hpa = (now: number, all: number, state: string) =>
      ` max sectors   = ${now}/${all}, HPA is ${state}\n`;
    const both =
      '\t   *\tHost Protected Area feature set\n\t   *\tDevice Configuration Overlay feature set\n';
    const identity = recorded('qemu-hdparm-identify.txt');
    const code = (...texts: [string, string, string]) => readHiddenArea(...texts)?.code;
    expect(code(both, hpa(1000, 1000, 'disabled'), dco(1000))).toBeUndefined();
    expect(code(both, hpa(900, 1000, 'enabled'), dco(1000))).toBe('hidden-area');
    expect(code('', hpa(900, 1000, 'enabled'), dco(1000))).toBe('hidden-area');
    expect(code(both, hpa(1000, 1000, 'disabled'), dco(2000))).toBe('hidden-area');
    const [sectors, overlay] = [recorded('qemu-hdparm-max-sectors.txt'), recorded('qemu-hdparm-dco.txt')];
    // QEMU names neither feature set, and its answer about the overlay is garbage with exit status 0.
    expect(code(identity, sectors, overlay)).toBeUndefined();
    expect(code(both, sectors, overlay)).toBe('hidden-area-unknown');
    expect(code(both, recorded('qemu-hdparm-max-sectors-scsi.txt'), dco(1))).toBe('hidden-area-unknown');
  });

  it('takes only "completed without error" for complete', () => {
    const status = (state: string, more: string) => `Sanitize status:\n    State:    ${state}\n    ${more}\n`;
    const done = 'Last Sanitize Operation Completed Without Error';
    expect(readAtaSanitizeStatus(status('SD0 Sanitize Idle', done)).state).toBe('complete');
    expect(readAtaSanitizeStatus(status('SD0 Sanitize Idle', '')).state).toBe('none');
    expect(
      readAtaSanitizeStatus(status('SD2 Sanitize operation In Process', 'Progress: 0x4000 (25%)')),
    ).toEqual({
      state: 'running',
      fraction: 0.25,
    });
    expect(readAtaSanitizeStatus(status('SD3 Sanitize Operation Failed', '')).state).toBe('failed');
    expect(readAtaSanitizeStatus(recorded('qemu-hdparm-sanitize-status.txt')).state).toBe('none');
  });
});

describe('sg3-utils', () => {
  it('does not take "not currently available" for support', () => {
    expect(readOpcodeSupport(recorded('qemu-sg-opcodes.txt'))).toBe(false);
    expect(readOpcodeSupport('  Command supported [conforming to SCSI standard]\n')).toBe(true);
    expect(readOpcodeSupport('  Command is NOT supported\n')).toBe(false);
  });

  it('reads progress, and silence as silence', () => {
    expect(readScsiProgress('Progress indication: 12.34% done\n', 0)).toEqual({
      state: 'running',
      fraction: 0.1234,
    });
    expect(readScsiProgress('', 0).state).toBe('silent');
    expect(readScsiProgress('', 2).state).toBe('none');
  });
});

describe('cryptsetup', () => {
  it('knows nothing from a dump that it does not understand wholly', () => {
    expect(readLuks2Metadata('{}')).toBeUndefined();
    expect(
      readLuks2Metadata('{"keyslots":{"0":{"key_size":64,"area":{"offset":"-5","size":"10"}}}}'),
    ).toBeUndefined();
    const strange =
      'Version:       \t1\nCipher name:   \taes\nCipher mode:   \txts-plain64\nMK bits:       \t512\nKey Slot 0: ENABLED\n';
    expect(readLuks1Dump(strange)).toBeUndefined();
  });
});

it('no parser throws, whatever a tool prints', () => {
  fc.assert(
    fc.property(fc.oneof(fc.string({ unit: 'binary' }), fc.json()), (text) => {
      readNvmeCapabilities(text);
      readLbaFormat(text);
      readSanitizeStatus(Buffer.from(text));
      readAtaCapabilities(text);
      readAtaSanitizeStatus(text);
      readHiddenArea(text, text, text);
      readOpcodeSupport(text);
      readScsiProgress(text, 0);
      readLuks1Dump(text);
      readLuks2Metadata(text);
    }),
  );
});

import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { verifyOutside } from '../../src/certificate/index.js';
import { temporaryFolder } from '../temporary-folder.js';
import { makeKit, packed, TAMPERINGS, type Tampering } from './tampered-certificates.js';

type Found = Awaited<ReturnType<typeof verifyOutside>>;

function failures(result: Found): { id: string; text: string }[] {
  return result.files.flatMap(({ checks }) => checks.filter(({ passed }) => passed === false));
}

async function verified(bytes: Buffer, trust: Parameters<typeof verifyOutside>[1]): Promise<Found> {
  const path = join(temporaryFolder(), 'file');
  writeFileSync(path, bytes);
  return await verifyOutside(path, trust);
}

function pdfOf(files: ReadonlyMap<string, Buffer>): Buffer {
  return files.get('certificate-2026-0001.pdf') ?? Buffer.alloc(0);
}

// One kit for all of them; each case works on a copy.
describe('certificates that somebody changed', () => {
  it(`are refused for the right reason, all ${TAMPERINGS.length} of them, and untouched twins pass`, async () => {
    const kit = await makeKit();
    expect(TAMPERINGS.length).toBeGreaterThanOrEqual(20);
    const missed: string[] = [];
    for (const twin of [
      await packed(new Map(kit.files)),
      pdfOf(kit.files),
      await packed(new Map(kit.second)),
    ])
      expect(failures(await verified(twin, kit.trust))).toEqual([]);
    for (const tampering of TAMPERINGS) {
      const result = await verified(...(await tampered(tampering)));
      const found = failures(result);
      const right = found.some(({ id, text }) => id === tampering.check && tampering.says.test(text));
      if (result.passed || !right)
        missed.push(`${tampering.what}: ${found.map(({ id, text }) => `${id} (${text})`).join('; ')}`);
    }
    expect(missed).toEqual([]);

    async function tampered({ change, keepsSums, trustsBundled }: Tampering) {
      const files = new Map(kit.files);
      const single = await change(kit, files);
      const bytes = single instanceof Buffer ? single : await packed(files, !keepsSums);
      const bundled = files.get('signer.pem')?.toString('utf8') ?? '';
      const certificates = trustsBundled ? kit.trust.certificates + bundled : kit.trust.certificates;
      return [bytes, { ...kit.trust, certificates }] as const;
    }
  });
});

import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import {
  certificateDocument,
  type IssuedFacts,
  readPdfClaim,
  renderCertificate,
  serialize,
} from '../../src/certificate/index.js';
import { temporaryFolder } from '../temporary-folder.js';
import { exception, hash, item, paperItem, residualItem, sampleFacts } from './sample-facts.js';

async function render(facts: IssuedFacts): Promise<{ pdf: Buffer; sha256: string }> {
  const document = certificateDocument(facts);
  const sha256 = createHash('sha256').update(serialize(document)).digest('hex');
  const { bytes } = await renderCertificate(document, { documentSha256: sha256 });
  return { pdf: bytes, sha256 };
}

// Another program reads the PDF: pdftotext of poppler-utils. Where it is missing these tests are left out, but never in CI.
const hasPoppler = spawnSync('pdftotext', ['-v']).error === undefined;
const leftOut = !hasPoppler && !process.env.CI;

function pdftotext(pdf: Buffer, ...options: string[]): string {
  const path = join(temporaryFolder(), 'certificate.pdf');
  writeFileSync(path, pdf);
  const { stdout, stderr, status } = spawnSync('pdftotext', [...options, path, '-'], {
    encoding: 'utf8',
    maxBuffer: 1e9,
  });
  if (status !== 0 || stderr !== '') throw new Error(`pdftotext: ${stderr}`);
  return stdout;
}

interface Word {
  page: number;
  text: string;
  left: number;
  top: number;
  right: number;
  bottom: number;
}

function words(pdf: Buffer): Word[] {
  let page = 0;
  return pdftotext(pdf, '-bbox')
    .split('\n')
    .flatMap((line) => {
      if (line.includes('<page ')) page += 1;
      const match = /xMin="([\d.-]+)" yMin="([\d.-]+)" xMax="([\d.-]+)" yMax="([\d.-]+)">(.*)<\/word>/.exec(
        line,
      );
      if (!match) return [];
      const [left = 0, top = 0, right = 0, bottom = 0] = match.slice(1, 5).map(Number);
      return [{ page, text: match[5] ?? '', left, top, right, bottom }];
    });
}

/** Words that run over the margins of a Letter page, or over another word. */
function misplaced(all: readonly Word[]): string[] {
  const outside = all.filter(
    (word) => word.left < 50 || word.right > 562 || word.top < 40 || word.bottom > 765,
  );
  const overlapping = all.filter((word, index) =>
    all.slice(index + 1, index + 400).some((other) => {
      const wide = Math.min(word.right, other.right) - Math.max(word.left, other.left);
      const high = Math.min(word.bottom, other.bottom) - Math.max(word.top, other.top);
      return word.page === other.page && wide > 1 && high > 3;
    }),
  );
  return [...outside, ...overlapping].map((word) => `${word.page}: ${word.text}`);
}

const LONG_ID = 'department/of-human-resources/western-massachusetts/'.repeat(3).slice(0, 128);

/** Everything as long as it may be, in several scripts. */
function extremeFacts(): IssuedFacts {
  const names = ['Ελένη Παπαδοπούλου', 'محمد عبد الله', 'דוד בן־גוריון', 'Анна Каренина'];
  return sampleFacts(4, {
    organization: {
      name: 'Commonwealth of Very Long Names '.repeat(20),
      address: 'One Federal Street, '.repeat(20),
    },
    approvals: names.map((operatorName, n) => ({
      operatorId: `approver-${n}`,
      operatorName,
      approvedAt: '2026-07-20T21:14:00Z',
      statement: '{}',
      signature: 'AA==',
    })),
    items: [
      item(0, {
        id: LONG_ID,
        title: `unbreakable ${'x'.repeat(200)} ${'words '.repeat(100)}`,
        classTitle: 'c '.repeat(200),
      }),
      item(1, {
        piElements: ['ssn', 'drivers_license', 'state_id', 'financial_account', 'payment_card', 'biometric'],
        dataSubjects: 123_456_789,
        files: 1_234_567,
        bytes: 2 ** 50,
        medium: 'folder',
      }),
      residualItem(2, { residual: [{ code: 'copy-on-write', text: 'reason '.repeat(200) }] }),
      paperItem(3, {
        statement: { ...paperStatement(), vendor: 'V'.repeat(300), reference: 'R '.repeat(500) },
      }),
    ],
    exceptions: Array.from({ length: 40 }, (_, n) =>
      exception(n, {
        id: `${LONG_ID.slice(0, 120)}${n}`,
        outcome: 'failed',
        reasons: Array.from({ length: 9 }, (_unused, r) => ({ code: `r-${r}`, text: 'long '.repeat(80) })),
      }),
    ),
    methods: [{ code: 'overwrite-random', text: 'method '.repeat(1000) }],
  });
}

/** Ids of the greatest length that differ in their last character only. */
const ALIKE = ['W'.repeat(127), LONG_ID.slice(0, 127)].flatMap((id) => [`${id}1`, `${id}2`]);

function namedOperator(name: string): IssuedFacts {
  return sampleFacts(1, { operator: { id: 'op1', name, account: 'op1' } });
}

function paperStatement() {
  const { statement } = paperItem(0);
  if (statement === null) throw new Error('no statement');
  return statement;
}

describe('the PDF', () => {
  it('has the same bytes each time for the same document', async () => {
    const [first, second] = [await render(sampleFacts(3)), await render(sampleFacts(3))];
    expect(first.pdf.equals(second.pdf)).toBe(true);
    const other = await render(sampleFacts(3, { number: '2026-0008' }));
    expect(other.pdf.equals(first.pdf)).toBe(false);
  });

  it('says which certificate it is and which JSON document it was made from', async () => {
    const { pdf, sha256 } = await render(sampleFacts(1));
    expect(readPdfClaim(pdf)).toEqual({ number: '2026-0007', jsonSha256: sha256 });
  });

  it('takes no name of an organization for that claim', async () => {
    const name = `)\n/QuietusCertificate (1999-0001)\n/QuietusJsonSha256 (${'0'.repeat(64)})`;
    const { pdf, sha256 } = await render(sampleFacts(1, { organization: { name, address: name } }));
    expect(readPdfClaim(pdf)).toEqual({ number: '2026-0007', jsonSha256: sha256 });
  });

  it('is told from other files', () => {
    for (const file of ['', '%PDF-1.7', '%PDF-1.7\ntrailer\n<< /Info 1 0 R >>', '{}', 'GIF89a']) {
      expect(readPdfClaim(Buffer.from(file))).toBeUndefined();
    }
  });

  it('has Letter pages and brings its fonts along', async () => {
    const text = (await render(sampleFacts(1))).pdf.toString('latin1');
    expect(text.match(/\/MediaBox \[0 0 612 792\]/g)).toHaveLength(4);
    expect(text.match(/\/Type \/FontDescriptor/g)).toHaveLength(4);
    expect(text.match(/\/FontFile2 /g)).toHaveLength(4);
  });

  it('renders ten thousand items', async () => {
    const { pdf } = await render(sampleFacts(10_000));
    const pages = Number(/\/Count (\d+)/.exec(pdf.toString('latin1'))?.[1]);
    expect(pages).toBeGreaterThan(300);
  });
});

describe.skipIf(leftOut)('the PDF, as another program reads it', () => {
  it('prints number, digest and page of pages on each page', async () => {
    const { pdf, sha256 } = await render(sampleFacts(40));
    const pages = pdftotext(pdf, '-layout').split('\f').slice(0, -1);
    expect(pages.length).toBeGreaterThan(3);
    pages.forEach((page, index) => {
      expect(page).toContain(`Page ${index + 1} of ${pages.length}`);
      expect(page).toContain('Certificate of Destruction 2026-0007');
      expect(page).toContain(sha256);
    });
  });

  it('prints ids in full, and large numbers in one piece', async () => {
    const numbers = [123_456_789, 2_147_483_647, 1234, 0];
    const facts = sampleFacts(4, {
      items: ALIKE.map((id, n) => item(n, { id, recordClass: id, dataSubjects: numbers[n] ?? 0 })),
      exceptions: ALIKE.map((id, n) => exception(n, { id: `E${id.slice(1)}`, outcome: 'failed' })),
    });
    const { pdf } = await render(facts);
    const text = pdftotext(pdf, '-raw').replace(/\s+/g, '');
    for (const id of ALIKE) {
      // In the schedule, and as a class among the authorities.
      expect(text.split(id).length - 1).toBeGreaterThanOrEqual(2);
      expect(text).toContain(`E${id.slice(1)}`);
    }
    const read = words(pdf);
    const texts = new Set(read.map((word) => word.text));
    for (const number of ['123,456,789', '2,147,483,647', '1,234']) expect(texts).toContain(number);
    expect(misplaced(read)).toEqual([]);
  });

  it('tells everything that a person asks of a certificate', async () => {
    const facts = sampleFacts(40);
    const text = pdftotext((await render(facts)).pdf, '-layout').replace(/\s+/g, ' ');
    for (const expected of [
      'Pioneer Valley Staffing, Inc.',
      '14 Main Street, Northampton, MA 01060',
      'Margaret White (mwhite)',
      'Dũng Nguyễn (dnguyen)',
      'plan-20261120-0001',
      hash('plan'),
      'November 21, 2026, 02:00:02 (UTC\u221205:00)',
      'Social Security number',
      '8 CFR 274a.2',
      'Secondary sources word the later-of rule differently.',
      'Not certified as destroyed: 3 items',
      'Already gone when the run came to it',
      'What the method cannot reach',
      'Shredded on November 20, 2026 by Rosa Jiménez',
      'vendor: Bay State Shredding, Inc.',
      'did not verify them',
      'R1 The file system (btrfs) writes new content to new blocks',
      facts.log.headHash,
      'Witness',
    ]) {
      expect(text).toContain(expected);
    }
    expect(text).not.toMatch(/unrecoverable|digital(ly)? sign/i);
  });

  it('lists every item once, and its header on every page of the table', async () => {
    const pages = pdftotext((await render(sampleFacts(200, { exceptions: [] }))).pdf, '-layout').split('\f');
    const all = pages.join('\n');
    for (let n = 0; n < 200; n++) {
      const id = n % 20 === 13 ? `BOX-${n}\\b` : `HR-2022-${String(n).padStart(5, '0')}`;
      expect([id, all.match(new RegExp(id, 'g'))?.length]).toEqual([id, 1]);
    }
    for (const page of pages.filter((text) => /HR-2022-|BOX-/.test(text)))
      expect(page).toContain('Kept until');
  });

  it.each([
    ['one item', () => sampleFacts(1)],
    ['forty items', () => sampleFacts(40)],
    ['the longest texts', extremeFacts],
  ])('keeps every word on the page and clear of the others: %s', async (_name, facts) => {
    const all = words((await render(facts())).pdf);
    expect(all.length).toBeGreaterThan(100);
    expect(misplaced(all)).toEqual([]);
  });

  it('leaves no heading alone at the foot of a page', async () => {
    const alone: string[] = [];
    for (let count = 1; count <= 46; count += 5) {
      const all = words((await render(sampleFacts(count))).pdf).filter((word) => word.bottom < 730);
      for (let page = 1; page <= Math.max(...all.map((word) => word.page)); page++) {
        const lowest = Math.max(...all.filter((word) => word.page === page).map((word) => word.bottom));
        const last = all
          .filter((word) => word.page === page && word.bottom > lowest - 2)
          .map(({ text }) => text);
        if (/^[1-7]\.$/.test(last[0] ?? '')) alone.push(`${count} items, page ${page}: ${last.join(' ')}`);
      }
    }
    expect(alone).toEqual([]);
  });

  it('prints names of many scripts, and says so where its fonts lack a character', async () => {
    const known = pdftotext((await render(namedOperator('Анна Đặng Ελένη Łukasz'))).pdf);
    expect(known).toContain('Анна Đặng Ελένη Łukasz');
    expect(known).not.toContain('fonts of this document lack');
    const unknown = pdftotext((await render(namedOperator('王小明'))).pdf);
    expect(unknown).toContain('□□□');
    expect(unknown.replace(/\s+/g, ' ')).toContain('characters that the fonts of this document lack');
  });

  it('drops characters that would make a text read differently from what it is', async () => {
    const title = 'invoice\u202etxt.exe\u200b\u2066 end';
    const { pdf } = await render(sampleFacts(1, { items: [item(0, { title })] }));
    const text = pdftotext(pdf);
    expect(text).toContain('invoicetxt.exe end');
  });
});

// Signed PDF and signed JSON of a certificate of 10,000 items, from its facts: whole process, with the start of Node.
// Beside it the same number of table rows in a plain pdfkit document, unsigned, untagged and without a digest.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { buildEntry } from '../scripts/build.mjs';
import { alternate, machine } from './measure.mjs';

const ITEMS = 10_000;
const folder = mkdtempSync(join(import.meta.dirname, '..', 'dist', 'bench-'));
try {
  await buildEntry('bench/certificate-job.ts', folder);
  const plain = join(folder, 'plain.mjs');
  writeFileSync(
    plain,
    `import PDFDocument from 'pdfkit';
     const pdf = new PDFDocument({ size: 'LETTER', margin: 54 });
     pdf.on('data', () => {});
     pdf.fontSize(7);
     pdf.table({ data: Array.from({ length: ${ITEMS} }, (_, n) => [
       String(n + 1), 'HR-2022-' + n, 'Payroll records', 'file', 'SSN, financial account', '7', '2025-12-31', String(101 + n),
     ]) });
     pdf.end();`,
  );
  const results = alternate(
    {
      'certificate, signed PDF and JSON': {
        command: [process.execPath, join(folder, 'certificate-job.js'), String(ITEMS)],
      },
      'plain pdfkit table': { command: [process.execPath, plain] },
    },
    { runs: 3 },
  );
  console.log(machine());
  console.log('\n| 10,000 items | wall s | CPU s | peak MB |\n| --- | --- | --- | --- |');
  for (const [name, { wall, cpu, rss }] of Object.entries(results))
    console.log(
      `| ${name} | ${wall.toFixed(2)} | ${cpu.toFixed(2)} | ${rss === null ? 'unknown' : rss.toFixed(0)} |`,
    );
} finally {
  rmSync(folder, { recursive: true, force: true });
}

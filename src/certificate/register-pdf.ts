import type { RenderedPdf } from './certificate-pdf.js';
import { counted, grouped, SUBJECT_LABELS } from './certificate-words.js';
import { dateInWords, instantInWords } from './local-time.js';
import { Paper } from './pdf-paper.js';
import { COLOR, PAGE, STYLE, TEXT_WIDTH } from './pdf-style.js';
import { type Column, type Row, table } from './pdf-table.js';
import { ellipsized, heading, paragraph } from './pdf-text.js';
import type { RegisterRow } from './yearly-register.js';

const COLUMNS: readonly Column[] = [
  { title: 'Certificate', width: 70 },
  { title: 'Destroyed on', width: 62 },
  { title: 'What', width: 128 },
  { title: 'Under which authority', width: 118 },
  { title: 'How', width: 66 },
  { title: 'By whom', width: 60 },
];

/** What one certificate says of one record class and outcome. */
interface Line {
  row: RegisterRow;
  items: number;
  files: number;
  subjects: number;
}

export interface RegisterFacts {
  year: number;
  organization: string;
  timeZone: string;
  /** When it was made; UTC, RFC 3339. */
  at: string;
  tool: { name: string; version: string };
}

/**
 * The destruction register of a year for people: a line for each certificate, record class and outcome.
 *
 * @param font content of a font file for characters that the fonts of this program lack
 */
export async function registerPdf(
  rows: AsyncIterable<RegisterRow>,
  facts: RegisterFacts,
  font: Buffer | null,
): Promise<RenderedPdf> {
  const lines = await summed(rows);
  const { default: PDFDocument } = await import('pdfkit');
  const tool = `${facts.tool.name} ${facts.tool.version}`;
  const title = `Destruction register ${facts.year}`;
  const pdf = new PDFDocument({
    size: [PAGE.width, PAGE.height],
    margin: 0,
    autoFirstPage: false,
    pdfVersion: '1.7',
    lang: 'en-US',
    tagged: true,
    displayTitle: true,
    info: { Title: title, Creator: tool, Producer: `${tool} with PDFKit`, CreationDate: new Date(facts.at) },
  });
  const chunks: Buffer[] = [];
  pdf.on('data', (chunk: Buffer) => chunks.push(chunk));
  const done = new Promise<void>((resolve, reject) => {
    pdf.on('end', resolve);
    pdf.on('error', reject);
  });
  const paper = new Paper(pdf, { font, logo: null });
  paper.begin({ drawing: false, footer: () => {} });
  drawRegister(paper, lines, facts);
  const pages = paper.page;
  paper.begin({
    drawing: true,
    footer: (sheet) => drawFooter(sheet, `${title}  \u00b7  ${facts.organization}`, pages),
  });
  drawRegister(paper, lines, facts);
  paper.end();
  pdf.end();
  await done;
  return { bytes: Buffer.concat(chunks), missingCharacters: paper.missingCharacters };
}

async function summed(rows: AsyncIterable<RegisterRow>): Promise<Line[]> {
  const lines = new Map<string, Line>();
  for await (const row of rows) {
    const { item } = row;
    const who = item.statement?.performed_by ?? '';
    const key = JSON.stringify([
      row.certificate,
      item.record_class,
      item.authority,
      item.outcome,
      row.destroyedOn,
      who,
    ]);
    const line = lines.get(key) ?? { row, items: 0, files: 0, subjects: 0 };
    line.items += 1;
    line.files += item.files;
    line.subjects += item.data_subjects ?? 0;
    lines.set(key, line);
  }
  return [...lines.values()];
}

function drawRegister(paper: Paper, lines: readonly Line[], facts: RegisterFacts): void {
  paper.tagged('P', () => {
    paper.draw(paper.printable(facts.organization), PAGE.left, paper.y, { ...STYLE.strong, size: 12 });
  });
  paper.y += 20;
  paper.rule(paper.y, COLOR.accent, 1.4);
  paper.y += 14;
  paper.tagged('H1', () => paper.draw(`Destruction register ${facts.year}`, PAGE.left, paper.y, STYLE.title));
  paper.y += STYLE.title.leading + 6;
  const standing = lines.filter(({ row }) => row.state === 'stands');
  const sum = (of: (line: Line) => number) => standing.reduce((total, line) => total + of(line), 0);
  const numbers = new Set(standing.map(({ row }) => row.certificate));
  paragraph(
    paper,
    `Records that hold personal information, destroyed under M.G.L. chapter 93I, section 2, by the certificates of ${facts.year} that stand: ${counted(numbers.size, 'certificate', 'certificates')}, ${counted(
      sum(({ items }) => items),
      'item',
      'items',
    )}, ${counted(
      sum(({ files }) => files),
      'file',
      'files',
    )}, ${counted(
      sum(({ subjects }) => subjects),
      'data subject',
      'data subjects',
    )} as far as they were counted. Certificates that are void or replaced are listed and not added up.`,
    STYLE.body,
  );
  paragraph(
    paper,
    `Made on ${instantInWords(facts.at, facts.timeZone)} by ${facts.tool.name} ${facts.tool.version}.`,
    STYLE.small,
  );
  if (lines.length === 0) {
    paragraph(paper, 'Nothing was certified as destroyed in this year.', STYLE.body);
    return;
  }
  heading(paper, 'Certificates', STYLE.heading);
  table(paper, 'Destruction register', COLUMNS, rowsOf(lines), lines.length);
}

function* rowsOf(lines: readonly Line[]): Generator<Row> {
  for (const { row, items, files } of lines) {
    const { item, document } = row;
    const { operator, approvals } = document;
    const alert = { ...STYLE.cellStrong, color: COLOR.alert };
    yield {
      cells: [
        [
          { text: row.certificate, style: STYLE.cellStrong },
          ...(row.state === 'stands' ? [] : [{ text: row.state, style: alert, maxLines: 3 }]),
        ],
        dateInWords(row.destroyedOn),
        [
          {
            text: item.class_title ?? SUBJECT_LABELS[document.subject.kind],
            style: STYLE.cellStrong,
            maxLines: 3,
          },
          {
            text: `${counted(items, 'item', 'items')}${files > 0 ? `, ${grouped(files)} ${files === 1 ? 'file' : 'files'}` : ''}; ${item.medium}`,
            style: STYLE.cellMuted,
          },
        ],
        [
          {
            text: item.authority?.citation ?? document.subject.ground ?? 'no retention rule recorded',
            maxLines: 4,
          },
        ],
        [{ text: item.outcome.replaceAll('-', ' '), maxLines: 3 }],
        [
          { text: item.statement?.performed_by ?? operator.name, maxLines: 3 },
          ...(approvals.length === 0
            ? []
            : [
                {
                  text: `approved: ${approvals.map(({ name }) => name).join(', ')}`,
                  style: STYLE.cellMuted,
                  maxLines: 3,
                },
              ]),
        ],
      ],
    };
  }
}

function drawFooter(paper: Paper, name: string, pages: number): void {
  const y = PAGE.bottom + 16;
  paper.rule(y);
  const page = `Page ${paper.page} of ${pages}`;
  const room = TEXT_WIDTH - paper.widthOf(page, STYLE.small) - 20;
  paper.draw(ellipsized(paper, name, STYLE.small, room), PAGE.left, y + 6, STYLE.small);
  paper.draw(page, PAGE.left, y + 6, STYLE.small, 'right', TEXT_WIDTH);
}

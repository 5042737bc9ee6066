import { encode } from 'uqr';
import { PI_ELEMENT_NAMES, PI_ELEMENTS } from '../model/index.js';
import type { CertificateDocument } from './certificate-format.js';
import { bytesInWords, counted, grouped, isStatement } from './certificate-words.js';
import { dateInWords, instantInWords } from './local-time.js';
import type { Paper } from './pdf-paper.js';
import { COLOR, PAGE, STYLE, type Style, TEXT_WIDTH } from './pdf-style.js';
import { drawLines, ellipsized, heading, paragraph, wrap } from './pdf-text.js';

export interface FrontOptions {
  /** SHA-256, hex, of the JSON document. */
  sha256: string;
}

/** Title, parties and dates, figures, and the statement: what a lawyer reads. */
export function drawFront(paper: Paper, document: CertificateDocument, options: FrontOptions): void {
  drawTitle(paper, document, options);
  drawParticulars(paper, document);
  drawFigures(paper, document);
  paper.bookmark('Statement');
  heading(paper, '1.  Statement', STYLE.heading, { before: 14 });
  for (const text of document.statement) paragraph(paper, text, STYLE.body);
  const elements = PI_ELEMENTS.filter((element) =>
    document.items.some((item) => item.pi_elements.includes(element)),
  ).map((element) => PI_ELEMENT_NAMES[element]);
  if (elements.length > 0) {
    paragraph(paper, `Kinds of personal information in these records: ${elements.join('; ')}.`, STYLE.body);
  }
}

/** Points; large enough for a telephone to read number and digest from paper. */
const CODE_SIZE = 62;
const LOGO = { width: 150, height: 44 };

function drawTitle(paper: Paper, document: CertificateDocument, options: FrontOptions): void {
  const codeX = PAGE.right - CODE_SIZE;
  drawCode(paper, document, options.sha256, codeX, paper.y);
  const { name, address } = document.organization;
  const logo = paper.logo(PAGE.left, paper.y, LOGO, `Logo of ${name}`);
  const left = PAGE.left + (logo > 0 ? logo + 14 : 0);
  const room = codeX - left - 20;
  const nameStyle: Style = { font: 'bold', size: 12, leading: 16, color: COLOR.ink };
  paper.tagged('P', () => {
    paper.y += drawLines(paper, wrap(paper, name, nameStyle, room, 3), left, paper.y, nameStyle);
    if (address === null) return;
    const lines = wrap(paper, address, STYLE.small, room, 3);
    paper.y += drawLines(paper, lines, left, paper.y, STYLE.small);
  });
  paper.y = Math.max(paper.y, PAGE.top + CODE_SIZE) + 10;
  paper.rule(paper.y, COLOR.accent, 1.4);
  paper.y += 14;
  paper.bookmark(`Certificate of Destruction ${document.number}`);
  const numberStyle: Style = { font: 'bold', size: 12, leading: 16, color: COLOR.accent };
  paper.tagged('H1', () => {
    paper.draw('Certificate of Destruction', PAGE.left, paper.y, STYLE.title);
    paper.draw(`No. ${document.number}`, PAGE.left, paper.y + 9, numberStyle, 'right', TEXT_WIDTH);
  });
  paper.y += STYLE.title.leading;
  paper.tagged('P', () => {
    const what = 'of records that hold personal information, under M.G.L. chapter 93I, section 2';
    paper.draw(what, PAGE.left, paper.y, { ...STYLE.body, color: COLOR.muted });
  });
  paper.y += 26;
}

/** Number and digest for a machine: what somebody who has only the paper compares with the file. */
function drawCode(
  paper: Paper,
  { number, workspace_id: workspace }: CertificateDocument,
  sha256: string,
  x: number,
  y: number,
): void {
  const { data } = encode(`quietus:certificate:${number}:${workspace}:sha256:${sha256}`, {
    ecc: 'M',
    border: 0,
  });
  paper.code(data, x, y, CODE_SIZE, `QR code with the number ${number} and the SHA-256 of the JSON document`);
}

interface Particular {
  label: string;
  value: string;
  detail?: string;
}

function drawParticulars(paper: Paper, document: CertificateDocument): void {
  const at = (instant: string) => instantInWords(instant, document.time_zone);
  const approvers = document.approvals.map((approval) => `${approval.name} (${approval.operator})`);
  const stated = isStatement(document);
  const left: Particular[] = [
    { label: 'Issued', value: at(document.issued_at), detail: `Time zone ${document.time_zone}` },
    ...(stated
      ? [{ label: 'Statement recorded', value: at(document.started_at) }]
      : [
          { label: 'Disposal began', value: at(document.started_at) },
          { label: 'Disposal ended', value: at(document.finished_at) },
        ]),
  ];
  const right: Particular[] = [
    {
      label: stated ? 'Recorded by' : 'Carried out by',
      value: `${document.operator.name} (${document.operator.id})`,
      detail: `System account ${document.operator.account}`,
    },
    { label: 'Approved by', value: approvers.join(', ') || 'No approval recorded' },
    planParticular(document),
  ];
  const width = (TEXT_WIDTH - 24) / 2;
  const top = paper.y;
  const bottoms = [left, right].map((particulars, column) =>
    drawColumn(paper, particulars, PAGE.left + column * (width + 24), top, width),
  );
  paper.y = Math.max(...bottoms) + 2;
}

function planParticular({ plan, subject }: CertificateDocument): Particular {
  if (plan === null) return { label: 'Disposal', value: subject.id, detail: 'Not part of a disposal plan' };
  return {
    label: 'Disposal plan',
    value: plan.id,
    detail: `As of ${dateInWords(plan.as_of)}, retention schedule version ${plan.schedule_version}`,
  };
}

function drawColumn(
  paper: Paper,
  particulars: readonly Particular[],
  x: number,
  top: number,
  width: number,
): number {
  let y = top;
  for (const { label, value, detail } of particulars) {
    paper.tagged('P', () => {
      paper.draw(label, x, y, STYLE.label);
      y += STYLE.label.leading;
      y += drawLines(paper, wrap(paper, value, STYLE.strong, width, 3), x, y, STYLE.strong);
      if (detail !== undefined)
        y += drawLines(paper, wrap(paper, detail, STYLE.small, width, 2), x, y, STYLE.small);
    });
    y += 7;
  }
  return y;
}

function drawFigures(paper: Paper, document: CertificateDocument): void {
  const { totals } = document;
  const uncounted = totals.items_without_data_subjects;
  const subjects =
    uncounted === totals.items
      ? 'not recorded'
      : `${uncounted > 0 ? '\u2265 ' : ''}${grouped(totals.data_subjects)}`;
  const figures = [
    {
      figure: grouped(totals.items),
      label: totals.items === 1 ? 'item certified' : 'items certified',
      alert: false,
    },
    {
      figure: grouped(totals.files),
      label: `${totals.files === 1 ? 'file' : 'files'}, ${bytesInWords(totals.bytes)}`,
      alert: false,
    },
    { figure: subjects, label: 'data subjects, added up by item', alert: false },
    {
      figure: grouped(totals.exceptions),
      label: 'NOT certified as destroyed',
      alert: totals.exceptions > 0,
    },
  ];
  const height = 46;
  paper.box(PAGE.left, paper.y, TEXT_WIDTH, height, COLOR.band);
  const width = TEXT_WIDTH / figures.length;
  figures.forEach(({ figure, label, alert }, index) => {
    const x = PAGE.left + index * width + 12;
    const color = alert ? COLOR.alert : COLOR.accent;
    const style: Style = { font: 'bold', size: figure.length > 9 ? 12 : 16, leading: 20, color };
    const top = figure.length > 9 ? 10 : 7;
    const labelStyle = alert ? { ...STYLE.label, color } : STYLE.label;
    paper.tagged('P', () => {
      paper.draw(ellipsized(paper, figure, style, width - 16), x, paper.y + top, style);
      paper.draw(ellipsized(paper, label, STYLE.label, width - 16), x, paper.y + 29, labelStyle);
    });
  });
  paper.y += height;
}

/** The lines at the foot of every page: which certificate this is, and which page of how many. */
export function drawFooter(
  paper: Paper,
  document: CertificateDocument,
  options: { sha256: string; pages: number },
): void {
  const y = PAGE.bottom + 16;
  paper.rule(y);
  const page = `Page ${paper.page} of ${options.pages}`;
  const style = STYLE.small;
  const room = TEXT_WIDTH - paper.widthOf(page, style) - 20;
  const name = `Certificate of Destruction ${document.number}  \u00b7  ${document.organization.name}`;
  paper.draw(ellipsized(paper, name, style, room), PAGE.left, y + 6, style);
  paper.draw(page, PAGE.left, y + 6, style, 'right', TEXT_WIDTH);
  paper.draw(`SHA-256 of the JSON document: ${options.sha256}`, PAGE.left, y + 18, STYLE.digest);
}

/** How many of something, for headings. */
export function itemCount(count: number): string {
  return counted(count, 'item', 'items');
}

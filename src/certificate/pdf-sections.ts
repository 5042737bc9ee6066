import type { CertificateDocument, ItemEntry } from './certificate-format.js';
import { EXCEPTION_LABELS, grouped, isStatement, logNumbers, MEDIUM_LABELS } from './certificate-words.js';
import { dateInWords, instantInWords } from './local-time.js';
import { itemCount } from './pdf-front.js';
import type { Paper } from './pdf-paper.js';
import { COLOR, PAGE, STYLE, type Style, TEXT_WIDTH } from './pdf-style.js';
import { type Column, type Row, table } from './pdf-table.js';
import { digestLine, ellipsized, heading, paragraph } from './pdf-text.js';

const ALERT_HEADING: Style = { ...STYLE.heading, color: COLOR.alert };

/** Items of the plan of which nothing is certified. */
export function drawExceptions(paper: Paper, document: CertificateDocument): void {
  const count = document.exceptions.length;
  paper.bookmark('Not certified as destroyed');
  if (count === 0) {
    heading(paper, '2.  Not certified as destroyed: none', STYLE.heading);
    paragraph(
      paper,
      isStatement(document)
        ? 'This certificate is of the items in its schedule only, and says nothing of other items of the plan.'
        : 'Every item that was to be disposed of is certified in the schedule of items.',
      STYLE.body,
    );
    return;
  }
  heading(paper, `2.  Not certified as destroyed: ${itemCount(count)}`, ALERT_HEADING, { keep: 90 });
  paragraph(
    paper,
    'Nothing is certified of the items in this table. Unless the table says otherwise, they may still exist in whole or in part.',
    STYLE.body,
  );
  const columns: Column[] = [
    { title: 'Item', width: 140 },
    { title: 'Record class', width: 80 },
    { title: 'Medium', width: 58 },
    { title: 'What happened, and why', width: 176 },
    { title: 'Log entries', width: 50, align: 'right' },
  ];
  table(paper, 'Not certified as destroyed', columns, exceptionRows(document), count);
}

function* exceptionRows(document: CertificateDocument): Generator<Row> {
  for (const item of document.exceptions) {
    yield {
      cells: [
        titled(item),
        [{ text: item.record_class ?? 'none', maxLines: Infinity }],
        MEDIUM_LABELS[item.medium],
        [
          { text: EXCEPTION_LABELS[item.outcome], style: { ...STYLE.cellStrong, color: COLOR.alert } },
          ...item.reasons
            .map((reason) => ({ text: reason.text, style: STYLE.cellMuted, maxLines: 5 }))
            .slice(0, 6),
        ],
        logNumbers(item.log),
      ],
    };
  }
}

/** Id, all of it, because ids may differ at their ends only; and the title where the workspace prints titles. */
export function titled(item: { id: string; title: string | null }) {
  const id = { text: item.id, style: STYLE.cellStrong, maxLines: Infinity };
  return item.title === null ? [id] : [id, { text: item.title, style: STYLE.cell, maxLines: 3 }];
}

/** How it was done, how that was checked, and what it cannot reach. */
export function drawMethods(paper: Paper, document: CertificateDocument): void {
  paper.bookmark('Method and verification');
  heading(paper, '3.  Method and verification', STYLE.heading);
  for (const method of document.methods) {
    const items = document.items.filter((item) => item.method === method.code);
    if (items.length === 0) continue;
    const passes = [...new Set(items.map((item) => item.passes))].toSorted((a, b) => a - b).join(' or ');
    paragraph(
      paper,
      `${method.text} (method ${method.code}; passes: ${passes}; ${itemCount(items.length)}.)`,
      STYLE.body,
    );
  }
  for (const text of verificationTexts(document.items)) paragraph(paper, text, STYLE.body);
  paper.bookmark('What the method cannot reach');
  heading(paper, '4.  What the method cannot reach', STYLE.heading);
  paragraph(
    paper,
    'The following is outside the reach of what was done, whether or not it applies to these records.',
    STYLE.body,
  );
  for (const limit of document.limits) bullet(paper, limit.text);
  paper.y += 3;
}

function bullet(paper: Paper, text: string): void {
  paper.ensure(2 * STYLE.body.leading);
  paper.artifact(() => paper.draw('\u2022', PAGE.left + 2, paper.y, STYLE.body));
  paragraph(paper, text, STYLE.body, { indent: 13, after: 2 });
}

function verificationTexts(items: readonly ItemEntry[]): string[] {
  const count = (holds: (item: ItemEntry) => boolean) => items.filter(holds).length;
  const medium = count((item) => item.verification.read_from === 'medium');
  const cache = count((item) => item.verification.read_from === 'page-cache');
  const unread = count((item) => item.outcome !== 'attested' && item.verification.result === 'not-performed');
  const attested = count((item) => item.outcome === 'attested');
  const texts: [number, string][] = [
    [medium, 'all that was written was read back from the medium and found equal.'],
    [
      cache,
      "all that was written was read back through the operating system's cache and found equal. That shows what was written, not what the medium holds.",
    ],
    [unread, 'nothing was read back.'],
    [attested, 'destroyed by people; this program verified nothing of it.'],
  ];
  return texts.filter(([of]) => of > 0).map(([of, text]) => `${itemCount(of)}: ${text}`);
}

/** Why the records could be destroyed: the rule of each class, and who approved. */
export function drawAuthority(paper: Paper, document: CertificateDocument): void {
  paper.bookmark('Authority');
  heading(paper, '5.  Authority and approval', STYLE.heading, { keep: 70 });
  const columns: Column[] = [
    { title: 'Record class', width: 150 },
    { title: 'Authority for its retention period', width: 222 },
    { title: 'Last checked', width: 82 },
    { title: 'Items', width: 50, align: 'right' },
  ];
  table(paper, 'Authority', columns, authorityRows(document));
  if (document.plan !== null) {
    digestLine(
      paper,
      'SHA-256 of the disposal plan, which was frozen before it was approved:',
      document.plan.sha256,
    );
  }
  if (document.subject.ground !== null)
    paragraph(paper, `Ground given: ${document.subject.ground}`, STYLE.body);
  if (document.approvals.length === 0) paragraph(paper, 'No approval was recorded.', STYLE.body);
  for (const approval of document.approvals) {
    const when = instantInWords(approval.approved_at, document.time_zone);
    bullet(paper, `Approved by ${approval.name} (${approval.operator}) on ${when}.`);
  }
  paper.y += 3;
}

function authorityRows(document: CertificateDocument): Row[] {
  const classes = new Map<string, { item: ItemEntry; count: number }>();
  for (const item of document.items) {
    const key = JSON.stringify([item.record_class, item.authority, item.other_classes]);
    const entry = classes.get(key) ?? { item, count: 0 };
    entry.count += 1;
    classes.set(key, entry);
  }
  return [...classes.values()].map(({ item, count }) => ({
    cells: [
      item.record_class === null
        ? [{ text: 'In no record class', style: STYLE.cellMuted }]
        : [
            { text: item.class_title ?? item.record_class, style: STYLE.cellStrong, maxLines: 3 },
            { text: item.record_class, style: STYLE.cellMuted, maxLines: Infinity },
          ],
      [...authorityTexts(item.authority), ...(item.other_classes ?? []).map(otherAuthority)],
      item.authority === null ? '\u2013' : dateInWords(item.authority.checked),
      grouped(count),
    ],
  }));
}

/** A class whose period ended earlier. */
function otherAuthority(each: NonNullable<ItemEntry['other_classes']>[number]) {
  const text = `Also in ${each.class_title} (${each.record_class}), whose period ended no later: ${each.authority.citation}`;
  return { text, style: STYLE.cellMuted, maxLines: 6 };
}

function authorityTexts(authority: ItemEntry['authority']) {
  if (authority === null)
    return [{ text: 'No retention rule was recorded for it', style: STYLE.cellMuted, maxLines: 4 }];
  const { citation, source, warning } = authority;
  return [
    { text: citation, style: STYLE.cell, maxLines: 4 },
    ...(source === null ? [] : [{ text: source, style: STYLE.cellMuted, maxLines: 3 }]),
    ...(warning === null
      ? []
      : [{ text: `Caution: ${warning}`, style: { ...STYLE.cellMuted, color: COLOR.alert }, maxLines: 4 }]),
  ];
}

/** The part of the log that stands behind the certificate. */
export function drawLog(paper: Paper, document: CertificateDocument): void {
  const { log } = document;
  paper.bookmark('Log');
  heading(paper, '6.  Log entries that this certificate rests on', STYLE.heading);
  paragraph(
    paper,
    `${log.first_seq === log.last_seq ? `Entry ${grouped(log.last_seq)}` : `Entries ${grouped(log.first_seq)} to ${grouped(log.last_seq)}`} of the log of workspace ${document.workspace_id}; ${document.subject.id}. Each entry holds the hash of the one before it.`,
    STYLE.body,
  );
  digestLine(paper, `Hash of entry ${grouped(log.last_seq)} (SHA-256):`, log.head_hash);
  paragraph(
    paper,
    `For each item one entry was made before the disposal and one after it${document.totals.attested > 0 ? ', and a single one for what people stated' : ''}; their numbers stand in the schedule of items. Their hashes, and everything else on these pages, stand in the JSON document of this certificate, whose SHA-256 is at the foot of each page.`,
    STYLE.body,
  );
  paragraph(paper, `Issued by ${document.tool.name} ${document.tool.version}.`, STYLE.body);
}

/** Who saw it, where the statements name them; else a line for whoever did. */
function witnessBlocks(document: CertificateDocument): { role: string; name: string }[] {
  const named = new Set(document.items.flatMap((item) => item.statement?.witness ?? []));
  if (named.size === 0) return [{ role: 'Witness', name: '' }];
  return [...named].slice(0, 4).map((name) => ({ role: 'Witness', name }));
}

const FIELD_HEIGHT = 58;

/** The digital signature, and lines to sign by hand. */
export function drawSignatureLines(paper: Paper, document: CertificateDocument): void {
  const blocks = [
    { role: 'Operator', name: `${document.operator.name} (${document.operator.id})` },
    ...document.approvals
      .slice(0, 4)
      .map((approval) => ({ role: 'Approver', name: `${approval.name} (${approval.operator})` })),
    ...witnessBlocks(document),
  ];
  const perRow = 2;
  const rowHeight = 66;
  const rows = Math.ceil(blocks.length / perRow);
  const width = (TEXT_WIDTH - 30) / perRow;
  paper.bookmark('Signatures');
  heading(paper, '7.  Signatures', STYLE.heading, {
    keep: (document.signer === null ? 0 : FIELD_HEIGHT + 12) + Math.min(rows, 3) * rowHeight,
  });
  if (document.signer !== null) drawSignatureField(paper, document, document.signer);
  for (let row = 0; row < rows; row++) {
    paper.ensure(rowHeight);
    blocks.slice(row * perRow, row * perRow + perRow).forEach((block, column) => {
      drawSignatureBlock(paper, block, PAGE.left + column * (width + 30), width);
    });
    paper.y += rowHeight;
  }
}

/** The digital signature: programs verify it, people see whose it is. */
function drawSignatureField(
  paper: Paper,
  document: CertificateDocument,
  signer: NonNullable<CertificateDocument['signer']>,
): void {
  paper.ensure(FIELD_HEIGHT + 8);
  const box = { x: PAGE.left, y: paper.y, width: TEXT_WIDTH, height: FIELD_HEIGHT };
  paper.signatureField(box, {
    signer: signer.name,
    reason: `Certificate of destruction ${document.number}`,
    at: new Date(document.issued_at),
    lines: [
      { text: `Digitally signed for ${document.organization.name}`, size: 9 },
      { text: `by ${signer.name}`, size: 7.4 },
      { text: instantInWords(document.issued_at, document.time_zone), size: 7.4 },
      { text: `X.509 certificate, SHA-256 ${signer.certificate_sha256}`, size: 6 },
    ],
  });
  paper.y += FIELD_HEIGHT + 12;
}

function drawSignatureBlock(
  paper: Paper,
  block: { role: string; name: string },
  x: number,
  width: number,
): void {
  const line = paper.y + 34;
  const dateWidth = 70;
  const signatureWidth = width - dateWidth - 14;
  paper.rule(line, COLOR.ink, 0.6, x, signatureWidth);
  paper.rule(line, COLOR.ink, 0.6, x + signatureWidth + 14, dateWidth);
  const name = block.name === '' ? 'Name:' : block.name;
  paper.tagged('P', () => {
    paper.draw(block.role, x, line + 4, STYLE.label);
    paper.draw(ellipsized(paper, name, STYLE.small, signatureWidth), x, line + 14, STYLE.small);
    paper.draw('Date', x + signatureWidth + 14, line + 4, STYLE.label);
  });
}

import type { Reason } from '../model/index.js';
import { OVERWRITTEN_STATE } from './certificate-facts.js';
import type { CertificateDocument, ItemEntry } from './certificate-format.js';
import {
  attestedInWords,
  bytesInWords,
  counted,
  ELEMENT_LABELS,
  grouped,
  MEDIUM_LABELS,
  mediaInWords,
  SANITIZATION_LABELS,
  VERIFICATION_LABELS,
} from './certificate-words.js';
import { itemCount } from './pdf-front.js';
import type { Paper } from './pdf-paper.js';
import { titled } from './pdf-sections.js';
import { COLOR, STYLE } from './pdf-style.js';
import { type Column, type Row, table } from './pdf-table.js';
import { heading, paragraph } from './pdf-text.js';

const COLUMNS: readonly Column[] = [
  { title: 'No.', width: 30 },
  { title: 'Item', width: 114 },
  { title: 'Record class', width: 83 },
  { title: 'Medium', width: 54 },
  { title: 'Personal information', width: 76 },
  { title: 'Data subjects', width: 60, align: 'right' },
  { title: 'Kept until', width: 47, align: 'right' },
  { title: 'Log entries', width: 40, align: 'right' },
];

/** Residual reasons get short names, so that ten thousand rows need not repeat a paragraph each. */
type Marks = ReadonlyMap<string, string>;

/** Every certified item, in groups by what is certified of it. */
export function drawSchedule(paper: Paper, document: CertificateDocument): void {
  paper.newPage();
  paper.bookmark('Schedule of items');
  heading(paper, `Schedule of items: ${itemCount(document.items.length)}`, STYLE.heading, { before: 0 });
  paragraph(
    paper,
    'The clause beside the medium is that of M.G.L. c. 93I, § 2: (a) paper documents, (b) electronic and other non-paper media. \u201cKept until\u201d is the last day of the duty to keep the item. A dash means that nothing was recorded.',
    STYLE.small,
  );
  const numbers = new Map(document.items.map((item, index) => [item, index + 1]));
  const reasons = residualReasons(document.items);
  const marks: Marks = new Map(reasons.map((reason, index) => [textKey(reason), `R${index + 1}`]));
  for (const group of GROUPS) {
    const items = document.items.filter((item) => item.outcome === group.outcome);
    if (items.length === 0) continue;
    heading(paper, `${group.title}: ${groupTotal(items)}`, STYLE.subheading, {
      before: 10,
      keep: 80,
      level: 'H3',
    });
    paragraph(paper, group.text, STYLE.small, { after: 4 });
    drawReasons(paper, residualReasons(items), marks);
    table(paper, group.title, COLUMNS, rows(items, numbers, marks), items.length);
  }
}

const GROUPS: readonly { outcome: ItemEntry['outcome']; title: string; text: string }[] = [
  {
    outcome: 'overwritten-verified',
    title: 'Overwritten and read back',
    text: 'Overwritten in place, read back, compared, deleted. No reason was found to expect earlier content elsewhere, beyond what section 4 lists.',
  },
  {
    outcome: 'overwritten-residual',
    title: 'Overwritten, but something may remain',
    text: 'Overwritten and deleted on storage that can keep earlier content elsewhere, for the reasons named with each item.',
  },
  {
    outcome: 'key-erased',
    title: 'Kept encrypted, and the keys destroyed',
    text: 'Cryptographic erase: what is left of these items is encrypted, and the keys that this organization had were destroyed.',
  },
  {
    outcome: 'sanitized',
    title: 'Media sanitized as a whole',
    text: 'The category (NIST SP 800-88 Rev. 2), the medium, and how it was verified stand with each item.',
  },
  {
    outcome: 'rows-deleted',
    title: 'Rows deleted from a database',
    text: 'Deleted in one transaction and counted before and after. What the files of the database may keep is named with each item.',
  },
  {
    outcome: 'attested',
    title: 'Destroyed by people, as they stated',
    text: 'The program that issued this certificate recorded these statements and did not verify them.',
  },
];

function groupTotal(items: readonly ItemEntry[]): string {
  const files = items.reduce((sum, item) => sum + item.files, 0);
  if (files === 0) return itemCount(items.length);
  const bytes = items.reduce((sum, item) => sum + item.bytes, 0);
  return `${itemCount(items.length)}, ${grouped(files)} ${files === 1 ? 'file' : 'files'}, ${bytesInWords(bytes)}`;
}

function* rows(
  items: readonly ItemEntry[],
  numbers: ReadonlyMap<ItemEntry, number>,
  marks: Marks,
): Generator<Row> {
  for (const item of items) {
    const note = noteOf(item, marks);
    yield {
      cells: [
        [{ text: String(numbers.get(item)), style: STYLE.cellMuted }],
        titled(item),
        [
          { text: item.class_title ?? '\u2013', maxLines: 3 },
          ...(item.other_classes ?? []).map((each) => ({
            text: `and ${each.class_title}`,
            style: STYLE.cellMuted,
            maxLines: 3,
          })),
        ],
        [
          { text: MEDIUM_LABELS[item.medium], maxLines: 2 },
          { text: `§ 2(${item.law.clause})`, style: STYLE.cellMuted },
        ],
        [
          {
            text: item.pi_elements.map((element) => ELEMENT_LABELS[element]).join(', ') || '\u2013',
            maxLines: 5,
          },
        ],
        item.data_subjects === null ? '\u2013' : grouped(item.data_subjects),
        item.keep_until ?? '\u2013',
        entryNumbers(item).map((text) => ({ text, style: STYLE.cellMuted })),
      ],
      ...(note === '' ? {} : { note: { text: note, style: STYLE.cellMuted } }),
    };
  }
}

/** One entry stands for both where people did it. */
function entryNumbers({ log }: ItemEntry): string[] {
  const numbers = log.intent_seq === log.outcome_seq ? [log.outcome_seq] : [log.intent_seq, log.outcome_seq];
  return numbers.map(String);
}

/** Everything of an item that has no column, in one line. */
function noteOf(item: ItemEntry, marks: Marks): string {
  const parts: (string | null)[] = [
    item.media && mediaInWords(item.media),
    item.sanitization && `NIST SP 800-88: ${SANITIZATION_LABELS[item.sanitization]}`,
    item.statement && attestedInWords(item.statement).replace(/\.$/, ''),
    workNote(item),
    item.tool && `done by ${item.tool.name} ${item.tool.version}`,
    item.source && `from ${item.source}`,
    ...states(item),
    item.destination && `destination: ${item.destination}`,
    ...item.custody.map(
      ({ on, from, to, detail }) =>
        `handed over ${on}: ${from} to ${to}${detail === null ? '' : ` (${detail})`}`,
    ),
    item.residual.length > 0
      ? `may remain: ${item.residual.map((reason) => marks.get(textKey(reason))).join(', ')}`
      : null,
  ];
  return parts.filter((part) => part !== null && part !== '').join('; ');
}

/** The states before and after, where these are not what the heading and the amount say already. */
function states({ outcome, pre_state: before, post_state: after }: ItemEntry): (string | null)[] {
  const overwritten = outcome === 'overwritten-verified' || outcome === 'overwritten-residual';
  return [
    before !== null && !overwritten ? `before: ${before}` : null,
    after !== null && after !== OVERWRITTEN_STATE ? `after: ${after}` : null,
  ];
}

/** Amount and verification, where these are not what the heading says of the whole group. */
function workNote(item: ItemEntry): string | null {
  const { method, read_from: readFrom, detail } = item.verification;
  const overwritten = item.outcome === 'overwritten-verified' || item.outcome === 'overwritten-residual';
  const parts = [
    item.files > 0 && (item.medium === 'folder' || item.files !== 1)
      ? `${counted(item.files, 'file', 'files')}, ${bytesInWords(item.bytes)}`
      : null,
    overwritten || method === null ? null : `verified: ${VERIFICATION_LABELS[method]}`,
    readFrom === 'page-cache' ? 'read back from the cache only' : null,
    detail,
  ].filter((part) => part !== null);
  return parts.length > 0 ? parts.join('; ') : null;
}

function drawReasons(paper: Paper, reasons: readonly Reason[], marks: Marks): void {
  if (reasons.length === 0) return;
  for (const reason of reasons) {
    paragraph(
      paper,
      `${marks.get(textKey(reason))}  ${reason.text}`,
      { ...STYLE.small, color: COLOR.ink },
      { after: 2 },
    );
  }
  paper.y += 3;
}

function residualReasons(items: readonly ItemEntry[]): Reason[] {
  const reasons = new Map<string, Reason>();
  for (const item of items) for (const reason of item.residual) reasons.set(textKey(reason), reason);
  return [...reasons.values()];
}

/** One code may come with different words, such as the name of a file system. */
function textKey(reason: Reason): string {
  return `${reason.code}\n${reason.text}`;
}

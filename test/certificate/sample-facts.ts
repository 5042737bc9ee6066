import { createHash } from 'node:crypto';
import type {
  CertifiedItemFacts,
  ExceptionFacts,
  IssuedFacts,
  LogReference,
} from '../../src/certificate/index.js';
import {
  type Authority,
  type CalendarDate,
  type PiElement,
  parseCalendarDate,
} from '../../src/model/index.js';

export function day(text: string): CalendarDate {
  const date = parseCalendarDate(text);
  if (date === undefined) throw new Error(`${text} is no day`);
  return date;
}

export function hash(text: string | number): string {
  return createHash('sha256').update(String(text)).digest('hex');
}

const PAYROLL: Authority = {
  citation: '29 CFR 516.5; M.G.L. c. 151 § 15; 454 CMR 27.07',
  source: 'https://www.ecfr.gov/current/title-29/part-516/section-516.5',
  checked: day('2026-11-02'),
  warning: null,
};
const I9: Authority = {
  citation: '8 CFR 274a.2',
  source: 'https://www.ecfr.gov/current/title-8/section-274a.2',
  checked: day('2026-11-02'),
  warning: 'Secondary sources word the later-of rule differently.',
};

const KINDS: readonly {
  recordClass: string;
  classTitle: string;
  authority: Authority;
  title: string;
  pi: PiElement[];
}[] = [
  {
    recordClass: 'payroll',
    classTitle: 'Payroll records',
    authority: PAYROLL,
    title: 'Payroll register, week 14 of 2022',
    pi: ['ssn', 'financial_account'],
  },
  {
    recordClass: 'form-i-9',
    classTitle: 'Employment eligibility (Form I-9)',
    authority: I9,
    title: 'Form I-9 with copies of documents',
    pi: ['ssn', 'drivers_license', 'state_id'],
  },
];

/** Two entries of a log whose hashes are made up from their numbers. */
export function log(intentSeq: number, outcomeSeq: number): LogReference {
  return { intentSeq, intentHash: hash(intentSeq), outcomeSeq, outcomeHash: hash(outcomeSeq) };
}

/** One overwritten file, the `n`th of its run; whatever is given replaces what it would have. */
export function item(n: number, changes: Partial<CertifiedItemFacts> = {}): CertifiedItemFacts {
  const kind = KINDS[n % KINDS.length] ?? KINDS[0];
  if (kind === undefined) throw new Error('no kinds');
  return {
    id: `HR-2022-${String(n).padStart(5, '0')}`,
    title: kind.title,
    recordClass: kind.recordClass,
    classTitle: kind.classTitle,
    medium: 'file',
    piElements: kind.pi,
    dataSubjects: (n % 40) + 1,
    keepUntil: day('2025-12-31'),
    authority: kind.authority,
    outcome: 'overwritten-verified',
    method: 'overwrite-random',
    passes: 1,
    verification: { result: 'passed', readFrom: 'medium' },
    files: 1,
    bytes: 48_213 + n * 17,
    residual: [],
    statement: null,
    log: log(101 + 2 * n, 102 + 2 * n),
    ...changes,
  };
}

export function residualItem(n: number, changes: Partial<CertifiedItemFacts> = {}): CertifiedItemFacts {
  return item(n, {
    outcome: 'overwritten-residual',
    residual: [
      {
        code: 'copy-on-write',
        text: 'The file system (btrfs) writes new content to new blocks and keeps the old ones.',
      },
      {
        code: 'solid-state',
        text: 'The medium is solid-state: it may keep earlier content in cells that it has set aside.',
      },
    ],
    ...changes,
  });
}

export function paperItem(n: number, changes: Partial<CertifiedItemFacts> = {}): CertifiedItemFacts {
  return item(n, {
    id: `BOX-${n}`,
    title: 'Box of paper time cards, Springfield basement, shelf 4',
    medium: 'paper',
    outcome: 'attested',
    method: null,
    passes: 0,
    verification: { result: 'not-performed', readFrom: null },
    files: 0,
    bytes: 0,
    dataSubjects: null,
    statement: {
      method: 'shredded',
      performedBy: 'Rosa Jiménez',
      performedOn: day('2026-11-20'),
      witness: 'Tom O’Hara',
      vendor: 'Bay State Shredding, Inc.',
      reference: 'BSS-88121',
      recordedBy: 'mwhite',
    },
    log: log(102 + 2 * n, 102 + 2 * n),
    ...changes,
  });
}

/** An archive whose keys were destroyed. */
function archiveItem(n: number, changes: Partial<CertifiedItemFacts> = {}): CertifiedItemFacts {
  return item(n, {
    id: `ARCHIVE-${n}`,
    outcome: 'key-erased',
    sanitization: 'purge',
    method: 'cryptographic-erase',
    passes: 0,
    verification: {
      result: 'passed',
      readFrom: null,
      method: 'key-refused',
      detail: 'Copies of the key in backups are attested, not tested.',
    },
    residual: [{ code: 'key-backup', text: 'A backup of the workspace may hold the old key.' }],
    ...changes,
  });
}

/** A drive that was sanitized by its own command. */
function deviceItem(n: number, changes: Partial<CertifiedItemFacts> = {}): CertifiedItemFacts {
  return item(n, {
    id: `DRIVE-${n}`,
    title: 'Drive of the payroll workstation',
    recordClass: null,
    classTitle: null,
    authority: null,
    keepUntil: null,
    medium: 'device',
    media: {
      type: 'solid-state drive',
      vendor: 'Samsung',
      model: 'PM9A3',
      serial: `S64${n}NX0R`,
      propertyNumber: 'PVS-0417',
      capacityBytes: 1_920_383_410_176,
    },
    source: 'Workstation PVS-WS-12, Northampton',
    destination: 'returned to the lessor',
    outcome: 'sanitized',
    sanitization: 'purge',
    method: 'nvme-sanitize',
    passes: 0,
    tool: { name: 'nvme-cli', version: '2.8' },
    verification: {
      result: 'passed',
      readFrom: 'medium',
      method: 'sampled-read-back',
      detail: '1,024 places were read; each held zeros.',
    },
    files: 0,
    bytes: 1_920_383_410_176,
    preState: 'In use, LUKS encrypted',
    postState: 'Empty, no partition table',
    custody: [
      { on: day('2026-11-18'), from: 'Payroll', to: 'IT storage', detail: 'sealed bag 0042' },
      { on: day('2026-11-21'), from: 'IT storage', to: 'Margaret White', detail: null },
    ],
    ...changes,
  });
}

/** Rows that were deleted from a database. */
function rowsItem(n: number, changes: Partial<CertifiedItemFacts> = {}): CertifiedItemFacts {
  return item(n, {
    id: `ROWS-${n}`,
    medium: 'database',
    outcome: 'rows-deleted',
    method: 'rows-deleted-in-transaction',
    passes: 0,
    verification: { result: 'passed', readFrom: null, method: 'row-count', detail: '812 before, 0 after' },
    files: 0,
    bytes: 0,
    residual: [{ code: 'database-pages', text: 'Free pages and the journal of the database may keep rows.' }],
    ...changes,
  });
}

/** Every way in which something ends on a certificate. */
export function everyKind(changes: Partial<IssuedFacts> = {}): IssuedFacts {
  const items = [item(0), residualItem(1), paperItem(2), archiveItem(3), deviceItem(4), rowsItem(5)];
  const statement = {
    ...(items[2]?.statement as NonNullable<CertifiedItemFacts['statement']>),
    place: 'Holyoke plant of the vendor',
    vendorCertificate: { fileName: 'bss-88121.pdf', sha256: hash('vendor') },
  };
  return sampleFacts(6, {
    items: items.map((each, n) => (n === 2 ? { ...each, statement } : each)),
    exceptions: [exception(1), exception(2, { title: null, recordClass: null, log: log(104, 105) })],
    methods: [
      ...sampleFacts(1).methods,
      {
        code: 'cryptographic-erase',
        text: 'The only keys were overwritten and removed, and no longer open the archive.',
      },
      { code: 'nvme-sanitize', text: 'The drive was given its own block erase command (NVMe Sanitize).' },
      { code: 'rows-deleted-in-transaction', text: 'Rows were deleted in one transaction.' },
    ],
    ...changes,
  });
}

export function exception(n: number, changes: Partial<ExceptionFacts> = {}): ExceptionFacts {
  return {
    id: `HR-2021-${String(n).padStart(5, '0')}`,
    title: 'Payroll register, week 3 of 2021',
    recordClass: 'payroll',
    medium: 'file',
    outcome: 'refused',
    reasons: [{ code: 'changed-since-plan', text: 'The file changed after the plan was drawn up.' }],
    log: null,
    ...changes,
  };
}

/** A run of so many items: mostly overwritten, some with a residual, some paper, and two exceptions for every forty. */
export function sampleFacts(count: number, changes: Partial<IssuedFacts> = {}): IssuedFacts {
  const lastSeq = 103 + 2 * count;
  const items = Array.from({ length: count }, (_, n) => {
    if (count > 1 && n % 10 === 7) return residualItem(n);
    if (count > 1 && n % 20 === 13) return paperItem(n);
    if (n % 9 === 4)
      return item(n, {
        medium: 'folder',
        files: 12,
        verification: { result: 'passed', readFrom: 'page-cache' },
      });
    return item(n);
  });
  const exceptions =
    count < 10
      ? []
      : [
          exception(1),
          exception(2, {
            outcome: 'already-gone',
            reasons: [{ code: 'missing', text: 'Nothing was at the location when the run came to it.' }],
            log: log(102, 103),
          }),
          exception(3, {
            id: 'USB-12',
            title: null,
            medium: 'removable',
            outcome: 'waiting',
            reasons: [{ code: 'person-needed', text: 'A person must destroy the medium and record it.' }],
          }),
        ];
  return {
    number: '2026-0007',
    workspaceId: '3f6d2a58-6a0f-4a0e-9c7e-5e2c6a1f0b11',
    organization: { name: 'Pioneer Valley Staffing, Inc.', address: '14 Main Street, Northampton, MA 01060' },
    replaces: null,
    subject: {
      kind: 'sweep',
      id: 'run-20261121-0001',
      plan: { id: 'plan-20261120-0001', sha256: hash('plan'), asOf: day('2026-11-20'), scheduleVersion: 3 },
    },
    startedAt: '2026-11-21T07:00:02.115Z',
    finishedAt: '2026-11-21T07:04:41.902Z',
    issuedAt: '2026-11-21T07:04:42.310Z',
    timeZone: 'America/New_York',
    operator: { id: 'mwhite', name: 'Margaret White', account: 'mwhite' },
    approvals: [
      {
        operatorId: 'dnguyen',
        operatorName: 'Dũng Nguyễn',
        approvedAt: '2026-11-20T21:14:00.000Z',
        statement: '{"approve":"plan-20261120-0001"}',
        signature: Buffer.alloc(64, 7).toString('base64'),
      },
    ],
    items,
    exceptions,
    methods: [
      {
        code: 'overwrite-random',
        text: 'Each file was overwritten once over its whole allocated length with an AES-256-CTR keystream under a random key, flushed to the device, read back and compared, renamed to a neutral name, truncated and deleted.',
      },
    ],
    limits: [],
    holdsInForce: 2,
    tool: { name: 'Quietus', version: '0.1.0' },
    signer: null,
    log: { firstSeq: 100, lastSeq, headHash: hash(lastSeq), checkpoint: null },
    ...changes,
  };
}

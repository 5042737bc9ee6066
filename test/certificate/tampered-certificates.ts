import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { packBundle, unpackBundle } from '../../src/certificate/bundle-archive.js';
import { makeFiles } from '../../src/certificate/certificate-files.js';
import { type CertificateDocument, serialize } from '../../src/certificate/certificate-format.js';
import {
  certificateSigner,
  exportBundle,
  issueCertificate,
  type OutsideTrust,
} from '../../src/certificate/index.js';
import {
  createSigningKey,
  makeSignerCertificate,
  readCertificate,
  type SigningIdentity,
  sha256,
  signDetached,
  signText,
} from '../../src/crypto/index.js';
import type { Session } from '../../src/session/index.js';
import { sampleSession } from '../session/sample-workspace.js';
import { temporaryFolder } from '../temporary-folder.js';
import { recordRun } from './certified-run.js';

/** Two certificates of one workspace, one of another with the same number, and what an attacker has. */
export interface Kit {
  session: Session;
  files: Map<string, Buffer>;
  second: Map<string, Buffer>;
  foreign: Map<string, Buffer>;
  trust: OutsideTrust;
  attacker: SigningIdentity;
}

const STEM = 'certificate-2026-0001';
const JSON_FILE = `${STEM}.json`;
const PDF_FILE = `${STEM}.pdf`;
const LONG = { from: new Date('2025-01-01T00:00:00Z'), until: new Date('2046-01-01T00:00:00Z') };

export async function makeKit(): Promise<Kit> {
  const [session, other] = [await sampleSession(), await sampleSession()];
  for (const [each, run] of [
    [session, 'run-1'],
    [session, 'run-2'],
    [other, 'run-1'],
  ] as const)
    await issueCertificate(each, await recordRun(each, run));
  const names = { organization: 'Acme Dental', commonName: 'Acme Dental, certificates of destruction' };
  const files = await bundle(session, '2026-0001');
  return {
    session,
    files,
    second: await bundle(session, '2026-0002'),
    foreign: await bundle(other, '2026-0001'),
    trust: {
      certificates: (await certificateSigner(session)).record.certificates,
      logKey: text(files, 'log/key'),
    },
    attacker: { ...(await makeSignerCertificate(names, LONG)), chain: [] },
  };
}

async function bundle(session: Session, number: string): Promise<Map<string, Buffer>> {
  const path = join(temporaryFolder(), 'bundle.zip');
  await exportBundle(session, number, path, { force: false });
  return unpackBundle(readFileSync(path));
}

/** The bundle as a zip, with the list of digests made anew: whoever forges a file forges the list as well. */
export async function packed(files: Map<string, Buffer>, sums = true): Promise<Buffer> {
  if (sums) {
    const lines = [...files].filter(([name]) => name !== 'SHA256SUMS');
    const list = lines.map(([name, bytes]) => `${sha256(bytes)}  ${name}\n`).join('');
    files.set('SHA256SUMS', Buffer.from(list));
  }
  return await packBundle(files, new Date('2026-03-02T00:00:00Z'));
}

function text(files: Map<string, Buffer>, name: string): string {
  return get(files, name).toString('utf8');
}

function get(files: Map<string, Buffer>, name: string): Buffer {
  const bytes = files.get(name);
  if (bytes === undefined) throw new Error(`The bundle has no ${name}`);
  return bytes;
}

/** One way to tamper with a certificate, and why it is refused. */
export interface Tampering {
  what: string;
  /** Changes the files of a bundle, or gives the bytes of one file instead of it. */
  change: (kit: Kit, files: Map<string, Buffer>) => unknown;
  /** Check that fails, and what its line says. */
  check: string;
  says: RegExp;
  /** Trusts the certificate that the tampering brings along, to see that another check fails. */
  trustsBundled?: boolean;
  /** Leaves the list of digests as it was. */
  keepsSums?: boolean;
}

function document(files: Map<string, Buffer>): CertificateDocument {
  return JSON.parse(text(files, JSON_FILE)) as CertificateDocument;
}

function rewrite(files: Map<string, Buffer>, change: (document: CertificateDocument) => void): void {
  const changed = document(files);
  change(changed);
  files.set(JSON_FILE, Buffer.from(serialize(changed)));
}

function replaced(files: Map<string, Buffer>, name: string, from: string, to: string): void {
  const before = text(files, name);
  if (!before.includes(from)) throw new Error(`${name} does not hold what is to be replaced`);
  files.set(name, Buffer.from(before.replace(from, to)));
}

/** Signs everything anew, as the identity: JSON, PDF and what they name. */
async function resign(
  files: Map<string, Buffer>,
  identity: SigningIdentity,
  change: (document: CertificateDocument) => void = () => {},
): Promise<void> {
  const changed = document(files);
  const facts = readCertificate(identity.certificate);
  changed.signer = { name: facts.commonName ?? '', certificate_sha256: facts.fingerprint };
  change(changed);
  const made = (await makeFiles(changed, identity)).files;
  files.set(JSON_FILE, Buffer.from(made.json));
  files.set(`${JSON_FILE}.p7s`, Buffer.from(made.signature));
  files.set(PDF_FILE, Buffer.from(made.pdf));
  files.set('signer.pem', Buffer.from(identity.certificate));
}

/** An update appended to a PDF (ISO 32000-1, 7.5.6): a new title, and all the rest as it was. */
function appended(pdf: Buffer, object: string): Buffer {
  const trailer = pdf.toString('latin1');
  const root = /\/Root (\d+ 0 R)/.exec(trailer)?.[1];
  const info = /\/Info (\d+) 0 R/.exec(trailer)?.[1];
  const size = Number(/\/Size (\d+)/.exec(trailer)?.[1]);
  const before = /startxref\n(\d+)/.exec(trailer)?.[1];
  const body = `\n${size} 0 obj\n${object}\nendobj\n`;
  const at = pdf.length + body.length;
  const table = `xref\n${size} 1\n${String(pdf.length + 1).padStart(10, '0')} 00000 n \n`;
  const end = `trailer\n<< /Size ${size + 1} /Root ${root} /Info ${info} 0 R /Prev ${before} >>\nstartxref\n${at}\n%%EOF`;
  return Buffer.concat([pdf, Buffer.from(body + table + end, 'latin1')]);
}

const short = (from: string, until: string) =>
  makeSignerCertificate(
    { organization: 'Acme Dental', commonName: 'Acme Dental' },
    { from: new Date(from), until: new Date(until) },
  );

export const TAMPERINGS: readonly Tampering[] = [
  {
    what: 'a field of the JSON changed',
    change: (_kit, files) => rewrite(files, (d) => (d.hold_check.holds_in_force = 7)),
    check: 'signature',
    says: /changed after it was signed/,
  },
  {
    what: 'an item taken out of the JSON',
    change: (_kit, files) => rewrite(files, (d) => d.items.pop()),
    check: 'schema',
    says: /totals\.items is not the sum/,
  },
  {
    what: 'an exception turned into nothing',
    change: (_kit, files) =>
      rewrite(files, (d) => {
        d.exceptions = [];
        d.totals.exceptions = 0;
      }),
    check: 'signature',
    says: /changed after it was signed/,
  },
  {
    what: 'the signature of the JSON stripped',
    change: (_kit, files) => void files.delete(`${JSON_FILE}.p7s`),
    check: 'signature',
    says: /comes without its signature/,
  },
  {
    what: 'the signer taken out of the JSON, and its signature stripped',
    change: (_kit, files) => {
      rewrite(files, (d) => (d.signer = null));
      files.delete(`${JSON_FILE}.p7s`);
    },
    check: 'same',
    says: /another document/,
  },
  {
    what: 'a JSON signed by somebody else under the same name',
    change: async ({ attacker }, files) => {
      const signature = await signDetached(get(files, JSON_FILE), attacker, {
        signingTime: new Date(document(files).issued_at),
      });
      files.set(`${JSON_FILE}.p7s`, signature);
    },
    check: 'signer',
    says: /another one than the document names/,
  },
  {
    what: 'everything made anew and signed by somebody else',
    change: ({ attacker }, files) => resign(files, attacker),
    check: 'chain',
    says: /does not lead to a certificate that is trusted/,
  },
  {
    what: 'the signature of another certificate',
    change: ({ second }, files) =>
      void files.set(`${JSON_FILE}.p7s`, get(second, 'certificate-2026-0002.json.p7s')),
    check: 'signature',
    says: /changed after it was signed/,
  },
  {
    what: 'a JSON with a key twice',
    change: (_kit, files) =>
      replaced(files, JSON_FILE, '  "number":', '  "number": "2026-0009",\n  "number":'),
    check: 'schema',
    says: /a key twice/,
  },
  {
    what: 'a JSON in another layout',
    change: (_kit, files) =>
      void files.set(JSON_FILE, Buffer.from(JSON.stringify(JSON.parse(text(files, JSON_FILE))))),
    check: 'schema',
    says: /not written as it was issued/,
  },
  {
    what: 'a JSON with a byte order mark',
    change: (_kit, files) =>
      void files.set(JSON_FILE, Buffer.concat([Buffer.from('\ufeff'), get(files, JSON_FILE)])),
    check: 'schema',
    says: /byte order mark/,
  },
  {
    what: 'a JSON with a field that the format has not',
    change: (_kit, files) => rewrite(files, (d) => Object.assign(d, { note: 'all copies are gone' })),
    check: 'schema',
    says: /not a field of a certificate/,
  },
  {
    what: 'signed with a certificate that had expired',
    change: async (_kit, files) =>
      await resign(files, { ...(await short('2024-01-01', '2025-01-01')), chain: [] }),
    check: 'validity',
    says: /had expired/,
    trustsBundled: true,
  },
  {
    what: 'signed with a certificate that was not valid yet',
    change: async (_kit, files) =>
      await resign(files, { ...(await short('2027-01-01', '2028-01-01')), chain: [] }),
    check: 'validity',
    says: /not valid yet/,
    trustsBundled: true,
  },
  {
    what: 'signed later than it says that it was issued',
    change: async ({ session }, files) => {
      const signer = await certificateSigner(session);
      const signature = await signDetached(get(files, JSON_FILE), signer, {
        signingTime: new Date('2026-11-01T00:00:00Z'),
      });
      files.set(`${JSON_FILE}.p7s`, signature);
    },
    check: 'validity',
    says: /another time than the document tells/,
  },
  {
    what: 'a certificate of another workspace with the same number',
    change: async ({ foreign }) => await packed(new Map(foreign)),
    check: 'checkpoint',
    says: /not signed by the key of the log that you trust/,
  },
  {
    what: 'the files of another workspace among the log of this one',
    change: ({ foreign }, files) => {
      for (const name of [JSON_FILE, PDF_FILE, `${JSON_FILE}.p7s`]) files.set(name, get(foreign, name));
    },
    check: 'log-inclusion',
    says: /lacks entry|has another one/,
  },
  {
    what: 'the proof of another entry',
    change: (_kit, files) => {
      const [first, second] = document(files).items.map(({ log }) => log.outcome_seq);
      files.set(`log/${first}.tlog-proof`, get(files, `log/${second}.tlog-proof`));
    },
    check: 'log-inclusion',
    says: /is missing, or is of another entry/,
  },
  {
    what: 'a proof taken away',
    change: (_kit, files) => void files.delete(`log/${document(files).items[0]?.log.outcome_seq}.tlog-proof`),
    check: 'log-inclusion',
    says: /is missing, or is of another entry/,
  },
  {
    what: 'an entry of the log edited',
    change: (_kit, files) =>
      replaced(files, `log/${document(files).items[0]?.log.outcome_seq}.json`, '"done"', '"gone"'),
    check: 'log-inclusion',
    says: /has another one under its number/,
  },
  {
    what: 'the checkpoint of another log',
    change: ({ foreign }, files) => void files.set('log/checkpoint', get(foreign, 'log/checkpoint')),
    check: 'checkpoint',
    says: /not signed by the key/,
  },
  {
    what: 'the statement that it stands, edited',
    change: (_kit, files) => replaced(files, 'status.json', '"as_of":"20', '"as_of":"21'),
    check: 'revocation',
    says: /not as it was signed/,
  },
  {
    what: 'the statement that another one stands',
    change: ({ second }, files) => {
      for (const name of ['status.json', 'status.json.p7s']) files.set(name, get(second, name));
    },
    check: 'revocation',
    says: /of another certificate/,
  },
  {
    what: 'the statement that it stands taken away',
    change: (_kit, files) => void files.delete('status.json'),
    check: 'revocation',
    says: /does not say whether/,
  },
  {
    what: 'a file added to the bundle',
    change: (_kit, files) => void files.set('note.txt', Buffer.from('trust me')),
    check: 'files',
    says: /1 files are not as they were packed/,
    keepsSums: true,
  },
  {
    what: 'a counter-signature by another key',
    change: (_kit, files) => {
      const { privateKey } = createSigningKey();
      const statement = JSON.stringify({ certificate: '2026-0001', role: 'witness' });
      files.set('countersignatures/mroe.statement', Buffer.from(statement));
      files.set('countersignatures/mroe.sig', Buffer.from(signText(statement, privateKey), 'base64'));
      files.set('countersignatures/mroe.pub.pem', Buffer.from(createSigningKey().publicKey));
    },
    check: 'countersignature',
    says: /not by the key of mroe/,
  },
  {
    what: 'a counter-signature of another certificate',
    change: (_kit, files) => {
      const { privateKey, publicKey } = createSigningKey();
      const statement = JSON.stringify({
        format: 'quietus-countersignature/1',
        certificate: '2026-0002',
        operator: 'mroe',
      });
      files.set('countersignatures/mroe.statement', Buffer.from(statement));
      files.set('countersignatures/mroe.sig', Buffer.from(signText(statement, privateKey), 'base64'));
      files.set('countersignatures/mroe.pub.pem', Buffer.from(publicKey));
    },
    check: 'countersignature',
    says: /of another certificate/,
  },
  {
    what: 'the PDF of another certificate',
    change: ({ second }, files) => void files.set(PDF_FILE, get(second, 'certificate-2026-0002.pdf')),
    check: 'same',
    says: /another document/,
  },
  {
    what: 'a byte of the PDF changed',
    change: (_kit, files) => {
      const pdf = Buffer.from(get(files, PDF_FILE));
      pdf.writeUInt8(pdf.readUInt8(600) ^ 1, 600);
      return pdf;
    },
    check: 'signature',
    says: /changed after it was signed/,
  },
  {
    what: 'an update appended to the signed PDF',
    change: (_kit, files) => appended(get(files, PDF_FILE), '<< /Title (Certificate of Nothing) >>'),
    check: 'signature',
    says: /appended to the PDF after it was signed/,
  },
  {
    what: 'a second signature appended to the PDF',
    change: (_kit, files) =>
      appended(
        get(files, PDF_FILE),
        '<< /Type /Sig /Filter /Adobe.PPKLite /SubFilter /ETSI.CAdES.detached /ByteRange [0 10 20 30] /Contents <3000> >>',
      ),
    check: 'signature',
    says: /carries 2 signatures/,
  },
  {
    what: 'the signature of the PDF blanked',
    change: (_kit, files) =>
      Buffer.from(
        get(files, PDF_FILE)
          .toString('latin1')
          .replace(/\/Contents <[0-9a-f]+>/, (found) => found.replace(/[0-9a-f](?=[0-9a-f]*>)/g, '0')),
        'latin1',
      ),
    check: 'signature',
    says: /cannot be read/,
  },
  {
    what: 'the signature of the PDF taken out',
    change: (_kit, files) =>
      Buffer.from(get(files, PDF_FILE).toString('latin1').replace('/ByteRange', '/ByteSpace'), 'latin1'),
    check: 'signature',
    says: /carries no signature/,
  },
  {
    what: 'a PDF whose signature leaves its end out',
    change: (_kit, files) =>
      Buffer.from(
        get(files, PDF_FILE)
          .toString('latin1')
          .replace(
            /\/ByteRange \[0 (\d+) (\d+) (\d+)\]/,
            (_found, a: string, b: string, c: string) =>
              `/ByteRange [0 ${a} ${b} ${String(Number(c) - 900).padStart(c.length, '0')}]`,
          ),
        'latin1',
      ),
    check: 'signature',
    says: /changed after it was signed|appended/,
  },
];

import { randomBytes } from 'node:crypto';
import { mkdir, readdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { type SigningIdentity, sha256, signDetached } from '../crypto/index.js';
import { badInput } from '../model/index.js';
import { readAtMost, readableMode, syncFolder, writeFileAtomically } from '../workspace/index.js';
import { type CertificateDocument, serialize } from './certificate-format.js';
import { drawWith, type PdfAssets } from './pdf-assets.js';
import type { Timestamping } from './signature-timestamp.js';

/** Where the files of a certificate lie. */
export interface CertificatePaths {
  json: string;
  /** Detached signature of the JSON file; there is none of version 1. */
  signature: string;
  pdf: string;
}

const KINDS = ['json', 'signature', 'pdf'] as const;
const SUFFIXES = { json: '.json', signature: '.json.p7s', pdf: '.pdf' } as const;

export function certificatePaths(folder: string, number: string): CertificatePaths {
  return pathsFrom(join(folder, `certificate-${number}`));
}

function pathsFrom(stem: string): CertificatePaths {
  const { json, signature, pdf } = SUFFIXES;
  return { json: stem + json, signature: stem + signature, pdf: stem + pdf };
}

/** Content of the files, by kind. */
type CertificateContent = Record<keyof CertificatePaths, Uint8Array>;

/** What the settings add to the files. */
export interface FileOptions extends Partial<PdfAssets> {
  timestamp?: Timestamping | undefined;
}

/** Signs the document, and makes the PDF that carries both and is signed itself. */
export async function makeFiles(
  document: CertificateDocument,
  identity: SigningIdentity,
  options: FileOptions = {},
): Promise<{
  files: CertificateContent;
  digests: { jsonSha256: string; signatureSha256: string; pdfSha256: string };
  /** How many different characters the PDF prints as boxes. */
  missingCharacters: number;
}> {
  const { renderCertificate } = await import('./certificate-pdf.js');
  const { signPdf } = await import('./pdf-signature.js');
  const json = Buffer.from(serialize(document));
  const jsonSha256 = sha256(json);
  const signature = await signDetached(json, identity, {
    signingTime: new Date(document.issued_at),
    timestamp: options.timestamp,
  });
  const name = `certificate-${document.number}${SUFFIXES.json}`;
  const attachments = [
    { name, bytes: json, type: 'application/json', description: 'The certificate as a JSON document' },
    {
      name: `certificate-${document.number}${SUFFIXES.signature}`,
      bytes: signature,
      type: 'application/pkcs7-signature',
      description: 'Detached signature (CMS) of the JSON document',
    },
  ];
  const { bytes, missingCharacters } = await drawWith(
    { font: options.font ?? null, logo: options.logo ?? null },
    (assets) => renderCertificate(document, { documentSha256: jsonSha256, ...assets, attachments }),
  );
  const pdf = await signPdf(bytes, identity, options.timestamp);
  return {
    files: { json, signature, pdf },
    digests: { jsonSha256, signatureSha256: sha256(signature), pdfSha256: sha256(pdf) },
    missingCharacters,
  };
}

export interface StagedFiles {
  /**
   * Gives the files their names; replaces what an issue that was cut off has left under them, and removes
   * what other attempts for the same run have staged. Only for whom the number is kept by a transaction.
   */
  publish(): Promise<void>;
  /** Removes the files; nothing where they were published. */
  discard(): Promise<void>;
}

/** Writes the files whole under names of their own, so that they can be published while the number is kept. */
export async function stageFiles(
  folder: string,
  run: { id: string; number: string },
  content: CertificateContent,
): Promise<StagedFiles> {
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const attempt = join(folder, `${stagedPrefix(run.id)}${randomBytes(4).toString('hex')}`);
  const staged = pathsFrom(attempt);
  const discard = async () => {
    for (const kind of KINDS) await rm(staged[kind], { force: true });
  };
  try {
    const mode = readableMode(folder);
    for (const kind of KINDS) await writeFileAtomically(staged[kind], content[kind], { mode });
  } catch (error) {
    await discard();
    throw error;
  }
  return {
    async publish() {
      const paths = certificatePaths(folder, run.number);
      for (const kind of KINDS) await rename(staged[kind], paths[kind]);
      const others = (await readdir(folder)).filter((name) => name.startsWith(stagedPrefix(run.id)));
      for (const name of others) await rm(join(folder, name), { force: true });
      await syncFolder(folder);
    },
    discard,
  };
}

function stagedPrefix(runId: string): string {
  return `.staged-${runId}-`;
}

/** Far above any key file. */
const MAX_GIVEN_BYTES = 4 * 1024 * 1024;

/** A small file that a person named: a key, a certificate. @throws Fault as `readCertificateFile`; `file-too-large` */
export async function readGivenFile(path: string): Promise<Buffer> {
  const bytes = readNamed(path, MAX_GIVEN_BYTES, 'Check the path');
  if (bytes.length <= MAX_GIVEN_BYTES) return bytes;
  throw badInput('file-too-large', `The file ${path} is too large for a key or a certificate`, {
    hint: 'Check the name of the file',
  });
}

/** The same as text. */
export async function readGivenText(path: string): Promise<string> {
  return (await readGivenFile(path)).toString('utf8');
}

/** A bundle of a certificate of 10,000 items has a tenth of this at most. */
const MAX_CERTIFICATE_BYTES = 256 * 1024 * 1024;

/**
 * Reads a certificate, or a bundle; no further than a certificate can be, whatever the file is.
 *
 * @throws Fault `certificate-file-missing`, `certificate-file-unreadable`, `file-too-large` (exit 2)
 */
export async function readCertificateFile(path: string): Promise<Buffer> {
  const bytes = readNamed(
    path,
    MAX_CERTIFICATE_BYTES,
    'Name a file, or a number such as 2026-0001 from: quietus certificate list',
  );
  if (bytes.length <= MAX_CERTIFICATE_BYTES) return bytes;
  throw badInput('file-too-large', `The file ${path} is too large for a certificate`, {
    hint: 'Check the name of the file',
  });
}

/** @param missing what to do where it is not there */
function readNamed(path: string, most: number, missing: string): Buffer {
  try {
    return readAtMost(path, most);
  } catch (cause) {
    const code = (cause as NodeJS.ErrnoException).code;
    if (code === 'ENOENT') {
      throw badInput('certificate-file-missing', `There is no file ${path}`, {
        cause,
        hint: missing,
      });
    }
    throw badInput(
      'certificate-file-unreadable',
      `The file ${path} cannot be read (${code ?? 'unknown error'})`,
      {
        cause,
        hint: code === 'EISDIR' ? 'Name the file, not its folder' : 'Check the permissions of the file',
      },
    );
  }
}

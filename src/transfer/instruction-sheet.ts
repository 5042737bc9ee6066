import { basename } from 'node:path';
import { keyKindOf } from '../model/index.js';
import type { EncryptionResult } from './encryption.js';

/** One step of the way from the encrypted file to what is in it. */
export interface SheetStep {
  text: string;
  /** Commands to type as they stand, one a line. */
  commands: readonly string[];
}

/** How the recipient opens a file, for paper and for a text file. */
export interface InstructionSheet {
  title: string;
  /** Facts as heading and value. */
  facts: readonly (readonly [string, string])[];
  steps: readonly SheetStep[];
  notes: readonly string[];
}

/** What the commands call the recipient's own files. */
const KEY_FILE = 'key.txt';

/**
 * The sheet of one file.
 *
 * @param organization who sends it
 */
export function instructionSheet(result: EncryptionResult, organization: string): InstructionSheet {
  if (result.output === null) throw new Error('a pipe has no instruction sheet');
  const file = basename(result.output);
  const [typedFile, typedPlain] = [file, plainName(result, file)].map(typed) as [string, string];
  return {
    title: `How to open ${file}`,
    facts: [
      ['From', organization],
      ['Transfer', result.transfer],
      ['For', addressees(result)],
      ['SHA-256', result.facts.ciphertextSha256 ?? ''],
      ['Opened with', openedWith(result)],
    ],
    steps: [
      ...openingSteps(result, typedFile, typedPlain),
      ...contentSteps(result, typedPlain),
      lastStep(result, typedFile),
    ],
    notes: notesOf(result),
  };
}

/**
 * A name as it is typed at a command line; double quotes are understood by all of them. What could be an option, a list of
 * names (7z) or another machine (tar) begins as a path.
 */
function typed(name: string): string {
  const safe = /^[-@]|:/.test(name) ? `./${name}` : name;
  if (/^[\w@%+=:,./-]+$/.test(safe)) return safe;
  return /["$`\\!]/.test(safe) ? `'${safe.replaceAll("'", "'\\''")}'` : `"${safe}"`;
}

/** What the content is called once it is out. */
function plainName({ choice, entryName, packed, compressed }: EncryptionResult, file: string): string {
  if (choice.format === 'zip' || choice.format === 'html') return entryName;
  const opened = file.replace(/\.(?:age|p7m|cms)$/i, '');
  const suffix = packed ? (compressed ? '.tar.gz' : '.tar') : compressed ? '.gz' : '';
  const named = opened.endsWith(suffix) ? opened : `${opened}${suffix}`;
  return named === file ? `${file}.open` : named;
}

function addressees({ recipients }: EncryptionResult): string {
  const named = recipients.filter(({ recovery }) => !recovery);
  return named
    .map(({ name, organization }) => (organization === null ? name : `${organization} (${name})`))
    .join(', ');
}

function openedWith({ choice, recipients }: EncryptionResult): string {
  if (!choice.byPassphrase)
    return choice.format === 'cms' ? 'your certificate and its private key' : 'your age key';
  const channels = [
    ...new Set(recipients.map(({ channel }) => channel).filter((channel) => channel !== null)),
  ];
  return `a passphrase, which comes by another way: ${channels.join(', ')}`;
}

function openingSteps(result: EncryptionResult, file: string, plain: string): SheetStep[] {
  const { choice, armored } = result;
  switch (choice.format) {
    case 'age':
      return choice.byPassphrase
        ? [
            step('Install age 1.0 or later: https://age-encryption.org'),
            step(
              'In the folder with the file, type this, and the passphrase when it asks:',
              `age -d -o ${plain} ${file}`,
            ),
          ]
        : [
            step(`Install age ${needsNewAge(result) ? '1.3' : '1.0'} or later: https://age-encryption.org`),
            step(
              `In the folder with the file, type this. ${KEY_FILE} stands for the file with your key (AGE-SECRET-KEY-...):`,
              `age -d -i ${KEY_FILE} -o ${plain} ${file}`,
            ),
          ];
    case 'cms':
      return [
        step('Have OpenSSL 3.0 or later: it is part of Linux, and of Git for Windows. Type: openssl version'),
        step(
          'In the folder with the file, type this. certificate.pem and key.pem stand for the files with your certificate and its private key:',
          `openssl cms -decrypt -binary -inform ${armored ? 'PEM' : 'DER'} -in ${file} -recip certificate.pem -inkey key.pem -out ${plain}`,
        ),
      ];
    case 'zip':
      return [
        step(
          'Install 7-Zip (Windows), Keka (macOS) or p7zip (Linux). WinZip works, too; the Windows Explorer does not.',
        ),
        step('Open the file with it and type the passphrase; or, at a command line:', `7z x ${file}`),
      ];
    case 'html':
      return [
        step(`Save the file ${file} to disk first; do not open it in the mail program.`),
        step('Open it with a current browser (Chrome, Edge, Firefox or Safari). It works without a network.'),
        step('Type the passphrase, and save what it offers.'),
      ];
  }
}

function needsNewAge({ recipients }: EncryptionResult): boolean {
  return recipients.some((each) => keyKindOf(each) === 'age-pq');
}

function contentSteps({ packed, compressed }: EncryptionResult, plain: string): SheetStep[] {
  if (packed)
    return [step('Unpack it with tar, which Windows 10, macOS and Linux have:', `tar -xf ${plain}`)];
  return compressed ? [step('Uncompress it:', `gunzip ${plain}`)] : [];
}

function lastStep({ facts }: EncryptionResult, file: string): SheetStep {
  return step(
    `If it does not open, see whether it is whole: it has ${facts.ciphertextBytes} bytes and the SHA-256 above. On Windows the command is: certutil -hashfile FILE SHA256`,
    `sha256sum ${file}`,
  );
}

function notesOf({ choice }: EncryptionResult): string[] {
  const notes = [
    'What comes out is not encrypted any more. Keep it where only those who need it can read it, and destroy it when it is no longer needed.',
  ];
  if (choice.byPassphrase)
    notes.unshift(
      'The passphrase never comes by the way on which this file came. If it does, tell the sender and do not use it.',
    );
  if (choice.format === 'html')
    notes.push('Mail filters may hold such a file back. If it does not arrive, tell the sender.');
  return notes;
}

function step(text: string, ...commands: string[]): SheetStep {
  return { text, commands };
}

/** The sheet as plain text, 7-bit where the organization's name is. */
export function sheetText(sheet: InstructionSheet): string {
  const lines = [sheet.title, '='.repeat(sheet.title.length), ''];
  for (const [head, value] of sheet.facts) lines.push(`${`${head}:`.padEnd(13)}${value}`);
  for (const [index, { text, commands }] of sheet.steps.entries()) {
    lines.push('', ...filled(`${index + 1}. ${text}`, '   '));
    for (const command of commands) lines.push('', `       ${command}`);
  }
  for (const note of sheet.notes) lines.push('', ...filled(note, ''));
  return `${lines.join('\n')}\n`;
}

const TEXT_COLUMNS = 78;

function filled(text: string, indent: string): string[] {
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(' ')) {
    if (line !== '' && `${line} ${word}`.length > TEXT_COLUMNS) {
      lines.push(line);
      line = indent + word;
    } else line = line === '' ? word : `${line} ${word}`;
  }
  return [...lines, line];
}

// Writes docs/commands.md from the built program's manifest; with --check only says whether it is up to date.
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from './build.mjs';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const target = join(root, 'docs', 'commands.md');

const EXIT_CODES = [
  ['0', 'done; nothing needs a person'],
  ['1', 'a defect of this program; nothing is known about what was done, see `quietus log list`'],
  ['2', 'the command line, a setting or an input file is wrong; nothing was done'],
  ['3', 'done in part: some items failed or were left out, and are listed'],
  ['4', 'refused by policy: a hold, a missing approval, a limit that was reached'],
  ['5', 'verification failed: a log, certificate or medium is not what it should be'],
  ['6', 'something waits for a person: approvals, defects in the inventory'],
  ['7', 'another run holds the lock, or another process the database'],
  ['129', 'the terminal was closed (SIGHUP); what was finished is recorded'],
  ['130', 'interrupted (Ctrl-C, SIGTERM); what was finished is recorded'],
];

const INTRODUCTION = `# Commands

Made from the program itself by \`npm run docs\`; do not edit it by hand.

A command prints its result on stdout and messages on stderr. With \`--json\` stdout carries one JSON document
and nothing else: the result, or \`{"error": {"code", "message", "hint", "exit_code", "details"}}\`. Its keys are
snake_case. An error in JSON repeats no argument, no value of a flag and no secret, and tells the home folder as
\`~\`.

Questions are asked on a terminal only; every answer can be given with a flag instead, and \`--no-input\` turns
questions into exit code 2. Colour is used on a terminal only, and not when \`NO_COLOR\` is set. Data from files
and the database is printed with control characters made visible. The first Ctrl-C stops a command at the next
safe point, the second one at once. Closing the terminal stops it as the first Ctrl-C does, unless it was started
under \`nohup\`. \`QUIETUS_DEBUG=1\` prints stack traces on stderr.

\`quietus completion bash|zsh\` prints a completion script.`;

const manifest = async () => {
  await build();
  return JSON.parse(readFileSync(join(root, 'oclif.manifest.json'), 'utf8'));
};

function document(commands, topics) {
  const sections = commands.map((command) => commandSection(command));
  const contents = commands.map(
    ({ id, summary }) => `| [\`${words(id)}\`](#${anchor(id)}) | ${cell(summary)} |`,
  );
  const [first] = commands;
  return [
    INTRODUCTION,
    `## Exit codes\n\n| code | meaning |\n| --- | --- |\n${EXIT_CODES.map(([code, text]) => `| ${code} | ${text} |`).join('\n')}`,
    `## Flags of every command\n\n${flagTable(Object.values(first.flags).filter(isGlobal))}`,
    `## Topics\n\n| topic | about |\n| --- | --- |\n${topics.map(([name, text]) => `| \`${name}\` | ${cell(text)} |`).join('\n')}`,
    `## All commands\n\n| command | what it does |\n| --- | --- |\n${contents.join('\n')}`,
    ...sections,
  ]
    .join('\n\n')
    .concat('\n');
}

function commandSection(command) {
  const flags = Object.values(command.flags).filter((flag) => !isGlobal(flag) && !flag.hidden);
  const args = Object.values(command.args);
  const usage = [
    'quietus',
    words(command.id),
    ...args.map(
      (arg) =>
        (arg.required ? arg.name.toUpperCase() : `[${arg.name.toUpperCase()}]`) + (arg.multiple ? '...' : ''),
    ),
    ...flags.filter((flag) => flag.required).map((flag) => `--${flag.name} ${valueName(flag)}`),
    ...(flags.some((flag) => !flag.required) ? ['[FLAGS]'] : []),
  ].join(' ');
  return [
    `### ${words(command.id)}`,
    resolved(command.description, command.id),
    fenced(usage),
    ...(args.length > 0 ? [argumentTable(args)] : []),
    ...(flags.length > 0 ? [flagTable(flags)] : []),
    ...examples(command),
  ].join('\n\n');
}

function argumentTable(args) {
  const rows = args.map(
    (arg) =>
      `| \`${arg.name.toUpperCase()}\` | ${cell([arg.description, choices(arg.options), arg.required ? 'Required.' : ''])} |`,
  );
  return `| argument | meaning |\n| --- | --- |\n${rows.join('\n')}`;
}

function flagTable(flags) {
  const rows = flags.map((flag) => {
    const short = flag.char === undefined ? '' : `-${flag.char}, `;
    const value = flag.type === 'option' ? ` ${valueName(flag)}` : '';
    const facts = [
      flag.description,
      choices(flag.options),
      flag.default === undefined || flag.default === false ? '' : `Default: ${flag.default}.`,
      flag.multiple ? 'Can be given several times.' : '',
      flag.required ? 'Required.' : '',
    ];
    return `| \`${short}--${flag.allowNo ? '[no-]' : ''}${flag.name}${value}\` | ${cell(facts)} |`;
  });
  return `| flag | meaning |\n| --- | --- |\n${rows.join('\n')}`;
}

function examples({ id, examples: given = [] }) {
  if (given.length === 0) return [];
  const texts = given.map((example) => {
    if (typeof example === 'string') return resolved(example, id).replace(/^\$ /gm, '');
    return `# ${resolved(example.description, id)}\n${resolved(example.command, id)}`;
  });
  return [fenced(texts.join('\n\n'))];
}

const words = (id) => id.replaceAll(':', ' ');
const anchor = (id) => id.replaceAll(':', '-');
const isGlobal = (flag) => flag.helpGroup === 'GLOBAL';
const valueName = (flag) => (Array.isArray(flag.helpValue) ? flag.helpValue[0] : (flag.helpValue ?? 'VALUE'));
const choices = (options) =>
  options === undefined ? '' : `One of ${options.map((option) => `\`${option}\``).join(', ')}.`;
const fenced = (text) => `\`\`\`sh\n${text}\n\`\`\``;
const cell = (facts) => [facts].flat().filter(Boolean).join(' ').replaceAll('|', '\\|').replaceAll('\n', ' ');
const resolved = (text = '', id) =>
  text.replaceAll(/<%=\s*config\.bin\s*%>/g, 'quietus').replaceAll(/<%=\s*command\.id\s*%>/g, words(id));

const { commands } = await manifest();
const listed = Object.values(commands)
  .filter((command) => !command.hidden)
  .sort((a, b) => (a.id < b.id ? -1 : 1));
const { topics } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')).oclif;
const used = Object.entries(topics)
  .filter(([name]) => listed.some(({ id }) => id.startsWith(`${name}:`)))
  .map(([name, { description }]) => [name, description]);
const text = document(listed, used);
const current = existsSync(target) ? readFileSync(target, 'utf8') : '';
if (process.argv.includes('--check')) {
  if (current !== text) {
    process.stderr.write('docs/commands.md is out of date\nRun: npm run docs\n');
    process.exitCode = 1;
  }
} else {
  writeFileSync(target, text);
}

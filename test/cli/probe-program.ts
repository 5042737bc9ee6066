// A small program on the same command line machinery, with commands that fail, wait and ask on purpose.
import { writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { Args, confirmFlag, Flags, passphraseFileFlag, QuietusCommand } from '../../src/cli/index.js';
import { main } from '../../src/cli/main.js';
import { badInput, ExitCode, Fault } from '../../src/model/index.js';

class ProbeFlags extends QuietusCommand {
  static override description = 'Flags of every kind.';
  static override args = {
    item: Args.string({ required: true }),
    colour: Args.string({ options: ['red', 'green'] }),
  };
  static override flags = {
    title: Flags.string(),
    medium: Flags.string({ options: ['paper', 'file'] }),
    limit: Flags.integer({ min: 1, max: 9 }),
    class: Flags.string({ multiple: true }),
    first: Flags.boolean({ exclusive: ['second'] }),
    second: Flags.string({ exclusive: ['first'] }),
    due: Flags.string({
      parse: async (text) => {
        if (!/^\d{4}-\d\d-\d\d$/.test(text))
          throw badInput('date-invalid', 'Not a date', { hint: 'Say 2026-11-22' });
        return text;
      },
    }),
  };
  async run(): Promise<unknown> {
    const { args, flags } = await this.parse(ProbeFlags);
    return { args, flags };
  }
}

class ProbeRequired extends QuietusCommand {
  static override flags = {
    matter: Flags.string({ required: true }),
    one: Flags.string({ exactlyOne: ['one', 'other'] }),
    other: Flags.string({ exactlyOne: ['one', 'other'] }),
    with: Flags.string({ dependsOn: ['also'] }),
    also: Flags.string(),
  };
  async run(): Promise<unknown> {
    await this.parse(ProbeRequired);
    return {};
  }
}

function system(code: string, extra: object = {}): Error {
  return Object.assign(new Error(`${code}: insert into items values ('123-45-6789')`), { code, ...extra });
}

const FAILURES: Readonly<Record<string, () => unknown>> = {
  fault: () =>
    new Fault('probe-fault', ExitCode.refused, `Refused in ${process.env.HOME}/records`, {
      hint: 'Ask somebody',
      details: { path: `${process.env.HOME}/records`, count: 3 },
    }),
  wrapped: () =>
    new Error('outer', { cause: badInput('inner-fault', 'The inner one', { hint: 'Look inside' }) }),
  defect: () => new TypeError('secret-in-message 123-45-6789'),
  string: () => 'a thrown string 123-45-6789',
  busy: () => system('SQLITE_BUSY'),
  full: () => system('SQLITE_FULL'),
  corrupt: () => system('SQLITE_CORRUPT'),
  readonly: () => system('SQLITE_READONLY'),
  constraint: () => system('SQLITE_CONSTRAINT'),
  enospc: () => system('ENOSPC', { syscall: 'write' }),
  eacces: () => system('EACCES', { syscall: 'open', path: '/srv/x' }),
  temporary: () => system('ENOENT', { syscall: 'open', path: '/srv/.x.csv.0f3c6d3b.tmp' }),
  enoent: () => system('ENOENT', { syscall: 'open', path: '/srv/x' }),
  binding: () => new Error('Could not locate the bindings file. Tried: /home/somebody/x'),
};

class ProbeFail extends QuietusCommand {
  static override flags = {
    kind: Flags.string({ required: true }),
    late: Flags.boolean(),
    secret: Flags.string(),
  };
  async run(): Promise<unknown> {
    const { flags } = await this.parse(ProbeFail);
    const error = FAILURES[flags.kind]?.();
    if (flags.late) {
      setTimeout(() => {
        throw error;
      }, 1);
      await delay(1000);
    }
    throw error;
  }
}

class ProbePart extends QuietusCommand {
  async run(): Promise<unknown> {
    await this.parse(ProbePart);
    this.print('half of it');
    this.note('a note');
    this.endWith(ExitCode.partial);
    return { done: 1, left: 1 };
  }
}

class ProbeWait extends QuietusCommand {
  static override flags = {
    deaf: Flags.boolean(),
    stubborn: Flags.boolean(),
    slow: Flags.boolean(),
    traces: Flags.string(),
  };
  async run(): Promise<unknown> {
    const { flags } = await this.parse(ProbeWait);
    // In files, for where nobody can read what is printed.
    const trace = (name: string, text: unknown): void => {
      if (flags.traces !== undefined) writeFileSync(join(flags.traces, name), String(text));
    };
    process.on('exit', (code) => trace('exit code', code));
    // Keeps the process alive whatever happens to timers.
    const server = createServer().listen(0);
    try {
      if (flags.deaf) {
        this.note('waiting');
        await delay(20_000);
      } else {
        const { interrupt } = this;
        this.note('waiting');
        trace('waiting', `${process.pid}\n`);
        await delay(20_000, undefined, flags.stubborn ? {} : { signal: interrupt });
      }
    } finally {
      if (flags.slow) await delay(1000);
      server.close();
      this.note('cleaned up');
      if (flags.traces !== undefined) await delay(200);
      trace('cleaned up', '');
    }
    return {};
  }
}

class ProbeConfirm extends QuietusCommand {
  static override flags = { confirm: confirmFlag('the word') };
  async run(): Promise<unknown> {
    const { flags } = await this.parse(ProbeConfirm);
    await this.confirm({ expected: "O'Hara box", given: flags.confirm, question: 'This destroys it.' });
    this.print('confirmed');
    return {};
  }
}

class ProbePassphrase extends QuietusCommand {
  static override flags = { 'passphrase-file': passphraseFileFlag('of the probe'), twice: Flags.boolean() };
  async run(): Promise<unknown> {
    const { flags } = await this.parse(ProbePassphrase);
    const passphrase = await this.passphrase({
      file: flags['passphrase-file'],
      prompt: 'Passphrase',
      confirm: flags.twice,
    });
    this.print(`${passphrase.length} characters`);
    return { hex: Buffer.from(passphrase).toString('hex') };
  }
}

class ProbeAsk extends QuietusCommand {
  async run(): Promise<unknown> {
    await this.parse(ProbeAsk);
    const name = await this.askText({ question: 'Name', flag: '--name NAME', default: 'Ann' });
    const medium = await this.askSelect({
      question: 'Medium',
      flag: '--medium MEDIUM',
      choices: [
        { value: 'a', name: 'Paper' },
        { value: 'b', name: 'File' },
      ],
    });
    const sure = await this.askYesNo({ question: 'Sure', flag: '--sure' });
    this.print(JSON.stringify({ name, medium, sure }));
    return {};
  }
}

class ProbeTable extends QuietusCommand {
  async run(): Promise<unknown> {
    await this.parse(ProbeTable);
    const rows = [
      { id: 'ITEM-1', title: 'A long title that does not fit on a narrow terminal at all', count: 7 },
      { id: 'ITEM-2', title: '\u001b]0;owned\u0007\u001b[31mred \u202etxt.exe\r\n', count: 12 },
    ];
    this.printTable(rows, [
      { head: 'ID', value: (row) => row.id, shrink: false },
      { head: 'TITLE', value: (row) => row.title },
      { head: 'COUNT', value: (row) => row.count, align: 'right' },
    ]);
    this.print(`raw ${rows[1]?.title}`);
    this.note(`raw ${rows[1]?.title}`);
    const bar = await this.progress(2, 'Probing');
    bar.advance();
    bar.update(2);
    return rows;
  }
}

class ProbeFlood extends QuietusCommand {
  async run(): Promise<unknown> {
    await this.parse(ProbeFlood);
    for (let line = 0; line < 20_000; line += 1) this.print(`line ${line} ${'x'.repeat(60)}`);
    await delay(50);
    this.note('finished');
    return {};
  }
}

const load = (command: unknown) => async () => ({ default: command as never });

await main(process.argv.slice(2), {
  root: import.meta.dirname,
  version: '0.0.0',
  topics: { probe: 'Probes.' },
  commands: {
    'probe flags': load(ProbeFlags),
    'probe required': load(ProbeRequired),
    'probe fail': load(ProbeFail),
    'probe part': load(ProbePart),
    'probe wait': load(ProbeWait),
    'probe confirm': load(ProbeConfirm),
    'probe passphrase': load(ProbePassphrase),
    'probe ask': load(ProbeAsk),
    'probe table': load(ProbeTable),
    'probe flood': load(ProbeFlood),
  },
});

import { ExitCode, Fault } from '../model/index.js';
import { printableOutput } from './printable.js';
import { redacted } from './redaction.js';
import { systemFailure } from './system-failure.js';
import { coloured, hasColour } from './terminal.js';

/** How a failure is told; the one form for people and for `--json`. */
export interface ErrorReport {
  readonly code: string;
  readonly message: string;
  readonly hint: string | undefined;
  readonly exitCode: ExitCode;
  readonly details: Readonly<Record<string, unknown>> | undefined;
}

export interface ReportOptions {
  readonly json: boolean;
  /** The command that was running, e.g. `inventory list`. */
  readonly command?: string;
}

/**
 * Tells the failure on stderr (`error:`, `hint:`), with `--json` also as one JSON document on stdout.
 * A stack trace is printed with QUIETUS_DEBUG=1 only, and only on stderr.
 * @returns the exit code that the process must end with
 */
export function reportError(error: unknown, options: ReportOptions): ExitCode {
  const described = describeError(error, options);
  const report = options.json ? redacted(described, process.argv.slice(2)) : described;
  if (options.json) process.stdout.write(`${JSON.stringify(jsonReport(report), null, 2)}\n`);
  const lines = [`${coloured('red', 'error:', 'stderr')} ${report.message}`];
  if (report.hint !== undefined) lines.push(`${coloured('cyan', 'hint:', 'stderr')} ${report.hint}`);
  process.stderr.write(`${printableOutput(lines.join('\n'), hasColour('stderr'))}\n`);
  if (process.env.QUIETUS_DEBUG === '1' && error instanceof Error) {
    process.stderr.write(`${printableOutput(stackOf(error), false)}\n`);
  }
  return report.exitCode;
}

/** Turns whatever was thrown into code, message, hint and exit code. */
export function describeError(error: unknown, options: ReportOptions): ErrorReport {
  const fault = findFault(error) ?? systemFailure(error);
  if (fault === undefined) return defectReport(error, options.command);
  return {
    code: fault.code,
    message: fault.message,
    hint: fault.hint,
    exitCode: fault.exitCode,
    details: fault.details,
  };
}

function findFault(error: unknown): Fault | undefined {
  for (let next = error, depth = 0; next instanceof Error && depth < 8; next = next.cause, depth += 1) {
    if (next instanceof Fault) return next;
  }
  return undefined;
}

/** The message of an unexpected error can hold data, so only its class and its place in our code are told. */
function defectReport(error: unknown, command: string | undefined): ErrorReport {
  const kind = error instanceof Error ? error.constructor.name : typeof error;
  const place = error instanceof Error ? placeOf(error) : undefined;
  const where = place === undefined ? '' : ` at ${place}`;
  return {
    code: 'defect',
    message: `This is a defect of quietus: ${kind}${where}`,
    hint: `Please report it with the version (quietus --version)${
      command ? `, the command (${command})` : ''
    } and the line above; QUIETUS_DEBUG=1 prints the stack trace`,
    exitCode: ExitCode.defect,
    details: { kind, ...(place === undefined ? {} : { place }), ...(command ? { command } : {}) },
  };
}

/** Base name, line and column of the first frame, without its folder. */
function placeOf(error: Error): string | undefined {
  return /^\s+at .*?([\w.-]+\.[cm]?[jt]s:\d+:\d+)\)?$/m.exec(error.stack ?? '')?.[1];
}

function stackOf(error: Error): string {
  const own = error.stack ?? String(error);
  return error.cause instanceof Error ? `${own}\ncaused by: ${stackOf(error.cause)}` : own;
}

function jsonReport(report: ErrorReport): unknown {
  const { code, message, hint, exitCode, details } = report;
  return { error: { code, message, hint: hint ?? null, exit_code: exitCode, details: details ?? {} } };
}

import type { YamlMap } from './yaml-map.js';

/** Who is told what an unattended sweep did. */
export interface HookSettings {
  /** https, or http to this machine. */
  webhook: string | null;
  /** Absolute path of a program, and its arguments. */
  command: readonly string[] | null;
}

/** Reads the mapping `hooks` of quietus.yaml; mistakes are noted in it. */
export function readHooks(hooks: YamlMap): HookSettings {
  const webhook = hooks.text('webhook', { optional: true }) ?? null;
  const command = hooks.texts('command', { optional: true }) ?? null;
  if (webhook !== null && !isProtectedAddress(webhook)) {
    hooks.problem(
      'webhook',
      'is not an https address',
      'Write it as https://HOST/PATH without user and password; http is for 127.0.0.1, [::1] and localhost only',
    );
  }
  if (command !== null && !command[0]?.startsWith('/')) {
    hooks.problem('command', 'does not begin with the absolute path of a program', null);
  }
  return { webhook, command };
}

/** What is sent goes over the network, so it is encrypted unless it stays on this machine: https, or http to a loopback address. */
export function isProtectedAddress(text: string): boolean {
  if (!URL.canParse(text)) return false;
  const { protocol, hostname, username, password } = new URL(text);
  if (username !== '' || password !== '') return false;
  if (protocol === 'https:') return true;
  return (
    protocol === 'http:' &&
    (hostname === 'localhost' || hostname === '[::1]' || /^127\.\d+\.\d+\.\d+$/.test(hostname))
  );
}

import type { ManifestCommand, ManifestFlag } from './command-manifest.js';

export const SHELLS = ['bash', 'zsh'] as const;

export type Shell = (typeof SHELLS)[number];

/** What may follow a command or topic: the words and flags with their descriptions, and its flags. */
interface Place {
  readonly path: string;
  readonly words: ReadonlyMap<string, string>;
  readonly flags: readonly ManifestFlag[];
}

/**
 * Writes the completion script of a shell. Everything is in the script: completing starts no program, writes
 * no cache and reads nothing but the names of files.
 */
export function completionScript(
  shell: Shell,
  commands: readonly ManifestCommand[],
  topics: Readonly<Record<string, string>>,
): string {
  const places = placesOf(commands, topics);
  return shell === 'bash' ? bashScript(places) : zshScript(places);
}

function placesOf(commands: readonly ManifestCommand[], topics: Readonly<Record<string, string>>): Place[] {
  const children = new Map<string, Map<string, string>>([['', new Map()]]);
  for (const command of commands) {
    const words = command.id.split(':');
    for (const [index, word] of words.entries()) {
      const parent = words.slice(0, index).join(' ');
      const siblings = children.get(parent) ?? new Map<string, string>();
      const last = index === words.length - 1;
      if (last || !siblings.has(word)) {
        siblings.set(
          word,
          firstSentence(
            last ? (command.summary ?? command.description) : topics[words.slice(0, index + 1).join(' ')],
          ),
        );
      }
      children.set(parent, siblings);
    }
  }
  children.get('')?.set('help', 'Help for a command or topic');
  const byPath = new Map(commands.map((command) => [command.id.replaceAll(':', ' '), command]));
  const paths = [...new Set([...children.keys(), ...byPath.keys()])].sort();
  return paths.map((path) => {
    const command = byPath.get(path);
    const options = Object.values(command?.args ?? {}).flatMap((argument) => argument.options ?? []);
    return {
      path,
      words: children.get(path) ?? new Map(options.map((option) => [option, ''])),
      flags: visibleFlags(command),
    };
  });
}

/** The command's own flags before those of every command. */
function visibleFlags(command: ManifestCommand | undefined): ManifestFlag[] {
  const flags = Object.values(command?.flags ?? {}).filter((flag) => !flag.hidden);
  const own = flags.filter((flag) => flag.helpGroup !== 'GLOBAL');
  return [...own, ...flags.filter((flag) => flag.helpGroup === 'GLOBAL')];
}

/** A period inside a word or before a small letter (`c. 93I`) ends no sentence. */
function firstSentence(text = ''): string {
  return (/^[^\n]*?\.(?=\s+[A-Z]|\n|$)|^[^\n]*/.exec(text)?.[0] ?? '').replace(/\.$/, '');
}

function bashScript(places: readonly Place[]): string {
  const cases = places.map(({ path, words, flags }) => {
    const names = [...flags.map((flag) => `--${flag.name}`), '--help'];
    return `    ${shellQuoted(path)}) words=${shellQuoted([...words.keys()].join(' '))} flags=${shellQuoted(names.join(' '))} ;;`;
  });
  const values = choices(places).map(
    ([key, options]) => `    ${shellQuoted(key)}) words=${shellQuoted(options.join(' '))} ;;`,
  );
  return `# bash completion for quietus. Install:
#   quietus completion bash > ~/.local/share/bash-completion/completions/quietus
_quietus() {
  local current="\${COMP_WORDS[COMP_CWORD]}" previous="\${COMP_WORDS[COMP_CWORD-1]}"
  local place='' word words='' flags=''
  COMPREPLY=()
  for word in "\${COMP_WORDS[@]:1:COMP_CWORD-1}"; do
    case "\${place:+$place }$word" in
      ${knownPaths(places)}) place="\${place:+$place }$word" ;;
      *) break ;;
    esac
  done
  case "$place" in
${cases.join('\n')}
  esac
  case "$place $previous" in
${values.join('\n')}
    *\\ --*) case " ${switches(places)} " in *" $previous "*) ;; *) return 0 ;; esac ;;
  esac
  case "$current" in -*) words="$flags" ;; esac
  COMPREPLY=($(compgen -W "$words" -- "$current"))
  return 0
}
complete -o bashdefault -o default -F _quietus quietus
`;
}

/** Pattern of a case statement that matches every known command and topic. */
function knownPaths(places: readonly Place[]): string {
  return places
    .filter(({ path }) => path !== '')
    .map(({ path }) => shellQuoted(path))
    .join('|');
}

/** `command --flag` with the values that may follow, for the flags that have a list of them. */
function choices(places: readonly Place[]): [string, readonly string[]][] {
  return places.flatMap(({ path, flags }) =>
    flags.flatMap((flag): [string, readonly string[]][] =>
      flag.options === undefined ? [] : [[`${path} --${flag.name}`, flag.options]],
    ),
  );
}

/** The flags that take no value: what follows any other one is a value, and left to the names of files. */
function switches(places: readonly Place[]): string {
  const names = places.flatMap(({ flags }) =>
    flags.filter((flag) => flag.type === 'boolean').map((flag) => `--${flag.name}`),
  );
  return [...new Set(names)].sort().join(' ');
}

function zshScript(places: readonly Place[]): string {
  const cases = places.map(({ path, words, flags }) => {
    const offered = [...words].map(([word, description]) => described(word, description));
    const named = flags.map((flag) => described(`--${flag.name}`, firstSentence(flag.description)));
    const all = [...named, described('--help', 'Show help')];
    return `    ${shellQuoted(path)}) nouns=(${offered.join(' ')}) flags=(${all.join(' ')}) ;;`;
  });
  const values = choices(places).map(
    ([key, options]) => `    ${shellQuoted(key)}) nouns=(${options.map(shellQuoted).join(' ')}) ;;`,
  );
  return `#compdef quietus
# zsh completion for quietus. Install it in a folder of $fpath, before compinit runs:
#   quietus completion zsh > ~/.zfunc/_quietus
_quietus() {
  local place='' noun previous="\${words[CURRENT-1]}"
  local -a nouns flags
  for noun in "\${(@)words[2,CURRENT-1]}"; do
    case "\${place:+$place }$noun" in
      ${knownPaths(places)}) place="\${place:+$place }$noun" ;;
      *) break ;;
    esac
  done
  case "$place" in
${cases.join('\n')}
  esac
  case "$place $previous" in
${values.join('\n')}
    *\\ --*) case " ${switches(places)} " in *" $previous "*) ;; *) _files; return ;; esac ;;
  esac
  if [[ "\${words[CURRENT]}" == -* ]]; then
    _describe 'flag' flags
  elif (( \${#nouns} )); then
    _describe 'command' nouns
  else
    _files
  fi
}
_quietus "$@"
`;
}

function described(word: string, description: string): string {
  return shellQuoted(description === '' ? word : `${word}:${description.replaceAll(':', ' -')}`);
}

function shellQuoted(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`;
}

/** What a statement may ask for, each as `:name`. */
export const PARAMETERS = ['item', 'key', 'subject', 'class'] as const;
export type Parameter = (typeof PARAMETERS)[number];

/** A statement taken apart at its parameters. */
export interface SqlStatement {
  /** As it was written. */
  text: string;
  /** The text around the parameters: one piece more than there are parameters. */
  pieces: readonly string[];
  parameters: readonly string[];
  /** A semicolon outside of quotes and comments: then it is more than one statement. */
  several: boolean;
}

/** Quoted text, comments and PostgreSQL's dollar quotes and casts, in which a colon or semicolon means nothing. */
const PASSED_OVER =
  /'(?:[^']|'')*'|"(?:[^"]|"")*"|`[^`]*`|\[[^\]]*\]|--[^\n]*|\/\*[\s\S]*?\*\/|\$([A-Za-z_]*)\$[\s\S]*?\$\1\$|::/y;
const PARAMETER = /:([A-Za-z_][A-Za-z0-9_]*)/y;

/** Takes a statement apart. Parameters are written `:name`, in both databases. */
export function readStatement(text: string): SqlStatement {
  const pieces: string[] = [];
  const parameters: string[] = [];
  let several = false;
  let from = 0;
  for (let at = 0; at < text.length; ) {
    PASSED_OVER.lastIndex = at;
    PARAMETER.lastIndex = at;
    const passed = PASSED_OVER.exec(text);
    const parameter = passed === null ? PARAMETER.exec(text) : null;
    if (passed) at += passed[0].length;
    else if (parameter?.[1] !== undefined) {
      pieces.push(text.slice(from, at));
      parameters.push(parameter[1]);
      at += parameter[0].length;
      from = at;
    } else {
      if (text[at] === ';') several = true;
      at += 1;
    }
  }
  pieces.push(text.slice(from));
  return { text, pieces, parameters, several };
}

/** The statement with its parameters as the database numbers them, such as `$1` or `?1`, and their values in that order. */
export function bound(
  { pieces, parameters }: SqlStatement,
  values: Readonly<Partial<Record<string, string>>>,
  sign: '$' | '?',
): { sql: string; values: string[] } {
  const names = [...new Set(parameters)];
  const sql = pieces
    .map((piece, at) => {
      const name = parameters[at];
      return name === undefined ? piece : `${piece}${sign}${names.indexOf(name) + 1}`;
    })
    .join('');
  return {
    sql,
    values: names.map((name) => {
      const value = values[name];
      if (value === undefined) throw new Error(`The statement asks for :${name}, which was not checked`);
      return value;
    }),
  };
}

/** Builds in the repository itself, unless that was done already; resolves to whether anything was built. */
export function build(options?: { force?: boolean }): Promise<boolean>;

/** Builds a complete program in an empty folder of its own. */
export function buildProgram(folder: string): Promise<void>;

/** Bundles one more entry in the same way, such as a program for tests. */
export function buildEntry(entry: string, folder: string): Promise<void>;

/** Bundles the code of every thread into the folder. */
export function buildWorkers(folder: string): Promise<void>;

/** Compiles every `src/…/assembly/…-check.ts` to WebAssembly into the folder. */
export function buildAssembly(folder: string): Promise<void>;

import { chownSync, mkdirSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { defaultWorkspaceRoot, findWorkspace, workspacePaths } from '../../src/workspace/index.js';
import { temporaryFolder } from '../temporary-folder.js';

/** A folder that counts as a workspace. */
function workspace(...path: string[]): string {
  const root = join(...path);
  mkdirSync(root, { recursive: true });
  writeFileSync(join(root, 'quietus.yaml'), '');
  return root;
}

describe('findWorkspace', () => {
  it('takes the flag, then the variable, then the nearest parent, then the data folder', () => {
    const folder = temporaryFolder();
    const flag = workspace(folder, 'flag');
    const variable = workspace(folder, 'variable');
    const outer = workspace(folder, 'outer');
    const inner = workspace(outer, 'inner');
    const data = workspace(folder, 'data', 'quietus');
    const cwd = join(inner, 'deep', 'deeper');
    mkdirSync(cwd, { recursive: true });
    const env = { QUIETUS_WORKSPACE: variable, XDG_DATA_HOME: join(folder, 'data') };
    const found = (options: Partial<Parameters<typeof findWorkspace>[0]>) =>
      findWorkspace({ flag: undefined, env: {}, cwd, ...options }).root;

    expect(found({ flag, env })).toBe(flag);
    expect(found({ env })).toBe(variable);
    expect(found({ env: { ...env, QUIETUS_WORKSPACE: '' } })).toBe(inner);
    expect(found({ env, flag: '../../../../flag' })).toBe(flag);
    expect(found({ cwd: outer })).toBe(outer);
    expect(found({ cwd: join(folder, 'outer', '..'), env: { XDG_DATA_HOME: join(folder, 'data') } })).toBe(
      data,
    );
  });

  it('does not look further where the flag or the variable names a folder without one', () => {
    const folder = temporaryFolder();
    const root = workspace(folder, 'here');
    mkdirSync(join(folder, 'empty'));
    for (const options of [
      { flag: join(folder, 'empty'), env: {} },
      { flag: undefined, env: { QUIETUS_WORKSPACE: join(folder, 'empty') } },
      { flag: join(folder, 'nowhere'), env: {} },
    ]) {
      expect(() => findWorkspace({ ...options, cwd: root })).toThrow(
        expect.objectContaining({
          code: 'workspace-missing',
          exitCode: 2,
          hint: expect.stringContaining('init'),
        }),
      );
    }
  });

  it('says so where there is none', () => {
    const folder = temporaryFolder();
    expect(() => findWorkspace({ flag: undefined, env: { XDG_DATA_HOME: folder }, cwd: folder })).toThrow(
      expect.objectContaining({ code: 'workspace-missing', exitCode: 2 }),
    );
  });

  it('does not fall for a workspace that another account put into a folder above', (context) => {
    if (process.getuid?.() !== 0) return context.skip('only root can give a file to another account');
    const root = workspace(temporaryFolder(), 'planted');
    chownSync(join(root, 'quietus.yaml'), 12345, 12345);
    mkdirSync(join(root, 'below'));
    expect(() => findWorkspace({ flag: undefined, env: {}, cwd: join(root, 'below') })).toThrow(
      expect.objectContaining({ code: 'workspace-of-another', exitCode: 4 }),
    );
    expect(findWorkspace({ flag: root, env: {}, cwd: '/' }).root).toBe(root);
  });

  it('uses the data folder of the XDG Base Directory Specification', () => {
    expect(defaultWorkspaceRoot({ XDG_DATA_HOME: '/data' })).toBe('/data/quietus');
    const usual = join(homedir(), '.local', 'share', 'quietus');
    expect(defaultWorkspaceRoot({})).toBe(usual);
    // "All paths set in these environment variables must be absolute. If … relative … ignore it."
    expect(defaultWorkspaceRoot({ XDG_DATA_HOME: 'relative' })).toBe(usual);
  });

  it('keeps everything inside the root', () => {
    for (const path of Object.values(workspacePaths('/w'))) expect(path).toMatch(/^\/w(?:\/[a-z.]+)?$/);
  });
});

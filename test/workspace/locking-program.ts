import { takeRunLock } from '../../src/workspace/index.js';

// Takes the run lock and holds it until its standard input ends or it is killed.
const [path = '', operator = ''] = process.argv.slice(2);
try {
  const lock = await takeRunLock(path, { operator, command: 'sweep run', since: '2026-01-02T03:04:05.000Z' });
  console.log('locked');
  await new Promise((done) => setTimeout(done, 60_000));
  await lock.release();
} catch (error) {
  console.log(`refused ${(error as { code?: string }).code} ${(error as Error).message}`);
}

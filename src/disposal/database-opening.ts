import type { DatabaseHook } from './database-hook.js';
import type { DatabaseSession } from './database-session.js';

/** @throws DatabaseFailure, Fault `postgres-driver-missing` */
export async function openDatabase(hook: DatabaseHook): Promise<DatabaseSession> {
  const { place, timeout } = hook;
  if (place.kind === 'sqlite') {
    const { openSqliteDatabase } = await import('./sqlite-database.js');
    return await openSqliteDatabase(place, timeout);
  }
  const { openPostgresDatabase } = await import('./postgres-database.js');
  return await openPostgresDatabase(place, timeout);
}

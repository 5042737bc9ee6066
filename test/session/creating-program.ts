import { createWorkspace } from '../../src/session/index.js';

// Makes a workspace in the folder of its first argument, and says how that went.
console.log('creating');
try {
  await createWorkspace({
    root: process.argv[2] ?? '',
    organization: { name: 'Acme Dental', address: null },
    timeZone: 'America/New_York',
    fiscalYearEnd: '12-31',
    limits: { maxItems: 1000, maxClassPercent: 20 },
    approvals: { minimum: 1, plannerMayApprove: true },
    operator: { id: 'jdoe', name: 'Jane Doe' },
    account: { name: 'jdoe', uid: process.getuid?.() ?? -1 },
    passphrase: null,
    clock: { now: () => new Date() },
  });
  console.log('created');
} catch (error) {
  console.log((error as { code?: string }).code ?? String(error));
}

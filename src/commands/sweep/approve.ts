import { Args, confirmFlag, counted, passphraseFileFlag, QuietusCommand } from '../../cli/index.js';

export default class SweepApprove extends QuietusCommand {
  static override description =
    'Approve a plan: sign its digest with your operator key. Whoever runs it can do what it says and no more.';
  static override examples = [
    '<%= config.bin %> <%= command.id %> plan-2026-11-22-a1b2c3',
    '<%= config.bin %> <%= command.id %> plan-2026-11-22-a1b2c3 --confirm plan-2026-11-22-a1b2c3 --passphrase-file /dev/fd/3',
  ];
  static override args = { plan: Args.string({ description: 'Id of the plan.', required: true }) };
  static override flags = {
    confirm: confirmFlag('the id of the plan'),
    'passphrase-file': passphraseFileFlag('of your operator key'),
  };

  async run(): Promise<unknown> {
    const { args, flags } = await this.parse(SweepApprove);
    const { approvePlan, requireApprovable, verifiedPlan } = await import('../../retention/index.js');
    const { readOperatorKey, unlockOperatorKey } = await import('../../operators/index.js');
    const session = await this.openSession();
    const operator = await session.operator();
    const { plan } = await verifiedPlan(session, args.plan);
    await requireApprovable(session, plan, operator);
    readOperatorKey(session.paths.keys, operator.id);
    await this.confirm({
      expected: plan.id,
      given: flags.confirm,
      question: `The plan ${plan.id} disposes of ${plan.counts.dispose} items for ever.`,
    });
    const key = await unlockOperatorKey(session, operator, () =>
      this.passphrase({
        file: flags['passphrase-file'],
        prompt: `Passphrase of the key of ${operator.id}`,
      }),
    );
    const approval = await approvePlan(session, plan.id, key);
    this.print(
      `Approved by ${operator.id}: ${plan.id}, ${counted(plan.counts.dispose, 'item')} to dispose of`,
    );
    this.print(`  SHA-256 ${plan.sha256}`);
    this.note(
      plan.counts.dispose > 0
        ? `Next: quietus sweep run ${plan.id}`
        : `Next: quietus sweep handover ${plan.id} --to NAME`,
    );
    return {
      plan: plan.id,
      sha256: plan.sha256,
      operator: operator.id,
      approved_at: approval.approvedAt,
      statement: approval.statement,
      signature: approval.signature,
    };
  }
}

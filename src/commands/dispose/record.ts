import type { AttestedMethod, Sanitization } from '../../certificate/index.js';
import { Args, confirmFlag, counted, Flags, QuietusCommand } from '../../cli/index.js';

export default class DisposeRecord extends QuietusCommand {
  static override description =
    'Record that people destroyed paper, media or devices of an approved plan (M.G.L. c. 93I, section 2), and issue ' +
    'a certificate of that statement. Paper: redacted, burned, pulverized or shredded; all else: destroyed or erased.';
  static override examples = [
    '<%= config.bin %> <%= command.id %> BOX-0001 --plan plan-2026-11-22-a1b2c3 --method shredded --by "A. Jones" --on 2026-11-23 --confirm BOX-0001',
    '<%= config.bin %> <%= command.id %> USB-0007 --plan plan-2026-11-22-a1b2c3 --method destroyed --by "Vendor crew" --on 2026-11-23 --vendor "Shred Co" --reference C-1881',
    '<%= config.bin %> <%= command.id %> HDD-0012 --plan plan-2026-11-22-a1b2c3 --method destroyed --category destroy --by "Vendor crew" --on 2026-11-23 --kind "hard disk" --maker Seagate --model ST1000DM010 --serial ZN1A2B3C --confirm HDD-0012',
    '<%= config.bin %> <%= command.id %> BOX-0002 --plan plan-2026-11-22-a1b2c3 --method shredded --by "B. Smith" --title "Plant operator" --on 2026-11-24 --vendor "Shred Co" --vendor-certificate scans/C-1882.pdf --place "12 Mill St, Lowell MA" --source "HR basement, shelf 4" --destination "pulped for recycling" --custody "2026-11-23; A. Jones; Shred Co; sealed bin 7"',
  ];
  static override strict = false;
  static override args = {
    item: Args.string({ description: 'Ids of the items, one or several.', required: true }),
  };
  static override flags = {
    plan: Flags.string({ description: 'Id of the approved plan.', required: true, helpValue: 'PLAN' }),
    method: Flags.string({
      description: 'What was done.',
      required: true,
      options: ['redacted', 'burned', 'pulverized', 'shredded', 'destroyed', 'erased'],
    }),
    category: Flags.string({
      description: 'The category of NIST SP 800-88 that they say it comes up to; not for paper.',
      options: ['clear', 'purge', 'destroy'],
    }),
    kind: Flags.string({ description: 'What the medium was, such as "hard disk".', helpValue: 'TEXT' }),
    maker: Flags.string({ description: 'Who made the medium.', helpValue: 'NAME' }),
    model: Flags.string({ description: 'The model of the medium.', helpValue: 'TEXT' }),
    serial: Flags.string({ description: 'The serial number of the medium.', helpValue: 'NUMBER' }),
    by: Flags.string({ description: 'Who did it.', required: true, helpValue: 'NAME' }),
    title: Flags.string({ description: 'The title of who did it.', helpValue: 'TEXT' }),
    phone: Flags.string({ description: 'The telephone number of who did it.', helpValue: 'NUMBER' }),
    on: Flags.string({ description: 'On which day (YYYY-MM-DD).', required: true, helpValue: 'DATE' }),
    witness: Flags.string({ description: 'Who saw it.', helpValue: 'NAME' }),
    vendor: Flags.string({ description: 'The firm that did it.', helpValue: 'NAME' }),
    reference: Flags.string({
      description: "Such as the number of the vendor's certificate.",
      helpValue: 'TEXT',
    }),
    'vendor-certificate': Flags.string({
      description:
        "File of the vendor's own certificate; its name and SHA-256 go onto ours. Keep it with our certificate.",
      helpValue: 'FILE',
    }),
    place: Flags.string({ description: 'Where it was done.', helpValue: 'TEXT' }),
    source: Flags.string({
      description: 'The room, machine, system or person that the items came from.',
      helpValue: 'TEXT',
    }),
    destination: Flags.string({
      description: 'What becomes of what is left, such as "recycled" or "returned to lessor".',
      helpValue: 'TEXT',
    }),
    custody: Flags.string({
      description:
        'A step of the chain of custody before, "DATE; FROM; TO" or "DATE; FROM; TO; DETAIL"; may be repeated, in order.',
      multiple: true,
      helpValue: 'STEP',
    }),
    confirm: confirmFlag('the id of the item, or how many items there are'),
  };

  async run(): Promise<unknown> {
    const { argv, flags } = await this.parse(DisposeRecord);
    const { custodyStep, parseDay, performer, recordDestruction, statedMedia, vendorCertificate } =
      await import('../../retention/index.js');
    const { statedLine, whereabouts } = await import('../../certificate/index.js');
    const session = await this.openSession();
    const itemIds = [...new Set(argv.map(String))];
    const performedOn = parseDay(flags.on, '--on');
    const custody = (flags.custody ?? []).map(custodyStep);
    const stated = whereabouts(flags);
    const media = statedMedia(flags);
    const given = flags['vendor-certificate'];
    const theirs = given === undefined ? null : vendorCertificate(given);
    const [only] = itemIds;
    await this.confirm({
      expected: itemIds.length === 1 && only !== undefined ? only : String(itemIds.length),
      given: flags.confirm,
      question: `The certificate will say that ${counted(itemIds.length, 'item was', 'items were')} ${flags.method} on ${performedOn}; it cannot be taken back.`,
    });
    const { run, certificate } = await recordDestruction(session, {
      planId: flags.plan,
      itemIds,
      statement: {
        method: flags.method as AttestedMethod,
        performedBy: performer(flags.by, flags),
        performedOn,
        witness: statedLine(flags.witness, '--witness'),
        vendor: statedLine(flags.vendor, '--vendor'),
        reference: statedLine(flags.reference, '--reference'),
        place: statedLine(flags.place, '--place'),
        vendorCertificate: theirs,
      },
      custody,
      whereabouts: stated,
      media,
      sanitization: (flags.category as Sanitization | undefined) ?? null,
    });
    this.print(`Recorded as ${flags.method} on ${flags.on}: ${itemIds.join(', ')}`);
    if (certificate) this.print(`Certificate ${certificate.number} (${counted(certificate.items, 'item')})`);
    return { run: run.id, items: itemIds, certificate: certificate?.number ?? null };
  }
}

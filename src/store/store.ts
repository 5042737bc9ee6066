import type { Knex } from 'knex';
import { connect, inTransaction, isSqlite, type StoreLocation, segmentsFolderOf } from './connection.js';
import { migrate } from './migrations/index.js';
import { ArchiveRepository } from './repositories/archives.js';
import { CertificateRepository } from './repositories/certificates.js';
import { DisposalRepository } from './repositories/disposals.js';
import { EventRepository } from './repositories/events.js';
import { GateRepository } from './repositories/gates.js';
import { HandoverRepository } from './repositories/handovers.js';
import { HoldRepository } from './repositories/holds.js';
import { IdentityRepository } from './repositories/identities.js';
import { ItemPlaces } from './repositories/item-places.js';
import { ItemRepository } from './repositories/items.js';
import { LogRepository } from './repositories/log.js';
import { type EdgeMemory, LogEnd } from './repositories/log-end.js';
import { LogTreeRepository } from './repositories/log-tree.js';
import { OperatorRepository } from './repositories/operators.js';
import { PlanRepository } from './repositories/plans.js';
import { RecipientRepository } from './repositories/recipients.js';
import { ReviewRepository } from './repositories/reviews.js';
import { RunRepository } from './repositories/runs.js';
import { SanitizationRepository } from './repositories/sanitizations.js';
import { ScheduleRepository } from './repositories/schedules.js';
import { Soundness } from './repositories/soundness.js';
import { TransferRepository } from './repositories/transfers.js';

/** Every repository over one connection: that of the store, or that of a transaction. */
export class Repositories {
  readonly operators: OperatorRepository;
  readonly schedules: ScheduleRepository;
  readonly items: ItemRepository;
  readonly places: ItemPlaces;
  readonly events: EventRepository;
  readonly gates: GateRepository;
  readonly handovers: HandoverRepository;
  readonly holds: HoldRepository;
  readonly plans: PlanRepository;
  readonly reviews: ReviewRepository;
  readonly runs: RunRepository;
  readonly disposals: DisposalRepository;
  readonly certificates: CertificateRepository;
  readonly archives: ArchiveRepository;
  readonly sanitizations: SanitizationRepository;
  readonly recipients: RecipientRepository;
  readonly identities: IdentityRepository;
  readonly transfers: TransferRepository;
  readonly log: LogRepository;
  readonly logEnd: LogEnd;
  readonly logTree: LogTreeRepository;
  readonly soundness: Soundness;

  /**
   * @param segmentsFolder where archived parts of the log lie; null where there is no such folder
   * @param edge that of the log, remembered from transaction to transaction
   */
  constructor(database: Knex, segmentsFolder: string | null, edge: EdgeMemory) {
    this.operators = new OperatorRepository(database);
    this.schedules = new ScheduleRepository(database);
    this.items = new ItemRepository(database);
    this.places = new ItemPlaces(database);
    this.events = new EventRepository(database);
    this.gates = new GateRepository(database);
    this.handovers = new HandoverRepository(database);
    this.holds = new HoldRepository(database);
    this.plans = new PlanRepository(database);
    this.reviews = new ReviewRepository(database);
    this.runs = new RunRepository(database);
    this.disposals = new DisposalRepository(database);
    this.certificates = new CertificateRepository(database);
    this.archives = new ArchiveRepository(database);
    this.sanitizations = new SanitizationRepository(database);
    this.recipients = new RecipientRepository(database);
    this.identities = new IdentityRepository(database);
    this.transfers = new TransferRepository(database);
    this.log = new LogRepository(database, segmentsFolder);
    this.logEnd = new LogEnd(database, this.log, edge);
    this.logTree = new LogTreeRepository(database);
    this.soundness = new Soundness(database);
  }
}

/** Repositories whose changes are made together or not at all. What changes something asks for one of these. */
export class StoreTransaction extends Repositories {
  readonly kind = 'transaction';
}

export class Store extends Repositories {
  readonly #edge: EdgeMemory;

  constructor(
    private readonly database: Knex,
    private readonly segmentsFolder: string | null,
  ) {
    const edge = {};
    super(database, segmentsFolder, edge);
    this.#edge = edge;
  }

  /**
   * Runs `work` in one transaction. Writers take turns, on both databases: the log's chain has one end.
   * Inside `work` use the repositories of `transaction`, never those of the store.
   */
  async transaction<T>(work: (transaction: StoreTransaction) => Promise<T>): Promise<T> {
    return await inTransaction(
      this.database,
      async (transaction) => await work(new StoreTransaction(transaction, this.segmentsFolder, this.#edge)),
    );
  }

  /** Gives back the memory that a large transaction has taken for pages. */
  async releaseMemory(): Promise<void> {
    if (isSqlite(this.database)) await this.database.raw('PRAGMA shrink_memory');
  }

  async close(): Promise<void> {
    await this.database.destroy();
  }
}

/**
 * Opens the store and brings its schema up to date.
 *
 * @param backup path for the copy that is made before a schema change, given the change's name
 * @throws Fault `workspace-newer` where a newer version of this program has used it
 */
export async function openStore(location: StoreLocation, backup: (name: string) => string): Promise<Store> {
  const database = connect(location);
  try {
    await migrate(database, backup);
  } catch (error) {
    await database.destroy();
    throw error;
  }
  return new Store(database, segmentsFolderOf(location));
}

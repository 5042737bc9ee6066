/**
 * Works through the jobs in order, several at a time. When one throws, no further job is begun, those under way are
 * waited for, and the first error is thrown.
 */
export async function runInLanes<Job>(
  jobs: Iterable<Job>,
  lanes: number,
  work: (job: Job, lane: number) => Promise<void>,
): Promise<void> {
  const queue = jobs[Symbol.iterator]();
  const errors: unknown[] = [];
  const run = async (lane: number): Promise<void> => {
    for (let next = queue.next(); next.done !== true && errors.length === 0; next = queue.next()) {
      try {
        await work(next.value, lane);
      } catch (error) {
        errors.push(error);
      }
    }
  };
  await Promise.all(Array.from({ length: lanes }, (_, lane) => run(lane)));
  if (errors.length > 0) throw errors[0];
}

/** Lets timers, signals and progress bars run between synchronous steps. */
export function breathe(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

import { backoffMs, type BackoffOptions } from "../lib/backoff.js";
import { maxWaitMs, type Clock } from "../lib/clock.js";
import type { CommitRecord } from "../reconcile/commits/commit-record.js";
import { wordsOf } from "./failure-words.js";
import { createMailbox } from "./mailbox.js";
import type { Receiver, Telling } from "./receiver.js";

/** What came of telling one receiver. */
export interface ReportCounts {
  readonly receiver: string;
  readonly delivered: number;
  /** Attempts that were tried again. */
  readonly failed: number;
  /** Reports that nobody wants any more: what a retry does not help, and the oldest of very many. */
  readonly dropped: number;
  readonly waiting: number;
}

export interface LineOptions {
  readonly clock: Clock;
  readonly random: () => number;
  /** Is told what is wrong with a receiver, and (undefined) that all is well again. */
  readonly onProblem: (receiver: string, problem: string | undefined) => void;
  /** Between attempts that fail. Default: from 1 s to 5 min. */
  readonly backoff?: BackoffOptions;
}

/** One receiver, and what it is to be told. It waits for no other. */
export interface Line {
  /** It is to be told of a commit, as that stands. */
  put(record: CommitRecord): void;
  /** What it was to be told of a commit is so no longer. */
  remove(oid: string): void;
  counts(): ReportCounts;
  /** Resolves when nothing is being told. */
  idle(): Promise<void>;
}

/** Starts with nothing to tell, and ends when `signal` is aborted. */
export function createLine(
  receiver: Receiver,
  { clock, random, onProblem, backoff }: LineOptions,
  signal: AbortSignal,
  /** Is told of what needs to be told no more, by its id. */
  remember: (oid: string, id: string) => void,
): Line {
  const mailbox = createMailbox();
  const count = { delivered: 0, failed: 0, dropped: 0 };
  let running: Promise<void> | undefined;

  const wait = (ms: number): Promise<void> =>
    new Promise((resolve) => {
      const end = (): void => {
        cancel();
        signal.removeEventListener("abort", end);
        resolve();
      };
      const cancel = clock.after(Math.min(ms, maxWaitMs), end);
      signal.addEventListener("abort", end);
    });

  const tell = async (records: readonly CommitRecord[]): Promise<Telling> => {
    try {
      return await receiver.tell(records, signal);
    } catch (cause) {
      const problem = `${receiver.name} cannot be told about commits: ${wordsOf(cause)}`;
      return { kind: "again", problem };
    }
  };

  /** They are told, or never will be. What came of the same commits meanwhile stays. */
  const finish = (records: readonly CommitRecord[]): void => {
    for (const record of records) {
      const { oid } = record.commit;
      const id = receiver.idOf(record);
      if (id !== undefined) remember(oid, id);
      const waiting = mailbox.get(oid);
      if (waiting !== undefined && receiver.idOf(waiting) === id) mailbox.remove(oid);
    }
  };

  /** Milliseconds before the next attempt; undefined: this one was the last. */
  const attempt = async (failures: number): Promise<number | undefined> => {
    const records = mailbox.first(receiver.maxAtOnce);
    if (records.length === 0) return undefined; // all of it was taken back meanwhile
    const telling = await tell(records);
    if (signal.aborted) return undefined;
    switch (telling.kind) {
      case "told":
        count.delivered += records.length;
        finish(records);
        onProblem(receiver.name, undefined);
        return undefined;
      case "again": {
        count.failed++;
        if (telling.problem !== undefined) onProblem(receiver.name, telling.problem);
        const bounds = backoff ?? { firstMs: 1_000, maxMs: 300_000 };
        return Math.max(backoffMs(failures + 1, bounds, random), telling.afterMs ?? 0);
      }
      case "given-up":
        count.dropped += records.length;
        finish(records);
        onProblem(receiver.name, telling.problem);
        return undefined;
    }
  };

  const run = async (): Promise<void> => {
    let failures = 0;
    while (mailbox.size > 0) {
      if (receiver.pauseMs > 0) await wait(receiver.pauseMs);
      if (signal.aborted) return;
      const waitMs = await attempt(failures);
      if (signal.aborted) return;
      if (waitMs === undefined) {
        failures = 0;
      } else {
        failures++;
        await wait(waitMs);
        if (signal.aborted) return;
      }
    }
  };

  return {
    put(record) {
      mailbox.put(record);
      if (signal.aborted) return;
      running ??= run().finally(() => {
        running = undefined;
      });
    },
    remove(oid) {
      mailbox.remove(oid);
    },
    counts: () => ({
      receiver: receiver.name,
      ...count,
      dropped: count.dropped + mailbox.lost,
      waiting: mailbox.size,
    }),
    idle: async () => running,
  };
}

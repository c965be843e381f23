import { backoffMs, type BackoffOptions } from "../lib/backoff.js";
import { maxWaitMs, type Clock } from "../lib/clock.js";
import type { JsonObject, JsonValue } from "../lib/json.js";
import type { CommitRecord } from "../reconcile/commits/commit-record.js";
import { createMailbox, type Mailbox } from "./mailbox.js";
import type { ReportAnswer, Receiver, SendReport } from "./receiver.js";
import { reportOn, type FleetCount } from "./report.js";
import { retryAfterMs } from "./retry-after.js";

/** Tells others what becomes of commits. Nothing of it ever blocks or fails the loop. */
export interface Reporter {
  /** Takes note of a record that is new or has changed, and tells it soon. */
  note(record: CommitRecord): void;
  /** Tells what was not told before the process ended. `records`: newest first. */
  resume(records: readonly CommitRecord[]): void;
  counts(): readonly ReportCounts[];
  /** Ends at once: what is not told is told after the next start. */
  close(): void;
}

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

export interface ReporterOptions {
  readonly receivers: readonly Receiver[];
  readonly send: SendReport;
  readonly fleet: () => FleetCount;
  /** What was told, by receiver: the state and its time by commit. Kept on disk. */
  readonly memory: {
    readonly initial: JsonValue | undefined;
    write(document: () => JsonValue): Promise<void>;
  };
  readonly clock: Clock;
  readonly random: () => number;
  /** Is told what is wrong with a receiver, and (undefined) that all is well again. */
  readonly onProblem: (receiver: string, problem: string | undefined) => void;
  /** Between attempts that fail. Default: from 1 s to 5 min. */
  readonly backoff?: BackoffOptions;
}

/** Commits of which what was told is remembered. */
const maxRemembered = 300;

/** Starts with nothing to tell. Each receiver is told one thing at a time, and waits for no other. */
export function createReporter(options: ReporterOptions): Reporter {
  const stop = new AbortController();
  const told = readMemory(options.memory.initial);
  const save = (): void => {
    const document = (): JsonValue =>
      Object.fromEntries([...told].map(([name, ids]) => [name, Object.fromEntries(ids)]));
    options.memory.write(document).catch((cause: unknown) => {
      options.onProblem("memory", `what was reported cannot be saved: ${messageOf(cause)}`);
    });
  };
  const lines = options.receivers.map((receiver) => {
    const known = told.get(receiver.name) ?? new Map<string, string>();
    const isNew = !told.has(receiver.name);
    told.set(receiver.name, known);
    const remember = (oid: string, id: string): void => {
      known.delete(oid);
      known.set(oid, id);
      for (const oldest of known.keys()) {
        if (known.size <= maxRemembered) break;
        known.delete(oldest);
      }
      save();
    };
    return { known, isNew, ...createLine(receiver, options, stop.signal, remember) };
  });
  const note = (record: CommitRecord): void => {
    for (const { known, mailbox, wants, start } of lines) {
      const report = reportOn(record, options.fleet());
      const { oid } = record.commit;
      if (!wants(report)) {
        // What it waits to be told is no longer so.
        mailbox.remove(oid);
      } else if (known.get(oid) !== report.id) {
        mailbox.put(record);
        start();
      }
    }
  };
  return {
    note,
    resume(records) {
      const [newest] = records;
      // Whoever is new is not told everything that ever was.
      for (const { known, isNew } of lines) {
        if (!isNew) continue;
        for (const record of records.slice(1)) {
          known.set(record.commit.oid, reportOn(record, options.fleet()).id);
        }
      }
      for (const record of records.slice(0, maxRemembered).reverse()) note(record);
      if (newest === undefined) save();
    },
    counts: () => lines.map(({ counts }) => counts()),
    close() {
      stop.abort();
    },
  };
}

/** One receiver, and what it is to be told. */
interface Line {
  readonly mailbox: Mailbox;
  readonly wants: Receiver["wants"];
  start(): void;
  counts(): ReportCounts;
}

function createLine(
  receiver: Receiver,
  { send, fleet, clock, random, onProblem, backoff }: ReporterOptions,
  signal: AbortSignal,
  remember: (oid: string, id: string) => void,
): Line {
  const mailbox = createMailbox();
  const count = { delivered: 0, failed: 0, dropped: 0 };
  let running = false;

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

  /** Undefined: it is told, or never will be; else for how long to wait before the next attempt. */
  const attempt = async (record: CommitRecord, failures: number): Promise<number | undefined> => {
    const report = reportOn(record, fleet());
    const again = (why: string, askedMs = 0): number => {
      count.failed++;
      onProblem(receiver.name, `${receiver.name} cannot be told about commits: ${why}`);
      const ownMs = backoffMs(failures + 1, backoff ?? { firstMs: 1_000, maxMs: 300_000 }, random);
      return Math.max(ownMs, askedMs);
    };
    let answer: ReportAnswer;
    try {
      answer = await send(await receiver.requestOf(report), signal);
    } catch (cause) {
      return again(messageOf(cause));
    }
    const { status } = answer;
    const isTold = status >= 200 && status < 300;
    if (isTold || receiver.knowsAlready?.(status, answer.body) === true) {
      count.delivered++;
      remember(record.commit.oid, report.id);
      onProblem(receiver.name, undefined);
      return undefined;
    }
    const askedMs = retryAfterMs(answer, clock.now());
    if (askedMs !== undefined || isPassing(status)) return again(`it answers ${status}`, askedMs);
    count.dropped++;
    remember(record.commit.oid, report.id);
    onProblem(
      receiver.name,
      `${receiver.name} cannot be told about commits: it answers ${status}${meaningOf(status)}`,
    );
    return undefined;
  };

  const run = async (): Promise<void> => {
    let failures = 0;
    for (;;) {
      const record = mailbox.first();
      if (record === undefined || signal.aborted) return;
      const waitMs = await attempt(record, failures);
      if (signal.aborted) return;
      if (waitMs === undefined) {
        failures = 0;
        mailbox.done(record);
      } else {
        failures++;
        await wait(waitMs);
      }
    }
  };

  return {
    mailbox,
    wants: (report) => receiver.wants(report),
    start() {
      if (running || signal.aborted) return;
      running = true;
      void run().finally(() => {
        running = false;
      });
    },
    counts: () => ({
      receiver: receiver.name,
      ...count,
      dropped: count.dropped + mailbox.lost,
      waiting: mailbox.size,
    }),
  };
}

/** Whether a later attempt may go better: what is wrong is not the report. */
function isPassing(status: number): boolean {
  return status >= 500 || [401, 403, 408, 409, 425, 429].includes(status);
}

function meaningOf(status: number): string {
  if (status >= 300 && status < 400) return ", a redirect, which is not followed";
  return status === 404 ? ": there is no such project or commit, or the token may not see it" : "";
}

function messageOf(cause: unknown): string {
  if (!(cause instanceof Error)) return "it failed";
  const code = "code" in cause ? String(cause.code) : cause.name;
  // Only the product's own messages are known to hold no URL with a secret in it.
  return /^[a-z]+\//.test(code) ? cause.message : code;
}

function readMemory(value: JsonValue | undefined): Map<string, Map<string, string>> {
  const memory = new Map<string, Map<string, string>>();
  if (typeof value !== "object" || value === null || Array.isArray(value)) return memory;
  for (const [name, ids] of Object.entries(value as JsonObject)) {
    if (typeof ids !== "object" || ids === null) continue;
    const entries = Object.entries(ids).filter(([, id]) => typeof id === "string");
    memory.set(name, new Map(entries as [string, string][]));
  }
  return memory;
}

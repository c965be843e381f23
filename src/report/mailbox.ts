import type { CommitRecord } from "../reconcile/commits/commit-record.js";

/** What one receiver is still to be told: of each commit the newest, and of very many the newest ones. */
export interface Mailbox {
  put(record: CommitRecord): void;
  /** What is to be told first, and next, at most so many. */
  first(count: number): readonly CommitRecord[];
  /** What is to be told of a commit; undefined: nothing. */
  get(oid: string): CommitRecord | undefined;
  remove(oid: string): void;
  readonly size: number;
  /** How many were given up because there were too many. */
  readonly lost: number;
}

/** Starts empty. */
export function createMailbox(maxSize = 100): Mailbox {
  const records = new Map<string, CommitRecord>();
  let lost = 0;
  return {
    put(record) {
      records.set(record.commit.oid, record);
      for (const oldest of records.keys()) {
        if (records.size <= maxSize) break;
        records.delete(oldest);
        lost++;
      }
    },
    first: (count) => [...records.values()].slice(0, count),
    get: (oid) => records.get(oid),
    remove(oid) {
      records.delete(oid);
    },
    get size() {
      return records.size;
    },
    get lost() {
      return lost;
    },
  };
}

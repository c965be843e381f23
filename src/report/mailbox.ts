import type { CommitRecord } from "../reconcile/commits/commit-record.js";

/** What one receiver is still to be told: of each commit the newest, and of very many the newest ones. */
export interface Mailbox {
  put(record: CommitRecord): void;
  /** What is to be told first; undefined: nothing. */
  first(): CommitRecord | undefined;
  /** It was told. What came of the same commit meanwhile stays. */
  done(record: CommitRecord): void;
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
    first: () => records.values().next().value,
    done(record) {
      if (records.get(record.commit.oid) === record) records.delete(record.commit.oid);
    },
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

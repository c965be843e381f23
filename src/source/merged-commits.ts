import { readRawCommit } from "./raw-commit.js";
import type { ObjectStore } from "./objects/object-store.js";
import { parentsOf } from "./revision.js";

/** What a merge brought into a branch. */
export interface MergedCommits {
  /** Newest first. Without the merge itself and all that its first parent descends from. */
  readonly oids: readonly string[];
  /** There are more than were looked for. */
  readonly truncated: boolean;
}

/** Commits that are looked at for one merge, those that turn out to be old ones included. */
const maxVisited = 5_000;

interface Visited {
  readonly oid: string;
  readonly parents: readonly string[];
  readonly committedS: number;
  isOld: boolean;
}

/**
 * The commits that can be reached from a merge and not from its first parent, as far as they are here:
 * `git rev-list commit^1..commit`, without the merge. None for a commit that is no merge.
 */
export function listMergedCommits(store: ObjectStore, oid: string): MergedCommits {
  const [first, ...others] = readLinks(store, oid).parents;
  if (first === undefined || others.length === 0) return { oids: [], truncated: false };
  const seen = new Map<string, Visited>();
  const queue: Visited[] = [];
  const visit = (name: string, isOld: boolean): void => {
    const known = seen.get(name);
    if (known === undefined) {
      if (!store.has(name)) return;
      const visited = { oid: name, ...readLinks(store, name), isOld };
      seen.set(name, visited);
      queue.push(visited);
    } else if (isOld && !known.isOld) {
      known.isOld = true;
      // What it descends from was taken for new: go through it again.
      queue.push(known);
    }
  };
  visit(first, true);
  for (const other of others) visit(other, false);
  // From the newest on, so that what both sides have is mostly met as old first.
  while (queue.some(({ isOld }) => !isOld) || hasOpenEnd(queue, seen)) {
    if (seen.size > maxVisited) return { oids: [], truncated: true };
    queue.sort((a, b) => a.committedS - b.committedS);
    const next = queue.pop();
    if (next === undefined) break;
    for (const parent of next.parents) visit(parent, next.isOld);
  }
  const fresh = [...seen.values()].filter(({ isOld }) => !isOld);
  return { oids: fresh.map((one) => one.oid), truncated: false };
}

/** Old commits that are not older than all new ones may still lead to one that was taken for new. */
function hasOpenEnd(queue: readonly Visited[], seen: ReadonlyMap<string, Visited>): boolean {
  let oldestNewS = Infinity;
  for (const { isOld, committedS } of seen.values()) {
    if (!isOld) oldestNewS = Math.min(oldestNewS, committedS);
  }
  return queue.some(({ committedS }) => committedS >= oldestNewS);
}

/** The parents of a commit, and when it says that it was committed. */
function readLinks(store: ObjectStore, oid: string): Pick<Visited, "parents" | "committedS"> {
  const text = readRawCommit(store, oid).toString("latin1");
  const committedS = Number(/^committer .*> (\d{1,15}) /m.exec(text)?.[1] ?? 0);
  return { parents: parentsOf(store, oid), committedS };
}

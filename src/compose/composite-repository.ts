import type { JsonFile } from "../state/json-file.js";
import { isJsonObject, type JsonValue } from "../lib/json.js";
import { mountNameOf } from "../model/confinement.js";
import type {
  CheckCommits,
  CommitPolicy,
  DistrustedCommit,
} from "../reconcile/turn/check-commits.js";
import type { FetchedHistory, GitRepository } from "../source/git-repository.js";
import { SourceError } from "../source/source-error.js";
import type { CommitInfo, SourceTree } from "../source/source-tree.js";
import {
  combinationJson,
  combine,
  readCombination,
  type Combination,
  type Parts,
} from "./combination.js";
import { createTreeMounter } from "./mount-tree.js";

/** One of the repositories that a config is composed of. */
export interface Member {
  readonly name: string;
  readonly repository: GitRepository;
  /** Whether its commits may be trusted; undefined: all of them. */
  readonly checkCommits?: CheckCommits;
  /** Whether a commit answers for itself, or for all since the last good one. */
  readonly commitPolicy: CommitPolicy;
}

/** What a composite repository is made of. */
export interface CompositeOptions {
  /** The repository whose files are the root of the tree, and whose `gloo.yaml` counts. */
  readonly first: Member;
  /** The others; each becomes a folder such as `shop:`. */
  readonly others: readonly Member[];
  /** Whether the config of a tree has no errors. */
  readonly isGood: (tree: SourceTree, signal: AbortSignal) => Promise<boolean>;
  /** Where combinations are kept, so that one can be read again after a restart. */
  readonly memory: JsonFile;
}

/** Several repositories as one. */
export interface CompositeRepository extends GitRepository {
  /** Asks for each combination about the commits of its parts. */
  readonly checkCommits: CheckCommits;
}

/** Combinations that are remembered; the loop's own history is shorter. */
const maxCombinations = 300;
/** How far back in one repository a good commit is looked for. */
const maxStepsBack = 20;

/**
 * Composes repositories: each combination of their commits is a commit. The newest is that of all heads.
 * If it has errors, there is a second one, older by a step: of every repository the newest commit with
 * which the config of all is good. So a mistake of one team holds back that team, and nobody else.
 */
export function createCompositeRepository(options: CompositeOptions): CompositeRepository {
  const { first, others, isGood, memory } = options;
  const members = [first, ...others];
  const mounter = createTreeMounter();
  const known = readKnown(memory.initial);
  /** Commits since the last good combination, newest first, by name of the repository. */
  const lines = new Map<string, readonly CommitInfo[]>();
  let good = known.good;
  /** What the repositories named at the last look, and the combination of it. */
  let last: Look | undefined;

  function remember(combination: Combination): Combination {
    const { oid } = combination.commit;
    known.all.delete(oid);
    known.all.set(oid, combination);
    for (const oldest of known.all.keys()) {
      if (known.all.size <= maxCombinations) break;
      if (oldest !== good?.commit.oid) known.all.delete(oldest);
    }
    return combination;
  }

  async function save(): Promise<void> {
    const combinations = [...known.all.values()].map(combinationJson);
    const goodOid = good?.commit.oid ?? null;
    await memory.write(() => ({ version: formatVersion, good: goodOid, combinations }));
  }

  async function treeOf({ parts, commit }: Combination, signal: AbortSignal): Promise<SourceTree> {
    const trees = new Map<string, SourceTree["root"]>();
    for (const { name, repository } of members) {
      const part = parts.get(name);
      if (part === undefined) continue; // it was added to the settings later
      trees.set(name, (await naming(name, repository.tree(part.oid, signal))).root);
    }
    const root = trees.get(first.name);
    if (root === undefined)
      throw new SourceError("source/ref-not-found", unknownCombination(commit.oid));
    const mounts = new Map(
      others.flatMap(({ name }) => {
        const tree = trees.get(name);
        return tree === undefined ? [] : [[mountNameOf(name), tree] as const];
      }),
    );
    const taken = root.entries.find((entry) => mounts.has(entry.name));
    if (taken !== undefined) {
      const message = `"${taken.path}" of ${first.name} is where another repository belongs; rename it`;
      throw new SourceError("source/protocol", message);
    }
    return { commit, root: mounter.mount(root, mounts) };
  }

  /** Brings what is new in each repository. */
  async function bring(
    next: ReadonlyMap<string, string>,
    signal: AbortSignal,
  ): Promise<{ readonly heads: Parts; readonly truncated: boolean; readonly rewritten: boolean }> {
    const found = new Map<string, CommitInfo>();
    let truncated = false;
    let rewritten = false;
    for (const { name, repository } of members) {
      const head = next.get(name) ?? "";
      const since = good?.parts.get(name)?.oid;
      const history = await naming(name, repository.fetch(head, since, signal));
      truncated ||= history.truncated;
      rewritten ||= history.rewritten && since !== undefined;
      const tip = history.commits[0] ?? (await naming(name, repository.tree(head, signal))).commit;
      found.set(name, tip);
      lines.set(name, history.commits.length > 0 ? history.commits : [tip]);
    }
    return { heads: found, truncated, rewritten };
  }

  /** From the last good combination, each repository as far as the config of all stays good. */
  async function bestOf(heads: Parts, signal: AbortSignal): Promise<Parts | undefined> {
    if (good === undefined) return undefined;
    const before = good.parts;
    let best = before;
    for (const { name } of members) {
      for (const commit of (lines.get(name) ?? []).slice(0, maxStepsBack)) {
        if (commit.oid === best.get(name)?.oid) break;
        const tried = new Map(best).set(name, commit);
        if (!(await isSound(tried, signal))) continue;
        best = tried;
        break;
      }
    }
    const isNews = [...best].some(([name, { oid }]) => before.get(name)?.oid !== oid);
    const isAll = [...heads].every(([name, { oid }]) => best.get(name)?.oid === oid);
    return isNews && !isAll ? best : undefined;
  }

  async function isSound(parts: Parts, signal: AbortSignal): Promise<boolean> {
    if ((await distrustOf(parts, signal)) !== undefined) return false;
    return isGood(await treeOf(combine(parts, good?.parts), signal), signal);
  }

  /** The first part that nobody may trust. */
  async function distrustOf(
    parts: Parts,
    signal: AbortSignal,
  ): Promise<Omit<DistrustedCommit, "oid"> | undefined> {
    for (const { name, checkCommits, commitPolicy } of members) {
      const part = parts.get(name);
      if (part === undefined || part.oid === good?.parts.get(name)?.oid) continue;
      const line = lines.get(name) ?? [];
      const asked = commitPolicy === "every" ? line.slice(line.indexOf(part)) : [part];
      const [refused] = (await checkCommits?.(asked, signal)) ?? [];
      if (refused === undefined) continue;
      const reason = `commit ${refused.oid.slice(0, 8)} of ${name}: ${refused.reason}`;
      return { code: refused.code, reason };
    }
    return undefined;
  }

  function combinationOf(oid: string): Combination {
    const found = known.all.get(oid);
    if (found !== undefined) return found;
    throw new SourceError("source/ref-not-found", unknownCombination(oid));
  }

  return {
    async head(signal) {
      const next = new Map<string, string>();
      for (const { name, repository } of members) {
        next.set(name, await naming(name, repository.head(signal)));
      }
      if (last !== undefined && sameHeads(last.heads, next)) return last.all.commit.oid;
      const { heads: found, ...marks } = await bring(next, signal);
      last = { heads: next, all: remember(combine(found, good?.parts)), ...marks };
      return last.all.commit.oid;
    },
    async fetch(head, since, signal): Promise<FetchedHistory> {
      const all = combinationOf(head);
      // What is served is known, but perhaps not here: what was remembered may be lost.
      if (since === head && good !== undefined) return nothingNew;
      const isAllGood = await isSound(all.parts, signal);
      const best = isAllGood ? undefined : await bestOf(all.parts, signal);
      const second = best && remember(combine(best, good?.parts));
      good = isAllGood ? all : (second ?? good);
      await save();
      if (since === head) return nothingNew;
      const commits = [all.commit, ...(second ? [second.commit] : [])];
      const { truncated = false, rewritten = false } = last ?? {};
      return { commits, truncated, rewritten };
    },
    tree: (commit, signal) => treeOf(combinationOf(commit), signal),
    rawCommit: (commit) => Promise.reject(noObject(commit)),
    mergedCommits: (commit) => Promise.reject(noObject(commit)),
    async checkCommits(commits, signal) {
      const refused: DistrustedCommit[] = [];
      for (const { oid } of commits) {
        const found = await distrustOf(combinationOf(oid).parts, signal);
        if (found !== undefined) refused.push({ oid, ...found });
      }
      return refused;
    },
    async close() {
      for (const { repository } of members) await repository.close();
      await memory.close();
    },
  };
}

/** One look at all repositories. */
interface Look {
  readonly heads: ReadonlyMap<string, string>;
  readonly all: Combination;
  readonly truncated: boolean;
  readonly rewritten: boolean;
}

function sameHeads(a: ReadonlyMap<string, string>, b: ReadonlyMap<string, string>): boolean {
  return a.size === b.size && [...a].every(([name, oid]) => b.get(name) === oid);
}

/** Says which repository cannot be read. */
async function naming<T>(name: string, asked: Promise<T>): Promise<T> {
  try {
    return await asked;
  } catch (cause) {
    if (!(cause instanceof SourceError)) throw cause;
    const { code, message, retryAfterMs } = cause;
    const waits = retryAfterMs === undefined ? {} : { retryAfterMs };
    throw new SourceError(code, `${name}: ${message}`, { cause, ...waits });
  }
}

function unknownCombination(oid: string): string {
  return `combination ${oid.slice(0, 8)} of the repositories is not known here; push a commit to any of them`;
}

function noObject(oid: string): SourceError {
  const message = `${oid.slice(0, 8)} is a combination of commits, and no object of Git`;
  return new SourceError("source/protocol", message);
}

const nothingNew: FetchedHistory = { commits: [], truncated: false, rewritten: false };

const formatVersion = 1;

interface Known {
  /** By oid, the oldest first. */
  readonly all: Map<string, Combination>;
  /** The newest in which everything was good. */
  readonly good: Combination | undefined;
}

function readKnown(document: JsonValue | undefined): Known {
  const all = new Map<string, Combination>();
  if (!isJsonObject(document) || document["version"] !== formatVersion)
    return { all, good: undefined };
  const { combinations, good } = document;
  for (const json of Array.isArray(combinations) ? (combinations as readonly JsonValue[]) : []) {
    const combination = readCombination(json);
    if (combination !== undefined) all.set(combination.commit.oid, combination);
  }
  return { all, good: typeof good === "string" ? all.get(good) : undefined };
}

import { createHash } from "node:crypto";
import { compareText } from "../lib/compare.js";
import { isJsonObject, type JsonObject, type JsonValue } from "../lib/json.js";
import type { CommitInfo } from "../source/source-tree.js";

/** A commit of each repository, by the repository's name, in the order of names. */
export type Parts = ReadonlyMap<string, CommitInfo>;

/** Commits of several repositories, as the one commit that they amount to. */
export interface Combination {
  readonly parts: Parts;
  readonly commit: CommitInfo;
}

/**
 * The commit that a combination amounts to: its oid and its tree's are hashes of those of its parts, so
 * that every replica gives it the same name. Who made it, and what it says, is that of the newest part
 * which is not in `before`.
 */
export function combine(parts: Parts, before: Parts | undefined): Combination {
  const sorted = new Map([...parts].sort(([a], [b]) => compareText(a, b)));
  const changed = [...sorted].filter(([name, { oid }]) => before?.get(name)?.oid !== oid);
  const told = changed.length > 0 ? changed : [...sorted];
  const [newest] = [...told].sort(
    ([, a], [, b]) => b.committer.timestampS - a.committer.timestampS,
  );
  const [name, commit] = newest!; // there is at least one repository
  const message =
    told.length === 1
      ? `${name}: ${commit.message}`
      : `${told.map(([other]) => other).join(", ")}: ${subjectOf(commit)}\n\n${told
          .map(([other, own]) => `${other} ${own.oid.slice(0, 8)}: ${subjectOf(own)}`)
          .join("\n")}\n`;
  return {
    parts: sorted,
    commit: {
      oid: hashOf("commit", sorted, ({ oid }) => oid),
      treeOid: hashOf("tree", sorted, ({ treeOid }) => treeOid),
      author: commit.author,
      committer: commit.committer,
      message,
    },
  };
}

function subjectOf({ message }: CommitInfo): string {
  return message.split("\n")[0] ?? "";
}

function hashOf(kind: string, parts: Parts, of: (commit: CommitInfo) => string): string {
  const hash = createHash("sha1").update(`${kind}\n`);
  for (const [name, commit] of parts) hash.update(`${name} ${of(commit)}\n`);
  return hash.digest("hex");
}

/** A combination as it is kept on disk. */
export function combinationJson({ parts, commit }: Combination): JsonObject {
  // Commits are plain data.
  return { parts: Object.fromEntries(parts), commit } as unknown as JsonObject;
}

/** Reads what {@link combinationJson} wrote; undefined: it is something else. */
export function readCombination(json: JsonValue): Combination | undefined {
  if (!isJsonObject(json) || !isJsonObject(json["parts"]) || !isCommit(json["commit"])) {
    return undefined;
  }
  const parts = Object.entries(json["parts"]);
  if (!parts.every(([, commit]) => isCommit(commit))) return undefined;
  return {
    parts: new Map(parts as unknown as [string, CommitInfo][]),
    commit: json["commit"] as unknown as CommitInfo,
  };
}

function isCommit(value: unknown): boolean {
  if (!isJsonObject(value)) return false;
  const { oid, treeOid, message, author, committer } = value;
  return (
    [oid, treeOid].every((one) => typeof one === "string" && /^[0-9a-f]{40}$/.test(one)) &&
    typeof message === "string" &&
    isJsonObject(author) &&
    isJsonObject(committer)
  );
}

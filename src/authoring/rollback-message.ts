import { printableText } from "../lib/printable-text.js";
import type { CommitInfo } from "../source/source-tree.js";

/** What a commit that takes the config back has to say. */
export interface RollbackStory {
  /** The commit whose config it brings back. */
  readonly target: CommitInfo;
  /** Commits that it undoes, newest first. */
  readonly undone: readonly CommitInfo[];
  /** The first line. Default: to which commit it goes back. */
  readonly subject?: string | undefined;
  /** Paragraphs. */
  readonly reason?: string | undefined;
}

/** What the commit of a roll-back says: to what, why, and what it undoes. */
export function messageOfRollback({ target, undone, subject, reason }: RollbackStory): string {
  const first = subject ?? `Roll the config back to ${shortOf(target)}`;
  const lines = undone.map(
    (commit) => `  ${shortOf(commit)} ${subjectOf(commit)} (${printableText(commit.author.name)})`,
  );
  const undoes = lines.length === 0 ? [] : [`This undoes:\n\n${lines.join("\n")}`];
  const wanted = `The config is that of commit ${target.oid},\n"${subjectOf(target)}".`;
  return [first, ...(reason === undefined ? [] : [reason]), wanted, ...undoes].join("\n\n");
}

/** Commits that changed the config since the target, newest first. Of one outside of the history, none is known. */
export function commitsUndone(
  history: readonly CommitInfo[],
  target: CommitInfo,
): readonly CommitInfo[] {
  const end = history.findIndex(({ oid }) => oid === target.oid);
  return history
    .slice(0, Math.max(end, 0))
    .filter((commit, i) => commit.treeOid !== history[i + 1]?.treeOid);
}

/** The first digits of a commit's id. */
export function shortOf({ oid }: Pick<CommitInfo, "oid">): string {
  return oid.slice(0, 12);
}

/** The first line of a commit's message. */
export function subjectOf({ message }: Pick<CommitInfo, "message">): string {
  return printableText(message.split("\n")[0] ?? "");
}

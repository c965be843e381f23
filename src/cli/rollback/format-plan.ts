import type { CommitInfo } from "../../source/source-tree.js";
import { printableText } from "../../lib/printable-text.js";
import type { Style } from "../io.js";
import type { RollbackPlan } from "./plan-rollback.js";

/** What the commit of a roll-back says: to what, why, and what it undoes. */
export function messageOfRollback(
  { target, undone }: RollbackPlan,
  { message, reason }: { readonly message?: string; readonly reason?: string },
): string {
  const subject = message ?? `Roll the config back to ${shortOf(target)}`;
  const lines = undone.map(
    (commit) => `  ${shortOf(commit)} ${subjectOf(commit)} (${commit.author.name})`,
  );
  const undoes = lines.length === 0 ? [] : [`This undoes:\n\n${lines.join("\n")}`];
  const wanted = `The config is that of commit ${target.oid},\n"${subjectOf(target)}".`;
  return [subject, ...(reason === undefined ? [] : [reason]), wanted, ...undoes].join("\n\n");
}

/** What will change, for a person. */
export function formatPlan(plan: RollbackPlan, style: Style): string {
  const { head, target, undone, files, branch } = plan;
  const commitLine = (commit: CommitInfo): string =>
    `${style.yellow(shortOf(commit))} ${subjectOf(commit)} ${style.dim(`(${printableText(commit.author.name)})`)}`;
  const marks = { added: style.green("A"), modified: style.yellow("M"), deleted: style.red("D") };
  const shown = files
    .slice(0, 40)
    .map(({ path, change }) => `  ${marks[change]} ${printableText(path)}`);
  const more = files.length > shown.length ? [`  … and ${files.length - shown.length} more`] : [];
  return [
    `branch ${branch}, now at ${commitLine(head)}`,
    `back to ${commitLine(target)}`,
    ...(undone.length === 0
      ? []
      : ["undoes:", ...undone.map((commit) => `  ${commitLine(commit)}`)]),
    "changes:",
    ...shown,
    ...more,
    "",
  ].join("\n");
}

/** The first digits of a commit's id. */
export function shortOf({ oid }: Pick<CommitInfo, "oid">): string {
  return oid.slice(0, 12);
}

/** The first line of a commit's message. */
export function subjectOf({ message }: Pick<CommitInfo, "message">): string {
  return printableText(message.split("\n")[0] ?? "");
}

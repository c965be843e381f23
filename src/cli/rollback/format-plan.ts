import { shortOf, subjectOf } from "../../authoring/rollback-message.js";
import { printableText } from "../../lib/printable-text.js";
import type { CommitInfo } from "../../source/source-tree.js";
import type { Style } from "../io.js";
import type { RollbackPlan } from "./plan-rollback.js";

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

import type {
  ChangeKind,
  Changes,
  ObjectChange,
  ResourceChange,
  RouteChange,
} from "../../changes/changes.js";
import { isSame } from "../../changes/changes.js";
import type { Diagnostic } from "../../diagnostics/diagnostic.js";
import { printableText } from "../../lib/printable-text.js";
import { countChanges, type DiffReport } from "./diff-report.js";
import { describeFieldChange, describeValueChange, maxValues } from "./value-text.js";

/** By it a later run finds the comment of an earlier one: one comment a pull request, always the newest. */
export const commentMark = "<!-- gloo diff -->";

/** GitHub takes 65,536 characters; what is cut needs room to be mentioned. */
const maxComment = 60_000;

/** The report as the comment of a pull request. What the repository says in it is text, never markup. */
export function formatDiffMarkdown(report: DiffReport): string {
  const { before, after, changes, diagnostics } = report;
  const head = [commentMark, `### ${titleOf(report)}`, "", `${code(before)} → ${code(after)}`].join(
    "\n",
  );
  if (changes === undefined) return `${head}\n\n${fit(diagnostics.map(diagnosticItem))}`;
  if (isSame(changes)) return `${head}\n`;
  return `${head}\n${sectionsOf(changes)}`;
}

function titleOf({ changes, diagnostics }: DiffReport): string {
  if (changes === undefined) {
    const count = diagnostics.filter(({ severity }) => severity === "error").length;
    return `gloo: this would not go live: ${count} error${count === 1 ? "" : "s"}`;
  }
  if (isSame(changes)) return "gloo: no change for traffic";
  return `gloo: ${countChanges(changes)} change`;
}

function diagnosticItem({ code: name, severity, message, location, hint }: Diagnostic): string {
  const place = location === undefined ? "" : `${code(`${location.file}:${location.line}`)} `;
  const help = hint === undefined ? "" : `<br>${escape(hint)}`;
  return `- ${place}**${severity}** ${code(name)}: ${escape(message)}${help}\n`;
}

function sectionsOf({ objects, routes, resources }: Changes): string {
  const sections = [
    tableOf("Routes", ["", "Host", "Request", "Goes to", "What changes"], routes.map(routeRow)),
    tableOf("Objects", ["", "Object", "Where", "What changes"], objects.map(objectRow)),
    tableOf(
      "Envoy resources",
      ["", "Role", "Resource", "What changes"],
      resources.map(resourceRow),
    ),
  ];
  let room = maxComment;
  return sections
    .map((section) => {
      const text = section(room);
      room -= text.length;
      return text;
    })
    .join("");
}

/** A table that folds away if it is long, with as many rows as there is room for. */
function tableOf(
  title: string,
  headings: readonly string[],
  rows: readonly string[],
): (room: number) => string {
  return (room) => {
    if (rows.length === 0) return "";
    const head = `| ${headings.join(" | ")} |\n|${" --- |".repeat(headings.length)}\n`;
    const table = head + fit(rows, room - head.length);
    const isLong = rows.length > 20 || title === "Envoy resources";
    return isLong
      ? `\n<details><summary>${title}: ${rows.length}</summary>\n\n${table}\n</details>\n`
      : `\n#### ${title}\n\n${table}`;
  };
}

/** As many lines as fit, and a word about the rest. */
function fit(lines: readonly string[], room = maxComment): string {
  let text = "";
  for (const [index, one] of lines.entries()) {
    if (text.length + one.length > room) {
      return `${text}\n…and ${lines.length - index} more: run \`gloo diff\` to see them\n`;
    }
    text += one;
  }
  return text;
}

const words: Readonly<Record<ChangeKind, string>> = {
  added: "added",
  removed: "**removed**",
  changed: "changed",
  moved: "moved",
};

function row(cells: readonly string[]): string {
  return `| ${cells.join(" | ")} |\n`;
}

function routeRow(route: RouteChange): string {
  const { change, domains, match, outcome, fields, virtualService, role } = route;
  const shown = domains.slice(0, 3).map(code).join(" ");
  const host = domains.length > 3 ? `${shown} and ${domains.length - 3} more` : shown;
  const what = fields.map((field) => `${escape(field.field)}: ${code(describeFieldChange(field))}`);
  return row([
    words[change],
    `${host}${role === "ingress" ? "" : ` (role ${code(role)})`}`,
    match === undefined ? `all of ${code(`VirtualService/${virtualService}`)}` : code(match),
    outcome === undefined ? "" : code(outcome),
    cell(what),
  ]);
}

function objectRow({ change, ref, location, values }: ObjectChange): string {
  const what = values.map(
    (value) => `${code(value.pointer || "/")} ${code(describeValueChange(value))}`,
  );
  const where = code(`${location.file}:${location.line}`);
  return row([words[change], code(`${ref.kind}/${ref.name}`), where, cell(what)]);
}

function resourceRow({ change, role, type, name, values }: ResourceChange): string {
  const what = values.map(
    (value) => `${code(value.pointer || "/")} ${code(describeValueChange(value))}`,
  );
  return row([words[change], code(role), `${type} ${code(name)}`, cell(what)]);
}

function cell(lines: readonly string[]): string {
  const shown = lines.slice(0, maxValues);
  if (lines.length > shown.length) shown.push(`and ${lines.length - shown.length} more`);
  return shown.join("<br>");
}

/** Text in which nothing is markup, a link, or somebody's name. */
function escape(text: string): string {
  return printableText(text)
    .replaceAll(/[\\`*_{}[\]()#+!|~>-]/g, "\\$&")
    .replaceAll("&", "&amp;")
    .replaceAll("<", "&lt;")
    .replaceAll("@", "@\u200b");
}

/** Text as it is, in a table too: HTML's `code`, for no escape holds within backticks. */
function code(text: string): string {
  const shown = printableText(text)
    .replaceAll("&", "&amp;")
    .replaceAll("<", "&lt;")
    .replaceAll(/[\\`*_[\]|~!@]|:(?=\/\/)|(?<=www)\./gi, (mark) => `&#${mark.charCodeAt(0)};`);
  return `<code>${shown}</code>`;
}

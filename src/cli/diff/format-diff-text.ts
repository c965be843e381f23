import type {
  ChangeKind,
  Changes,
  ObjectChange,
  ResourceChange,
  RouteChange,
  ValueChange,
} from "../../changes/changes.js";
import { isSame } from "../../changes/changes.js";
import { formatDiagnosticsText, formatSummary } from "../../diagnostics/format-text.js";
import { printableText } from "../../lib/printable-text.js";
import type { Style } from "../io.js";
import { countChanges, type DiffReport } from "./diff-report.js";
import { describeFieldChange, describeValueChange, maxValues } from "./value-text.js";

/** The report for people: a section for each way of looking at it, then what it adds up to. */
export function formatDiffText(report: DiffReport, style: Style): string {
  const { before, after, changes, diagnostics } = report;
  const heading = `${style.dim(`${printableText(before)} → ${printableText(after)}`)}\n`;
  if (changes === undefined) {
    const found = formatDiagnosticsText(diagnostics, style);
    const summary = formatSummary(diagnostics, 0, style).replace(/ in 0 files$/, "");
    return `${heading}${found}${summary}: it would not go live\n`;
  }
  if (isSame(changes)) return `${heading}no difference\n`;
  return heading + sectionsOf(changes, style) + `${countChanges(changes)}\n`;
}

function sectionsOf({ objects, routes, resources }: Changes, style: Style): string {
  const sections: readonly (readonly [string, readonly string[]])[] = [
    ["Objects", objects.map((change) => objectText(change, style))],
    ["Routes", routes.map((change) => routeText(change, style))],
    ["Envoy resources", resources.map((change) => resourceText(change, style))],
  ];
  return sections
    .filter(([, lines]) => lines.length > 0)
    .map(([name, lines]) => `\n${style.bold(name)}\n${lines.join("")}`)
    .join("")
    .concat("\n");
}

const signs: Readonly<Record<ChangeKind, string>> = {
  added: "+",
  removed: "-",
  changed: "~",
  moved: "↕",
};

function line(change: ChangeKind, text: string, place: string, style: Style): string {
  const color = {
    added: style.green,
    removed: style.red,
    changed: style.yellow,
    moved: style.cyan,
  };
  const shown = `${signs[change]} ${printableText(text)}`;
  return `  ${color[change](shown)}${place === "" ? "" : `  ${style.dim(printableText(place))}`}\n`;
}

function objectText({ change, ref, location, values }: ObjectChange, style: Style): string {
  const place = `${location.file}:${location.line}`;
  return line(change, `${ref.kind}/${ref.name}`, place, style) + valuesText(values, style);
}

function routeText(route: RouteChange, style: Style): string {
  const { change, role, virtualService, domains, match, outcome, location, fields } = route;
  const place = location === undefined ? "" : `${location.file}:${location.line}`;
  const host = domains.length > 3 ? `${domains.slice(0, 3).join(",")},…` : domains.join(",");
  const subject =
    match === undefined
      ? `${role} ${host}  VirtualService/${virtualService}`
      : `${role} ${host} ${match} → ${outcome ?? ""}`;
  const details = fields.map((field) => `${field.field}: ${describeFieldChange(field)}`);
  return line(change, subject, place, style) + indented(details, style);
}

function resourceText({ change, role, type, name, values }: ResourceChange, style: Style): string {
  return line(change, `${role} ${type} ${name}`, "", style) + valuesText(values, style);
}

function valuesText(values: readonly ValueChange[], style: Style): string {
  return indented(
    values.map((value) => `${value.pointer || "/"}: ${describeValueChange(value)}`),
    style,
  );
}

function indented(lines: readonly string[], style: Style): string {
  const shown = lines.slice(0, maxValues).map(printableText);
  const left = lines.length - shown.length;
  if (left > 0) shown.push(`and ${left} more`);
  return shown.map((text) => `      ${style.dim(text)}\n`).join("");
}

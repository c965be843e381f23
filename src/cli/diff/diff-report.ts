import { isSame, type Changes } from "../../changes/changes.js";
import { diagnosticsReport } from "../../diagnostics/format-json.js";
import type { Diagnostic } from "../../diagnostics/diagnostic.js";

/** The sections of a comparison. */
export const diffSections = ["objects", "routes", "resources"] as const;
export type DiffSection = (typeof diffSections)[number];

/** What came of a comparison. */
export interface DiffReport {
  readonly before: string;
  readonly after: string;
  /** Undefined: the later side has errors, so there is nothing that could go live. */
  readonly changes: Changes | undefined;
  /** Of the later side. */
  readonly diagnostics: readonly Diagnostic[];
}

/** Whether the two sides differ, as far as one can tell. */
export function hasChanges({ changes }: DiffReport): boolean {
  return changes === undefined || !isSame(changes);
}

/** The report without the sections that nobody asked for. */
export function onlySections(changes: Changes, wanted: readonly DiffSection[]): Changes {
  const has = (section: DiffSection): boolean => wanted.includes(section);
  return {
    objects: has("objects") ? changes.objects : [],
    routes: has("routes") ? changes.routes : [],
    resources: has("resources") ? changes.resources : [],
  };
}

/** The report for programs. */
export function formatDiffJson(report: DiffReport): string {
  const { before, after, changes } = report;
  const { errors, warnings, diagnostics } = diagnosticsReport(report.diagnostics);
  const document = { before, after, errors, warnings, diagnostics, changes: changes ?? null };
  return `${JSON.stringify(document, undefined, 2)}\n`;
}

/** `3 objects, 1 host, 2 routes, 4 Envoy resources`, of those that there are. */
export function countChanges({ objects, routes, resources }: Changes): string {
  const hosts = routes.filter(({ match }) => match === undefined).length;
  const counts = [
    [objects.length, "object"],
    [hosts, "host"],
    [routes.length - hosts, "route"],
    [resources.length, "Envoy resource"],
  ] as const;
  return counts
    .filter(([count]) => count > 0)
    .map(([count, noun]) => `${count} ${noun}${count === 1 ? "" : "s"}`)
    .join(", ");
}

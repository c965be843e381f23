import type { Diagnostic } from "../../diagnostics/diagnostic.js";
import { formatDiagnosticsGithub } from "../../diagnostics/format-github.js";
import { diagnosticsReport } from "../../diagnostics/format-json.js";
import {
  countOf,
  countSeverities,
  formatCounts,
  formatDiagnosticsText,
  formatSummary,
} from "../../diagnostics/format-text.js";
import { printableText } from "../../lib/printable-text.js";
import { createStyle, type Style } from "../io.js";

/** What came of a check. */
export interface CheckReport {
  /** Whether it passed. */
  readonly ok: boolean;
  readonly commit: string | undefined;
  readonly files: number;
  readonly envoy: "accepted" | "refused" | "not-asked";
  readonly uncheckedSecrets: readonly string[];
  /** Encrypted in the config, and nobody looked into them. Default: none. */
  readonly sealedSecrets?: readonly string[];
  /** With a base, those that it does not have. */
  readonly diagnostics: readonly Diagnostic[];
  readonly base?: BaseReport;
  readonly changed?: ChangedReport;
}

/** What the commit that a change started from has already, and is not reported. */
export interface BaseReport {
  readonly rev: string;
  readonly commit: string;
  readonly errors: number;
  readonly warnings: number;
}

/** What was looked at, of a change alone. */
export interface ChangedReport {
  /** The commit that the files on disk are compared with, as it was asked for. */
  readonly since: string;
  readonly files: number;
  readonly dependents: number;
}

/** What people read: every diagnostic, and what they add up to. */
export function formatCheckText(report: CheckReport, style: Style): string {
  return formatDiagnosticsText(report.diagnostics, style) + formatConclusion(report, style);
}

/** Workflow commands for GitHub Actions, and what they add up to. */
export function formatCheckGithub(report: CheckReport): string {
  return formatDiagnosticsGithub(report.diagnostics) + formatConclusion(report, createStyle(false));
}

/** The report for programs: `schemas/diagnostics.schema.json`. */
export function formatCheckJson(report: CheckReport): string {
  const { ok, commit, files, envoy, uncheckedSecrets, sealedSecrets = [], base, changed } = report;
  const { errors, warnings, diagnostics } = diagnosticsReport(report.diagnostics);
  const document = {
    ok,
    commit: commit ?? null,
    files,
    errors,
    warnings,
    envoy,
    unchecked_secrets: uncheckedSecrets,
    ...(sealedSecrets.length > 0 && { sealed_secrets: sealedSecrets }),
    ...(base && { base }),
    ...(changed && { changed }),
    diagnostics,
  };
  return `${JSON.stringify(document, undefined, 2)}\n`;
}

/** What the diagnostics add up to, and what was not looked at or is not shown. */
export function formatConclusion(report: CheckReport, style: Style): string {
  const asked = report.envoy === "accepted" ? "; Envoy takes it" : "";
  const notes = [
    baseNote(report),
    uncheckedNote(report.uncheckedSecrets),
    sealedNote(report.sealedSecrets ?? []),
  ]
    .filter((note) => note !== "")
    .map((note) => style.dim(note));
  return `${summaryOf(report, style)}${asked}\n${notes.join("")}`;
}

function summaryOf(report: CheckReport, style: Style): string {
  const { diagnostics, files, base, changed } = report;
  const counts = formatCounts(countSeverities(diagnostics), style);
  if (changed !== undefined) {
    const them = changed.files === 1 ? "it" : "them";
    const own = countOf(changed.files, "changed file");
    const where = `${own} and ${changed.dependents} that depend on ${them}`;
    return counts === "" ? `${where}, nothing wrong` : `${counts} in ${where}`;
  }
  if (base === undefined || base.errors + base.warnings === 0) {
    return formatSummary(diagnostics, files, style);
  }
  const where = countOf(files, "file");
  return counts === "" ? `${where}, nothing new` : `${counts} in ${where}, all of it new`;
}

/** What the base has too. That does not fail the check, but nor does it go live. */
function baseNote({ base }: CheckReport): string {
  if (base === undefined || base.errors + base.warnings === 0) return "";
  const { rev, commit, errors } = base;
  const live = errors > 0 ? "; with errors the config does not go live" : "";
  const origin = `${printableText(rev)} at ${commit.slice(0, 7)}`;
  return `not shown: ${formatCounts(base)} that ${origin} has too${live}\n`;
}

/** Says which secrets nobody looked into; empty if there are none. */
export function sealedNote(refs: readonly string[]): string {
  if (refs.length === 0) return "";
  const noun = refs.length === 1 ? "secret" : "secrets";
  return `not decrypted: ${noun} ${printableText(refs.join(", "))} (--age-key-file)\n`;
}

/** Says which secrets nobody looked for; empty if there are none. */
export function uncheckedNote(refs: readonly string[]): string {
  if (refs.length === 0) return "";
  const noun = refs.length === 1 ? "secret" : "secrets";
  return `not looked for: ${noun} ${printableText(refs.join(", "))} (--secrets-dir)\n`;
}

import { productVersion } from "../../app/version.js";
import type { Style } from "../io.js";
import {
  formatCheckGithub,
  formatCheckJson,
  formatCheckText,
  type CheckReport,
} from "./check-report.js";

/** How a check may be printed. */
export const checkFormats = ["human", "json", "github", "gitlab", "sarif", "junit"] as const;
export type CheckFormat = (typeof checkFormats)[number];

/** What a format is made of, besides the report. */
export interface FormatOptions {
  readonly style: Style;
  /** The paths of all files that were looked at. */
  readonly files: readonly string[];
  /** Warnings fail too. */
  readonly strict: boolean;
}

/** Whether a format is one document for a program, in which nothing else may stand. */
export function isDocument(format: CheckFormat): boolean {
  return format !== "human" && format !== "github";
}

/** The report as it is printed. */
export async function formatCheck(
  report: CheckReport,
  format: CheckFormat,
  { style, files, strict }: FormatOptions,
): Promise<string> {
  switch (format) {
    case "human":
      return formatCheckText(report, style);
    case "github":
      return formatCheckGithub(report);
    case "json":
      return formatCheckJson(report);
    case "gitlab": {
      const { formatDiagnosticsGitlab } = await import("../../diagnostics/format-gitlab.js");
      return formatDiagnosticsGitlab(report.diagnostics);
    }
    case "sarif": {
      const { formatDiagnosticsSarif } = await import("../../diagnostics/format-sarif.js");
      return formatDiagnosticsSarif(report.diagnostics, { version: productVersion() });
    }
    case "junit": {
      const { formatDiagnosticsJunit } = await import("../../diagnostics/format-junit.js");
      return formatDiagnosticsJunit(report.diagnostics, { files, failsOnWarnings: strict });
    }
  }
}

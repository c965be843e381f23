import type { Diagnostic } from "../../diagnostics/diagnostic.js";
import { formatDiagnosticsText } from "../../diagnostics/format-text.js";
import type { SourceLocation } from "../../model/location.js";
import type { JunitCase } from "../../diagnostics/junit-document.js";
import { printableText } from "../../lib/printable-text.js";
import type { Style } from "../io.js";

/** How the results of tests may be printed. */
export const testFormats = ["human", "json", "junit"] as const;
export type TestFormat = (typeof testFormats)[number];

/** One test, and what came of it. */
export interface ReportedTest {
  readonly name: string;
  /** Where the test stands. */
  readonly location: SourceLocation;
  /** None: it passed. */
  readonly diagnostics: readonly Diagnostic[];
  /** What became of the request, in a few words. */
  readonly outcome: string;
  /** The route that answered, if one did. */
  readonly answer?: {
    readonly virtualService: string;
    readonly route: number;
    readonly location?: SourceLocation;
  };
}

/** The results of all tests that ran. */
export interface TestReport {
  readonly ok: boolean;
  readonly commit: string | undefined;
  /** Whether a real Envoy answered the requests. */
  readonly envoy: boolean;
  readonly tests: readonly ReportedTest[];
  /** What is wrong with the config itself, and with test files. With an error, nothing has run. */
  readonly diagnostics: readonly Diagnostic[];
}

/** The report as it is printed. `verbose`: passes are listed too. */
export async function formatTests(
  report: TestReport,
  format: TestFormat,
  { style, verbose }: { readonly style: Style; readonly verbose: boolean },
): Promise<string> {
  switch (format) {
    case "human":
      return humanReport(report, style, verbose);
    case "json":
      return jsonReport(report);
    case "junit":
      return junitReport(report);
  }
}

function humanReport(report: TestReport, style: Style, verbose: boolean): string {
  const problems = formatDiagnosticsText(report.diagnostics, style);
  const lines = report.tests.flatMap((test) => {
    const place = `${printableText(test.location.file)}:${test.location.line}`;
    const name = printableText(test.name);
    if (test.diagnostics.length === 0) {
      const outcome = style.dim(printableText(test.outcome));
      return verbose ? [`${style.green("pass")} ${place}: ${name}: ${outcome}\n`] : [];
    }
    return [
      `${style.red("FAIL")} ${style.bold(place)}: ${name}\n`,
      indent(formatDiagnosticsText(test.diagnostics, style)),
    ];
  });
  return `${problems}${lines.join("")}${conclusion(report, style)}\n`;
}

function conclusion({ tests, diagnostics, envoy, ok }: TestReport, style: Style): string {
  const hasErrors = diagnostics.some(({ severity }) => severity === "error");
  if (hasErrors && tests.length === 0) return style.red("the config has errors; no test has run");
  if (tests.length === 0) return "there are no tests: files below a folder named tests";
  const failed = tests.filter((test) => test.diagnostics.length > 0).length;
  const where = envoy ? " by a real Envoy" : "";
  const all = `${countOf(tests.length, "test")}${where}`;
  if (ok) return style.green(`${all}, all passed`);
  return style.red(`${failed} of ${all} failed${hasErrors ? ", and the config has errors" : ""}`);
}

function countOf(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? "" : "s"}`;
}

function indent(text: string): string {
  return text.replaceAll(/^(?=.)/gm, "  ");
}

function jsonReport({ ok, commit, envoy, tests, diagnostics }: TestReport): string {
  const document = {
    ok,
    commit: commit ?? null,
    envoy,
    passed: tests.filter((test) => test.diagnostics.length === 0).length,
    failed: tests.filter((test) => test.diagnostics.length > 0).length,
    tests: tests.map(({ name, location, outcome, answer, diagnostics: failures }) => ({
      name,
      result: failures.length === 0 ? "passed" : "failed",
      location,
      outcome,
      ...(answer && {
        answer: {
          virtual_service: answer.virtualService,
          route: answer.route,
          ...(answer.location && { location: answer.location }),
        },
      }),
      failures,
    })),
    diagnostics,
  };
  return `${JSON.stringify(document, undefined, 2)}\n`;
}

const suiteName = "gloo test";

async function junitReport({ tests, diagnostics }: TestReport): Promise<string> {
  const { junitDocument } = await import("../../diagnostics/junit-document.js");
  const broken = diagnostics.filter(({ severity }) => severity === "error");
  return junitDocument(suiteName, [
    ...tests.map((test) => junitCase(test.location.file, test.name, test.diagnostics)),
    ...(broken.length > 0 ? [junitCase(suiteName, "the config", broken)] : []),
  ]);
}

function junitCase(file: string, name: string, failures: readonly Diagnostic[]): JunitCase {
  const [first] = failures;
  return {
    "@classname": printableText(file),
    "@name": printableText(name),
    ...(first && {
      failure: {
        "@message": printableText(first.message),
        "@type": first.code,
        "#text": formatDiagnosticsText(failures),
      },
    }),
  };
}

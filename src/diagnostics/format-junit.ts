import { printableText } from "../lib/printable-text.js";
import type { Diagnostic } from "./diagnostic.js";
import { formatDiagnosticsText } from "./format-text.js";
import { junitDocument, type JunitCase } from "./junit-document.js";

/** What a JUnit report says besides the diagnostics. */
export interface JunitOptions {
  /** The paths of all files that were looked at: each is a test case. */
  readonly files: readonly string[];
  /** Warnings are failures too. Default: false. */
  readonly failsOnWarnings?: boolean;
}

/**
 * Diagnostics as a JUnit report, which every CI server shows: one test case for each file, and one for
 * what has no place in any of them. A file with errors has failed; its warnings are its output.
 */
export function formatDiagnosticsJunit(
  diagnostics: readonly Diagnostic[],
  { files, failsOnWarnings = false }: JunitOptions,
): string {
  const byFile = new Map<string, Diagnostic[]>(files.map((file) => [file, []]));
  for (const found of diagnostics) {
    const file = found.location?.file ?? wholeConfig;
    const known = byFile.get(file);
    if (known === undefined) byFile.set(file, [found]);
    else known.push(found);
  }
  const isFailure = ({ severity }: Diagnostic): boolean => failsOnWarnings || severity === "error";
  const cases = [...byFile].map(([file, found]) =>
    testCase(
      file,
      found.filter(isFailure),
      found.filter((other) => !isFailure(other)),
    ),
  );
  return junitDocument(suiteName, cases);
}

const suiteName = "gloo check";
const wholeConfig = "the whole config";

function testCase(
  file: string,
  failures: readonly Diagnostic[],
  others: readonly Diagnostic[],
): JunitCase {
  const [first] = failures;
  return {
    "@classname": suiteName,
    "@name": printableText(file),
    ...(file !== wholeConfig && { "@file": printableText(file) }),
    ...(first && {
      failure: {
        "@message": printableText(first.message) + andMore(failures.length - 1),
        "@type": first.code,
        "#text": formatDiagnosticsText(failures),
      },
    }),
    ...(others.length > 0 && { "system-out": formatDiagnosticsText(others) }),
  };
}

function andMore(count: number): string {
  return count === 0 ? "" : ` (and ${count} more)`;
}

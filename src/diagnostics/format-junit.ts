import XMLBuilder from "fast-xml-builder";
import { printableText } from "../lib/printable-text.js";
import type { Diagnostic } from "./diagnostic.js";
import { formatDiagnosticsText } from "./format-text.js";

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
 * https://github.com/testmoapp/junitxml
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
  const counts = {
    "@tests": cases.length,
    "@failures": cases.filter(({ failure }) => failure !== undefined).length,
    "@errors": 0,
  };
  const builder = new XMLBuilder({
    ignoreAttributes: false,
    attributeNamePrefix: "@",
    format: true,
    suppressEmptyNode: true,
  });
  const text = builder.build({
    "?xml": { "@version": "1.0", "@encoding": "UTF-8" },
    testsuites: {
      "@name": suiteName,
      ...counts,
      testsuite: { "@name": suiteName, ...counts, testcase: cases },
    },
  });
  // Not characters, in Unicode and in XML.
  return text.replaceAll(/[\ufffe\uffff]/g, " ");
}

const suiteName = "gloo check";
const wholeConfig = "the whole config";

function testCase(file: string, failures: readonly Diagnostic[], others: readonly Diagnostic[]) {
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

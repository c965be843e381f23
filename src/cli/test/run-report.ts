import { hasErrors, type Diagnostic } from "../../diagnostics/diagnostic.js";
import type { SourceLocation } from "../../model/location.js";
import { outcomeText } from "../../routing/expectation.js";
import { runTests, type TestResult } from "../../routing/run-tests.js";
import type { BuiltConfig } from "../check/build-config.js";
import { placeUnder } from "../check/place-under.js";
import { CommandError } from "../io.js";
import type { ReportedTest, TestReport } from "./test-report.js";

/** Asks something other than the compiled table: gives the results as it found them. */
export type AskAgain = (results: readonly TestResult[]) => Promise<readonly TestResult[]>;

/** Runs the tests of a config, or those of them whose file or name has `filter` in it. */
export async function runReport(
  built: BuiltConfig,
  { filter, ask }: { readonly filter?: string; readonly ask?: AskAgain },
): Promise<TestReport> {
  const own = built.diagnostics.filter(({ code }) => !isResult(code));
  const base = { commit: built.commit, envoy: ask !== undefined };
  // What a test says of a config with errors is of no use; it is told that a secret is missing, though.
  if (hasErrors(own.filter((found) => found.code !== "secret/not-found" && !isOfTests(found)))) {
    return { ...base, ok: false, tests: [], diagnostics: own };
  }
  const all = runTests(built.tests, built);
  const chosen = filter === undefined ? all : all.filter((result) => fits(result, filter));
  if (filter !== undefined && chosen.length === 0) {
    throw new CommandError(`no test has "${filter}" in its name or the path of its file`);
  }
  const results = ask === undefined ? chosen : await ask(chosen);
  const tests = results.map((result) => reported(result, built.source.prefix));
  const ok = !hasErrors(own) && tests.every(({ diagnostics }) => diagnostics.length === 0);
  return { ...base, ok, tests, diagnostics: own };
}

/** What the tests themselves will say again. */
function isResult(code: Diagnostic["code"]): boolean {
  return code === "test/failed" || code === "test/malformed-url";
}

/** A test file with mistakes keeps the others from nothing. */
function isOfTests({ location }: Diagnostic): boolean {
  return location !== undefined && /(?:^|\/)tests\//.test(location.file);
}

function fits({ file, test }: TestResult, filter: string): boolean {
  const wanted = filter.toLowerCase();
  return [test.name, file.origin.file].some((text) => text.toLowerCase().includes(wanted));
}

function reported(result: TestResult, prefix: string): ReportedTest {
  const { file, test, pointer, match, diagnostics } = result;
  const under = (location: SourceLocation): SourceLocation => ({
    ...location,
    file: prefix + location.file,
  });
  const route = match?.route;
  const location = route?.location;
  return {
    name: test.name,
    location: under(file.origin.locate(pointer)),
    diagnostics: placeUnder(prefix, diagnostics),
    outcome: match === undefined ? "not sent" : outcomeText(match),
    ...(route && {
      answer: {
        virtualService: route.virtualService,
        route: route.index,
        ...(location && { location: under(location) }),
      },
    }),
  };
}

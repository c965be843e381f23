import { diagnostic, type Diagnostic } from "../diagnostics/diagnostic.js";
import { pointerOf, type JsonPointer, type SourceLocation } from "../model/location.js";
import type { RouteTest, TestFile, TestRequest } from "../model/route-test.js";
import { compileRouteTable, type RouteTableInput } from "./compile-route-table.js";
import { failuresOf, type Failure } from "./expectation.js";
import { matchRequest, type Match } from "./match-request.js";
import { createFunctionRenderer } from "./render-function.js";
import { readUrl, type ClientRequest } from "./request.js";

/** What came of one test. */
export interface TestResult {
  readonly file: TestFile;
  readonly test: RouteTest;
  /** Of the test within its file. */
  readonly pointer: JsonPointer;
  /** Undefined: the request cannot be read, which `diagnostics` says. */
  readonly request: ClientRequest | undefined;
  readonly match: Match | undefined;
  /** None: the test passed, if there is a match. */
  readonly failures: readonly Failure[];
  readonly diagnostics: readonly Diagnostic[];
}

/** Runs tests against the compiled table; nothing is sent. In the order of the files. */
export function runTests(
  files: readonly TestFile[],
  input: RouteTableInput,
): readonly TestResult[] {
  if (files.length === 0) return [];
  const table = compileRouteTable(input);
  const render = createFunctionRenderer(input.config);
  return files.flatMap((file) =>
    file.value.tests.map((test, index): TestResult => {
      const pointer = pointerOf("/tests", index);
      const base = { file, test, pointer };
      const request = clientRequestOf(test.request);
      if (typeof request === "string") {
        const found = malformedUrl(file, pointerOf(pointer, "request", "url"), request);
        return {
          ...base,
          request: undefined,
          match: undefined,
          failures: [],
          diagnostics: [found],
        };
      }
      const result = { ...base, request, match: undefined, failures: [], diagnostics: [] };
      return judgeMatch(result, matchRequest(table, request, render));
    }),
  );
}

/** The result of a test whose request was answered so. */
export function judgeMatch(result: TestResult, match: Match): TestResult {
  const failures = failuresOf(result.test.expect, match);
  const judged = { ...result, match, failures };
  return { ...judged, diagnostics: failures.map((failure) => failed(judged, failure)) };
}

/** What is wrong with the tests that fail. */
export function diagnosticsOfTests(
  files: readonly TestFile[],
  input: RouteTableInput,
): readonly Diagnostic[] {
  return runTests(files, input).flatMap(({ diagnostics }) => diagnostics);
}

/** The request of a test. A string says why it cannot be sent. */
export function clientRequestOf(request: TestRequest): ClientRequest | string {
  const { method = "GET", url, scheme = "http", host = "", path = "/", headers = {} } = request;
  const line = url === undefined ? { scheme, authority: host, path } : readUrl(url);
  if (typeof line === "string") return line;
  const { body, role, listener } = request;
  return {
    ...line,
    method,
    headers,
    ...(body !== undefined && { body }),
    ...(role !== undefined && { role }),
    ...(listener !== undefined && { listener }),
  };
}

function malformedUrl({ origin }: TestFile, pointer: JsonPointer, problem: string): Diagnostic {
  const target = { pointer, location: origin.locate(pointer) };
  return diagnostic("test/malformed-url", { problem }, target);
}

function failed(
  { file, test, pointer: base, match }: Pick<TestResult, "file" | "test" | "pointer" | "match">,
  { what, pointer: inside, wanted, got }: Failure,
): Diagnostic {
  const route = match?.route;
  const location: SourceLocation | undefined = route?.location;
  const by = route && `route ${route.index} of virtual service "${route.virtualService}"`;
  const params = { name: test.name, what, wanted, got, ...(by !== undefined && { by }) };
  const pointer = `${base}/expect${inside}`;
  return diagnostic("test/failed", params, {
    pointer,
    location: file.origin.locate(pointer),
    ...(location && { related: [{ message: "the route that answers", location }] }),
  });
}

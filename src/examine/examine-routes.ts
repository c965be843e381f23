import type { Diagnostic } from "../diagnostics/diagnostic.js";
import { lazy } from "../lib/lazy.js";
import { createLint } from "../lint/lint.js";
import type { TestFile } from "../model/route-test.js";
import { createPolicyCheck } from "../policy/policy-check.js";
import { compileRouteTable, type RouteTableInput } from "../routing/compile-route-table.js";
import { diagnosticsOfTests } from "../routing/run-tests.js";

/**
 * Says what is wrong, or doubtful, with a whole config now that its routes are known: tests that fail,
 * policies that are broken, routes that do not do what they seem to. `found` is what the stages before
 * have said: where they found errors, tests and doubts would only repeat them.
 */
export type RouteExaminer = (
  build: RouteTableInput,
  tests: readonly TestFile[],
  found: readonly Diagnostic[],
) => readonly Diagnostic[];

/** Creates the examiner. What did not change since an earlier call is not looked at again. */
export function createRouteExaminer(): RouteExaminer {
  const checkPolicies = createPolicyCheck();
  const lint = createLint();
  return (build, tests, found) => {
    const isSound = hasSoundRoutes(found);
    const routes = lazy(() => compileRouteTable(build));
    return [
      ...(isSound ? diagnosticsOfTests(tests, build) : []),
      ...checkPolicies({ ...build, routes }),
      ...(isSound ? lint({ ...build, routes: routes() }) : []),
    ];
  };
}

/** Whether tests would fail for their own reasons only: a secret that is missing changes no route. */
function hasSoundRoutes(found: readonly Diagnostic[]): boolean {
  return found.every(({ severity, code }) => severity !== "error" || code === "secret/not-found");
}

import { catalog, type DiagnosticCode, type Params } from "../diagnostics/catalog.js";
import {
  diagnostic,
  type Diagnostic,
  type Severity,
  type Target,
} from "../diagnostics/diagnostic.js";
import type { JsonPointer } from "../model/location.js";

/** Something wrong with a value, before it is known where the value stands. */
export interface Finding {
  readonly code: DiagnosticCode;
  /** What the message of `code` is made of. */
  readonly params: object;
  /** Within the value. */
  readonly pointer: JsonPointer;
  /** Whether the key there is at fault, or its value. */
  readonly at: "key" | "value";
}

/** Makes a finding; the parameters are those that the code's message takes. */
export function finding<C extends DiagnosticCode>(
  code: C,
  params: Params<C>,
  pointer: JsonPointer,
  at: "key" | "value" = "value",
): Finding {
  return { code, params, pointer, at };
}

/** The diagnostic of a finding, whose place `target` knows. */
export function diagnosticOf(
  { code, params, pointer, at }: Finding,
  target: (pointer: JsonPointer, at: "key" | "value") => Target,
): Diagnostic {
  // `finding` has tied the parameters to the code.
  return diagnostic(code, params as never, target(pointer, at));
}

/** More mistakes than this in one object have a single cause, most likely. */
const maxShown = 25;

/** The diagnostics of findings about one object: of very many, the first ones. */
export function shownFindings(
  findings: readonly Finding[],
  target: (pointer: JsonPointer, at: "key" | "value") => Target,
): readonly Diagnostic[] {
  const of = (severity: Severity): readonly Diagnostic[] =>
    firstOf(
      findings
        .filter(({ code }) => catalog[code].severity === severity)
        .slice(0, maxShown + 1)
        .map((found) => diagnosticOf(found, target)),
      severity,
      () => target("", "value"),
    );
  return [...of("error"), ...of("warning")];
}

/**
 * The first ones of very many diagnostics of one severity about one object, whose own place is `whole`.
 * That is asked for only then: finding a place takes reading the file again.
 */
export function firstOf(
  all: readonly Diagnostic[],
  severity: Severity,
  whole: () => Target,
): readonly Diagnostic[] {
  if (all.length <= maxShown) return all;
  const code = severity === "error" ? "object/too-many-errors" : "object/too-many-warnings";
  return [...all.slice(0, maxShown), diagnostic(code, { shown: maxShown }, whole())];
}

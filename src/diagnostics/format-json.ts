import type { Diagnostic } from "./diagnostic.js";
import { countSeverities } from "./format-text.js";

/** What is wrong with a config, for programs: `schemas/diagnostics.schema.json`. */
export interface DiagnosticsReport {
  readonly errors: number;
  readonly warnings: number;
  readonly diagnostics: readonly Diagnostic[];
}

/**
 * Diagnostics as JSON values, each with its keys in one order, whichever way it was made. The same in
 * the command line's JSON and in that of the HTTP API.
 */
export function diagnosticsReport(diagnostics: readonly Diagnostic[]): DiagnosticsReport {
  return { ...countSeverities(diagnostics), diagnostics: diagnostics.map(inOrder) };
}

function inOrder(found: Diagnostic): Diagnostic {
  const { code, severity, message, hint, resource, pointer, location, related } = found;
  return {
    code,
    severity,
    message,
    ...(hint === undefined ? {} : { hint }),
    ...(resource === undefined ? {} : { resource: { kind: resource.kind, name: resource.name } }),
    ...(pointer === undefined ? {} : { pointer }),
    ...(location === undefined ? {} : { location: placeOf(location) }),
    ...(related === undefined
      ? {}
      : {
          related: related.map((other) => ({
            message: other.message,
            location: placeOf(other.location),
          })),
        }),
  };
}

function placeOf({ file, line, column }: NonNullable<Diagnostic["location"]>) {
  return { file, line, column };
}

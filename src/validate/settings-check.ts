import type { Diagnostic } from "../diagnostics/diagnostic.js";
import type { RawSettings } from "../parse/documents.js";
import { diagnosticOf, type Finding } from "./finding.js";
import type { ObjectCheckOptions } from "./object-check.js";
import { normalize, writtenPointer } from "./normalize.js";

/** Checks `gloo.yaml`, once for each reading of it. */
export function createSettingsCheck({
  schemas,
  shapeOf,
  schemaCheck,
}: ObjectCheckOptions): (settings: RawSettings) => readonly Diagnostic[] {
  const known = new WeakMap<RawSettings, readonly Diagnostic[]>();
  return (settings) => {
    let diagnostics = known.get(settings);
    if (diagnostics === undefined) {
      const moved = new Map<string, string>();
      const value = normalize(settings.value, shapeOf(schemas.settings), {
        moved: (canonical, written) => moved.set(canonical, written),
      });
      const findings: readonly Finding[] = schemaCheck.check(value, schemas.settings);
      diagnostics = findings.map((found) =>
        diagnosticOf(found, (pointer, at) => ({
          pointer,
          location: settings.origin.locate(writtenPointer(pointer, moved), at),
        })),
      );
      known.set(settings, diagnostics);
    }
    return diagnostics;
  };
}

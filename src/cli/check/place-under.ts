import type { Diagnostic } from "../../diagnostics/diagnostic.js";
import type { SourceLocation } from "../../model/location.js";

/** The diagnostics with places that lead there from the working folder. */
export function placeUnder(
  prefix: string,
  diagnostics: readonly Diagnostic[],
): readonly Diagnostic[] {
  if (prefix === "") return diagnostics;
  const moved = (location: SourceLocation): SourceLocation => ({
    ...location,
    file: prefix + location.file,
  });
  return diagnostics.map((found) => ({
    ...found,
    ...(found.location ? { location: moved(found.location) } : {}),
    ...(found.related
      ? {
          related: found.related.map((other) => ({ ...other, location: moved(other.location) })),
        }
      : {}),
  }));
}

import type { Diagnostic } from "../../diagnostics/diagnostic.js";
import type { SourceLocation } from "../../model/location.js";

/** The diagnostics with places that lead there from the working folder. */
export function placeUnder(
  prefix: string,
  diagnostics: readonly Diagnostic[],
): readonly Diagnostic[] {
  return prefix === "" ? diagnostics : moveFiles(diagnostics, (file) => prefix + file);
}

/** The diagnostics with places as the tree that they are about has them. */
export function placeIn(
  { prefix, placeOf }: { readonly prefix: string; readonly placeOf?: (file: string) => string },
  diagnostics: readonly Diagnostic[],
): readonly Diagnostic[] {
  return placeOf === undefined ? placeUnder(prefix, diagnostics) : moveFiles(diagnostics, placeOf);
}

/** The diagnostics in files of other names. */
export function moveFiles(
  diagnostics: readonly Diagnostic[],
  rename: (file: string) => string,
): readonly Diagnostic[] {
  const moved = (location: SourceLocation): SourceLocation => ({
    ...location,
    file: rename(location.file),
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

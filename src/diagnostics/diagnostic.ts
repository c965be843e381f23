import type { JsonPointer, Origin, SourceLocation, PlaceAt } from "../model/location.js";
import type { ResourceRef } from "../model/resource.js";
import type { Severity } from "./catalog-entry.js";
import { catalog, type DiagnosticCode, type Params } from "./catalog.js";
import { compareText } from "../lib/compare.js";

export type { Severity } from "./catalog-entry.js";

/** Something that is wrong, or doubtful, in the user's config. */
export interface Diagnostic {
  /** Stable: "area/what-is-wrong". Documented, tested for, never reused. */
  readonly code: DiagnosticCode;
  readonly severity: Severity;
  /** One sentence: lower case, no final stop, names in double quotes. */
  readonly message: string;
  /** What to do about it: one sentence. */
  readonly hint?: string;
  /** The object at fault. */
  readonly resource?: ResourceRef;
  /** Where in that object. */
  readonly pointer?: JsonPointer;
  /** The same place in the text. */
  readonly location?: SourceLocation;
  /** Other places that explain this one, such as the first of two equal names. */
  readonly related?: readonly RelatedLocation[];
}

export interface RelatedLocation {
  readonly message: string;
  readonly location: SourceLocation;
}

/** A stage's answer: the best value it could make, and what it has to say about its input. */
export interface Outcome<T> {
  readonly value: T;
  readonly diagnostics: readonly Diagnostic[];
}

/** What a diagnostic is about. */
export interface Target {
  readonly resource?: ResourceRef;
  readonly pointer?: JsonPointer;
  readonly location?: SourceLocation;
  readonly related?: readonly RelatedLocation[];
}

/** Makes a diagnostic from its entry in the catalogue. */
export function diagnostic<C extends DiagnosticCode>(
  code: C,
  params: Params<C>,
  target: Target,
): Diagnostic {
  const entry = catalog[code];
  // The catalogue's type ties the code to its parameters; TypeScript cannot see that through the index.
  const message = shortened((entry.message as (p: Params<C>) => string)(params));
  const hint = "hint" in entry ? (entry.hint as (p: Params<C>) => string)(params) : undefined;
  return {
    code,
    severity: entry.severity,
    message,
    ...(hint ? { hint: shortened(hint) } : {}),
    ...target,
    ...(target.pointer === undefined ? {} : { pointer: shortenedPointer(target.pointer) }),
  };
}

/** What config says may be megabytes long; it is not repeated whole. */
const maxLength = 1_000;

function shortened(text: string): string {
  return text.length > maxLength ? `${text.slice(0, maxLength)}...` : text;
}

/** Ends at the last part that fits. */
function shortenedPointer(pointer: JsonPointer): JsonPointer {
  if (pointer.length <= maxLength) return pointer;
  return pointer.slice(0, Math.max(0, pointer.lastIndexOf("/", maxLength)));
}

/** The target at `pointer` of an object. `at: "key"` places it at the key, not at the value. */
export function targetOf(
  located: { readonly ref: ResourceRef; readonly origin: Origin },
  pointer: JsonPointer,
  at: PlaceAt = "value",
): Target {
  return { resource: located.ref, pointer, location: located.origin.locate(pointer, at) };
}

/** Whether any of them keeps a commit from going live. */
export function hasErrors(diagnostics: readonly Diagnostic[]): boolean {
  return diagnostics.some(({ severity }) => severity === "error");
}

/** By file, line, column and code, without repetitions: equal input gives equal output. */
export function sortDiagnostics(diagnostics: readonly Diagnostic[]): readonly Diagnostic[] {
  const byKey = new Map(diagnostics.map((found) => [JSON.stringify(found), found]));
  return [...byKey.values()].sort(
    (a, b) =>
      compareText(a.location?.file ?? "", b.location?.file ?? "") ||
      (a.location?.line ?? 0) - (b.location?.line ?? 0) ||
      (a.location?.column ?? 0) - (b.location?.column ?? 0) ||
      compareText(a.code, b.code) ||
      compareText(a.message, b.message),
  );
}

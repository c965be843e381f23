import { createRequire } from "node:module";
import type * as Re2Js from "re2js";
import { lazy } from "../lib/lazy.js";

/** Loaded with the first regex that is asked for: few tables have one. */
const re2 = lazy(() => (createRequire(import.meta.url)("re2js") as typeof Re2Js).RE2JS);
type Compiled = Re2Js.RE2JS;

const maxKept = 1_000;
const kept = new Map<string, Compiled | undefined>();

/** Undefined: Envoy would refuse it too. */
function compile(regex: string): Compiled | undefined {
  if (kept.has(regex)) return kept.get(regex);
  if (kept.size >= maxKept) kept.clear();
  let compiled: Compiled | undefined;
  try {
    compiled = re2().compile(regex);
  } catch {
    // A regex that cannot be read has been reported where it stands, and matches nothing.
    compiled = undefined;
  }
  kept.set(regex, compiled);
  return compiled;
}

/** Whether the whole text matches, as Envoy's RE2 has it. */
export function matchesWhole(regex: string, text: string): boolean {
  return compile(regex)?.matches(text) === true;
}

/** Replaces every match; `\1` is what the first group matched, `\\` a backslash. */
export function replaceAll(regex: string, text: string, substitution: string): string {
  const replacement = substitution.replaceAll(/\\(.)|\$/g, (found, escaped: string | undefined) => {
    if (escaped === undefined) return "\\$";
    return /\d/.test(escaped) ? `$${escaped}` : `\\${found === "\\\\" ? "\\" : escaped}`;
  });
  return compile(regex)?.matcher(text).replaceAll(replacement) ?? text;
}

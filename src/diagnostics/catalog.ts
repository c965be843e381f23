import type { Severity } from "./diagnostic.js";
import { parseCatalog } from "./catalog-parse.js";

/** What the catalogue holds for one code. */
export interface CatalogEntry {
  readonly severity: Severity;
  // Each entry types its own parameters; `never` lets them all fit.
  readonly message: (params: never) => string;
  /** What to do about it. */
  readonly hint?: (params: never) => string;
  /** For docs/diagnostics.md: what causes it, and what cures it. Markdown, one paragraph. */
  readonly explain: string;
  /** For docs/diagnostics.md: a piece of config that has the mistake. */
  readonly example?: string;
}

/** Every diagnostic of the product, by code. The files are split by the stage that reports them. */
export const catalog = {
  ...parseCatalog,
} as const satisfies Record<string, CatalogEntry>;

export type DiagnosticCode = keyof typeof catalog;
export type Params<C extends DiagnosticCode> = Parameters<(typeof catalog)[C]["message"]>[0];

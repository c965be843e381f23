/** How bad it is: with an error a commit does not go live. */
export type Severity = "error" | "warning";

/** What the catalogue holds for one code. docs/diagnostics.md is made of these entries. */
export interface CatalogEntry {
  readonly severity: Severity;
  /** Said only where `policies.severity` of `gloo.yaml` asks for it. Default: false. */
  readonly isOptIn?: boolean;
  // Each entry types its own parameters; `never` lets them all fit.
  readonly message: (params: never) => string;
  /** What to do about it: one sentence. */
  readonly hint?: (params: never) => string;
  /** For docs/diagnostics.md: what causes it. Markdown, one paragraph. */
  readonly explain: string;
  /** For docs/diagnostics.md: a piece of config that has the mistake. */
  readonly example?: string;
  /** For docs/diagnostics.md, in place of a hint that would only repeat the message. Markdown. */
  readonly cure?: string;
}

import type { Diagnostic } from "../../diagnostics/diagnostic.js";

/** The control plane, as the demo sees it from outside. */
export interface ControlPlane {
  /** Where it answers Envoys, on loopback. */
  readonly adsPort: number;
  /** Where it answers people, on loopback. */
  readonly adminPort: number;
  /** What it made of a commit; undefined while it has not judged it. */
  verdict(commit: string): Promise<Verdict | undefined>;
  close(): Promise<void>;
}

/** What became of one commit. */
export interface Verdict {
  /** `live`, `rejected`, `refused`, `superseded`. */
  readonly state: string;
  readonly diagnostics: readonly Diagnostic[];
}

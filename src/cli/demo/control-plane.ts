import type { CommitDetail } from "../../admin/api-types.js";

/** The control plane, as the demo sees it from outside. */
export interface ControlPlane {
  /** Where it answers Envoys, on loopback. */
  readonly adsPort: number;
  /** Where it answers people, on loopback. */
  readonly adminPort: number;
  /** What it has to say. */
  readonly logFile: string;
  /** What it made of a commit; undefined while it has not seen it. */
  verdict(commit: string): Promise<Verdict | undefined>;
  close(): Promise<void>;
}

/** What became of one commit. */
export type Verdict = Pick<CommitDetail, "state" | "diagnostics">;

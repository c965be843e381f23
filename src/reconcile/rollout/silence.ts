import type { Progress } from "../../serve/ads-server.js";
import type { Trial } from "./trial.js";

/** What is made of it that not all Envoys have answered in time. */
export type Silence =
  | { readonly kind: "refusal"; readonly nodeId: string; readonly message: string }
  /** The release counts as live. `remark`: who is missing; undefined: nobody. */
  | { readonly kind: "consent"; readonly remark: string | undefined };

/**
 * Says what silence means. It is a refusal where nobody has taken the release and those who were to
 * have gone: Envoys that crash say nothing. `spurns`: it is for a canary role that has Envoys.
 */
export function readSilence(
  trial: Pick<Trial, "lastAckAtMs" | "lost">,
  { streams, current, rejecting }: Progress,
  { spurns, ackTimeoutMs }: { readonly spurns: boolean; readonly ackTimeoutMs: number },
): Silence {
  const { lost, lastAckAtMs } = trial;
  const within = `within ${Math.round(ackTimeoutMs / 1000)} s`;
  if (lastAckAtMs === undefined && (spurns || lost.size > 0)) {
    const [nodeId = ""] = lost;
    const message = spurns
      ? `no Envoy of the canary role has taken it ${within}`
      : `Envoys went away when they were sent it, and none has taken it ${within}`;
    return { kind: "refusal", nodeId, message };
  }
  const missing = Math.max(0, streams - current - rejecting) + lost.size;
  const remark = missing === 0 ? undefined : `${missing} Envoys have not answered ${within}`;
  return { kind: "consent", remark };
}

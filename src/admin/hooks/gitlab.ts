import { createHmac, timingSafeEqual } from "node:crypto";
import { equalInConstantTime } from "../constant-time.js";
import type { Delivery, HookKind, Verdict } from "./hook-kind.js";
import { refAndAfter, textAt } from "./payload.js";
import { headerOf } from "./signature.js";

const signingPrefix = "whsec_";
/** How far the clocks of the two machines may be apart, and how old a delivery may be. */
const toleranceMs = 5 * 60_000;

/**
 * A secret that begins with `whsec_` is a signing token, and then only a signature will do; any
 * other is a secret token, which GitLab sends as it is.
 * https://docs.gitlab.com/user/project/integrations/webhooks/
 */
export const gitlabHook: HookKind = {
  name: "gitlab",
  verify(delivery, secrets) {
    const signing = secrets.filter((secret) => secret.startsWith(signingPrefix));
    const plain = secrets.filter((secret) => !secret.startsWith(signingPrefix));
    const verdicts = [
      ...(signing.length > 0 ? [verifySignature(delivery, signing)] : []),
      ...(plain.length > 0 ? [verifyToken(delivery, plain)] : []),
    ];
    for (const verdict of ["good", "stale", "bad"] as const) {
      if (verdicts.includes(verdict)) return verdict;
    }
    return "missing";
  },
  replayKeys({ headers }) {
    const id =
      headerOf(headers, "webhook-id") ??
      headerOf(headers, "idempotency-key") ??
      headerOf(headers, "x-gitlab-event-uuid");
    return id === undefined ? [] : [`id ${id}`];
  },
  event(headers, payload) {
    const name = headerOf(headers, "x-gitlab-event") ?? "";
    const kind = textAt(payload, "object_kind") ?? textAt(payload, "event_name") ?? "";
    return kind === "push" || kind === "tag_push"
      ? { kind: "push", changes: refAndAfter(payload) }
      : { kind: "other", name: name || kind };
  },
};

function verifyToken({ headers }: Delivery, secrets: readonly string[]): Verdict {
  const token = headerOf(headers, "x-gitlab-token");
  if (token === undefined) return "missing";
  const right = secrets.map((secret) => equalInConstantTime(token, secret));
  return right.includes(true) ? "good" : "bad";
}

/** https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md */
function verifySignature({ headers, body, atMs }: Delivery, secrets: readonly string[]): Verdict {
  const signature = headerOf(headers, "webhook-signature");
  if (signature === undefined) return "missing";
  const id = headerOf(headers, "webhook-id");
  const timestamp = headerOf(headers, "webhook-timestamp");
  if (id === undefined || timestamp === undefined || !/^\d{1,12}$/.test(timestamp)) return "bad";
  const given = signature
    .split(" ")
    .filter((part) => part.startsWith("v1,"))
    .slice(0, 10)
    .map((part) => Buffer.from(part.slice("v1,".length), "base64"))
    .filter((bytes) => bytes.length === 32);
  const right = secrets.flatMap((secret) => {
    const key = Buffer.from(secret.slice(signingPrefix.length), "base64");
    const wanted = createHmac("sha256", key).update(`${id}.${timestamp}.`).update(body).digest();
    return given.map((bytes) => timingSafeEqual(bytes, wanted));
  });
  if (!right.includes(true)) return "bad";
  return Math.abs(atMs - Number(timestamp) * 1000) > toleranceMs ? "stale" : "good";
}

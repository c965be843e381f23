import type { HookKind } from "./hook-kind.js";
import { oidOf, textAt } from "./payload.js";
import { headerOf, verifyHexHmac } from "./signature.js";

/**
 * For hosts without a kind of their own, and for scripts. The body is
 * `{"ref": "refs/heads/main", "commit": "…"}`, of which anything may be left out.
 */
export const genericHook: HookKind = {
  name: "generic",
  verify: ({ headers, body }, secrets) =>
    verifyHexHmac(headerOf(headers, "x-gloo-signature"), "sha256=", body, secrets),
  replayKeys({ headers }) {
    const id = headerOf(headers, "x-gloo-delivery");
    return id === undefined ? [] : [`id ${id}`];
  },
  event(_headers, payload) {
    const commit = oidOf(textAt(payload, "commit") ?? textAt(payload, "after"));
    return { kind: "push", changes: [{ ref: textAt(payload, "ref"), commit }] };
  },
};

import type { HookKind } from "./hook-kind.js";
import { refAndAfter } from "./payload.js";
import { headerOf, verifyHexHmac } from "./signature.js";

/** https://docs.github.com/en/webhooks/using-webhooks/validating-webhook-deliveries */
export const githubHook: HookKind = {
  name: "github",
  verify: ({ headers, body }, secrets) =>
    verifyHexHmac(headerOf(headers, "x-hub-signature-256"), "sha256=", body, secrets),
  replayKeys({ headers }) {
    // The id is not signed; the signature itself cannot be changed, and no two pushes share one.
    const id = headerOf(headers, "x-github-delivery");
    const signature = headerOf(headers, "x-hub-signature-256");
    return [id && `id ${id}`, signature && `signature ${signature.toLowerCase()}`].filter(
      (key) => key !== undefined,
    );
  },
  event(headers, payload) {
    const name = headerOf(headers, "x-github-event") ?? "";
    if (name === "ping") return { kind: "ping" };
    return name === "push"
      ? { kind: "push", changes: refAndAfter(payload) }
      : { kind: "other", name };
  },
};

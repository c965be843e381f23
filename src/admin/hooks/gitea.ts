import type { IncomingHttpHeaders } from "node:http";
import type { HookKind } from "./hook-kind.js";
import { refAndAfter } from "./payload.js";
import { headerOf, verifyHexHmac } from "./signature.js";

/** https://docs.gitea.com/usage/webhooks and https://forgejo.org/docs/latest/user/webhooks/ */
export const giteaHook = createGiteaHook("gitea");

/** Forgejo sends Gitea's headers too, and its own beside them. */
export const forgejoHook = createGiteaHook("forgejo");

function createGiteaHook(name: "gitea" | "forgejo"): HookKind {
  /** Of the host's own headers, or else Gitea's. A bad own one is not made good by the other. */
  const header = (headers: IncomingHttpHeaders, what: string): string | undefined =>
    headerOf(headers, `x-${name}-${what}`) ?? headerOf(headers, `x-gitea-${what}`);
  return {
    name,
    verify: ({ headers, body }, secrets) =>
      verifyHexHmac(header(headers, "signature"), "", body, secrets),
    replayKeys({ headers }) {
      const id = header(headers, "delivery");
      return id === undefined ? [] : [`id ${id}`];
    },
    event(headers, payload) {
      const event = header(headers, "event") ?? "";
      return event === "push"
        ? { kind: "push", changes: refAndAfter(payload) }
        : { kind: "other", name: event };
    },
  };
}

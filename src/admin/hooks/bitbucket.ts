import type { JsonValue } from "../../lib/json.js";
import type { HookKind, RefChange } from "./hook-kind.js";
import { listAt, oidOf, textAt, valueAt } from "./payload.js";
import { headerOf, verifyHexHmac } from "./signature.js";

/**
 * Bitbucket Cloud and Data Center, which share headers but not payloads.
 * https://support.atlassian.com/bitbucket-cloud/docs/event-payloads/
 * https://confluence.atlassian.com/bitbucketserver/event-payload-938025882.html
 */
export const bitbucketHook: HookKind = {
  name: "bitbucket",
  verify: ({ headers, body }, secrets) =>
    verifyHexHmac(headerOf(headers, "x-hub-signature"), "sha256=", body, secrets),
  replayKeys({ headers }) {
    const id = headerOf(headers, "x-request-uuid") ?? headerOf(headers, "x-request-id");
    return id === undefined ? [] : [`id ${id}`];
  },
  event(headers, payload) {
    const name = headerOf(headers, "x-event-key") ?? "";
    if (name === "diagnostics:ping") return { kind: "ping" };
    if (name === "repo:push") {
      return { kind: "push", changes: listAt(payload, "push", "changes").flatMap(cloudChange) };
    }
    if (name === "repo:refs_changed" || name === "mirror:repo_synchronized") {
      return { kind: "push", changes: listAt(payload, "changes").flatMap(dataCenterChange) };
    }
    return { kind: "other", name };
  },
  // Data Center does not sign the request that its "Test connection" sends.
  isUnsignedPing: (headers) => headerOf(headers, "x-event-key") === "diagnostics:ping",
};

function cloudChange(change: JsonValue): readonly RefChange[] {
  const side = valueAt(change, "new") ? "new" : "old";
  const name = textAt(change, side, "name");
  if (name === undefined) return [];
  const type = textAt(change, side, "type");
  return [
    {
      ref: type === "tag" ? `refs/tags/${name}` : `refs/heads/${name}`,
      commit: oidOf(textAt(change, "new", "target", "hash")),
    },
  ];
}

function dataCenterChange(change: JsonValue): readonly RefChange[] {
  const ref = textAt(change, "ref", "id") ?? textAt(change, "refId");
  return ref === undefined ? [] : [{ ref, commit: oidOf(textAt(change, "toHash")) }];
}

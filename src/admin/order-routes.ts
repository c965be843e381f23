import type { FastifyInstance, FastifyRequest } from "fastify";
import { isJsonObject } from "../lib/json.js";
import { nearest } from "../lib/nearest.js";
import { printableText } from "../lib/printable-text.js";
import type { Command } from "../reconcile/orders/give-orders.js";
import type { Order } from "../reconcile/orders/orders.js";
import type { Reconciler } from "../reconcile/reconciler.js";
import { ApiError } from "./api-error.js";
import type { OrderResponse } from "./api-types.js";
import { findCommit } from "./find-commit.js";
import { badRequest } from "./read-query.js";
import type { RequestGuard } from "./request-guard.js";
import type { WatchedFinder } from "./watched.js";

export interface OrderRouteOptions {
  /** What the paths begin with: `/api/v1`. */
  readonly base: string;
  readonly watched: WatchedFinder;
  readonly guard: RequestGuard;
  /** Milliseconds since 1970. */
  readonly now: () => number;
}

/** What people can tell the loop, and what they are answered. */
const commands = {
  pin: (name: string) => `commit ${name} is pinned; \`gloo unpin\` ends that`,
  unpin: () => "the newest good commit may go live again",
  suspend: () => "nothing new goes live until `gloo resume`",
  resume: () => "the newest good commit may go live again",
  approve: (name: string) => `commit ${name} may go live`,
} as const;
type Kind = Command["kind"];
const kinds = Object.keys(commands) as readonly Kind[];

/** `POST <base>/pin`, `/unpin`, `/suspend`, `/resume` and `/approve`: what stays until it is ended. */
export function addOrderRoutes(app: FastifyInstance, options: OrderRouteOptions): void {
  const { base, watched, guard, now } = options;
  for (const kind of kinds) {
    app.post(`${base}/${kind}`, { onRequest: [guard, onlyJson] }, async (request, reply) => {
      const { reconciler } = watched.of(request);
      const body = readBody(request.body, kind);
      const command = commandOf(kind, body, reconciler);
      const result = await reconciler
        .command(command, orderOf(body, request, now()))
        .catch(unsaved);
      if ("code" in result) throw new ApiError(409, result.code, result.reason);
      const oid = "oid" in command ? command.oid : null;
      const message = commands[kind](oid?.slice(0, 8) ?? "");
      return reply
        .code(202)
        .send({ accepted: true, message, turn: result.turn, commit: oid } satisfies OrderResponse);
    });
  }
}

interface Body {
  readonly commit?: string;
  readonly by?: string;
  readonly reason?: string;
}

/** A form of a page in a browser can send anything but JSON without asking first. */
function onlyJson({ headers }: FastifyRequest): Promise<void> {
  const type = (headers["content-type"] ?? "").split(";", 1)[0]?.trim().toLowerCase();
  if (type === "application/json") return Promise.resolve();
  return Promise.reject(
    new ApiError(415, "api/unsupported-media-type", 'this takes "content-type: application/json"'),
  );
}

function readBody(value: unknown, kind: Kind): Body {
  if (!isJsonObject(value ?? null)) throw badRequest("the body must be a JSON object");
  const needsCommit = kind === "pin" || kind === "approve";
  const names = [...(needsCommit ? ["commit"] : []), "by", "reason"];
  for (const [name, given] of Object.entries(value as object)) {
    if (!names.includes(name)) {
      const near = nearest(name, names);
      throw badRequest(
        `there is no key "${name.slice(0, 100)}"${near ? `; did you mean "${near}"?` : ""}`,
      );
    }
    if (typeof given !== "string") throw badRequest(`"${name}" must be a string`);
  }
  const body = value as Body;
  if (needsCommit && body.commit === undefined) throw badRequest('"commit" is missing');
  return body;
}

function commandOf(
  kind: Kind,
  { commit = "" }: Body,
  reconciler: Pick<Reconciler, "commits">,
): Command {
  if (kind !== "pin" && kind !== "approve") return { kind };
  return { kind, oid: findCommit(reconciler.commits(), commit).commit.oid };
}

const maxNameLength = 200;
const maxReasonLength = 500;

/** Who says so is what they say, or where they are: a hint for colleagues, and no proof. */
function orderOf({ by = "", reason = "" }: Body, request: FastifyRequest, atMs: number): Order {
  const who = plain(by).slice(0, maxNameLength);
  const why = plain(reason).slice(0, maxReasonLength);
  return {
    who: who === "" ? `somebody at ${request.socket.remoteAddress ?? "an unknown address"}` : who,
    why: why === "" ? undefined : why,
    atMs,
  };
}

/** On one line, and unable to steer a terminal. */
function plain(text: string): string {
  return printableText(text.replaceAll(/\s+/g, " ").trim());
}

/** Orders hold after a crash, or are not taken. */
function unsaved(cause: unknown): never {
  const { code, message } = cause as { readonly code?: unknown; readonly message?: unknown };
  if (typeof code !== "string" || !code.startsWith("state/")) throw cause;
  throw new ApiError(
    503,
    code,
    `the order cannot be kept, and so is not taken: ${String(message)}`,
  );
}

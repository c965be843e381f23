import { TextDecoder } from "node:util";
import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import type { JsonValue } from "../../lib/json.js";
import type { WakeReason } from "../../reconcile/reconciler.js";
import { ApiError, statusOf } from "../api-error.js";
import type { HookResponse } from "../api-types.js";
import { createRateLimit, sourceOf } from "../rate-limit.js";
import { createReplayCache } from "../replay-cache.js";
import { readSecrets, tooMany } from "../request-guard.js";
import type { SecretFile } from "../secret-file.js";
import type { HookEvent, HookKind } from "./hook-kind.js";
import { hookKinds } from "./hook-kinds.js";
import { actionOf } from "./watched-ref.js";

export interface HookOptions {
  /** Undefined: webhooks are refused. */
  readonly secret: SecretFile | undefined;
  /** Each decides for itself whether a delivery is about it. */
  readonly targets: readonly HookTarget[];
  /** Milliseconds since 1970. */
  readonly now: () => number;
  /** Told what became of each delivery, for metrics. */
  readonly onHook: (kind: string, result: HookResult) => void;
}

/** Who may be woken by a delivery. */
export interface HookTarget {
  /** The setting `ref`. */
  readonly watchedRef: string;
  readonly wake: (reason: WakeReason, options?: { readonly expect?: string }) => void;
}

/** What can become of a delivery. */
export const hookResults = ["woken", "ignored", "replayed", "refused"] as const;
export type HookResult = (typeof hookResults)[number];

/** A push of thousands of files is about a megabyte. */
const maxBodyBytes = 4 * 1024 * 1024;
/** Bodies that may be on their way in at once: they are all in memory until they are judged. */
const maxInFlight = 16;
const rate = { burst: 60, perSecond: 2, maxSources: 10_000 };
const rememberedDeliveries = 10_000;

/**
 * `POST /hooks/<kind>`. In this order: how often a source may ask, how much may come at once, how long
 * a body may be while it streams in, the signature over its raw bytes, whether it is a replay; and only
 * then what it says.
 */
export function addHookRoutes(app: FastifyInstance, options: HookOptions): void {
  const { secret, now, onHook } = options;
  const limit = createRateLimit({ ...rate, now });
  const replays = createReplayCache(rememberedDeliveries);
  let inFlight = 0;

  const admit = (request: FastifyRequest, reply: FastifyReply): Promise<void> => {
    if (secret === undefined) {
      throw new ApiError(
        403,
        "hook/no-secret",
        "webhooks are refused: hook_secret_file is not set",
      );
    }
    const waitMs = limit.take(sourceOf(request.socket.remoteAddress));
    if (waitMs > 0) throw tooMany(waitMs);
    if (inFlight >= maxInFlight) throw tooMany(1000);
    inFlight++;
    reply.raw.once("close", () => void inFlight--);
    return Promise.resolve();
  };

  const take = async (kind: HookKind, request: FastifyRequest): Promise<HookResponse> => {
    const { headers, body } = request;
    const bytes = Buffer.isBuffer(body) ? body : Buffer.alloc(0);
    const delivery = { headers, body: bytes, atMs: now() };
    const verdict = kind.verify(delivery, secret === undefined ? [] : await readSecrets(secret));
    if (verdict === "missing" && kind.isUnsignedPing?.(headers)) {
      return { result: "ignored", message: "pong; it was not signed, so the secret is not proven" };
    }
    if (verdict !== "good") throw refusal(verdict);
    if (replays.isReplay(kind.replayKeys(delivery).map((key) => `${kind.name} ${key}`))) {
      onHook(kind.name, "replayed");
      return { result: "ignored", message: "this delivery came before" };
    }
    const event = kind.event(headers, payloadOf(bytes, headers["content-type"]));
    const response = wakeTargets(options.targets, event);
    onHook(kind.name, response.result);
    return response;
  };

  void app.register((scope, _options, done) => {
    // Signatures are over the bytes that came, so nothing else may read them.
    scope.removeAllContentTypeParsers();
    scope.addContentTypeParser("*", { parseAs: "buffer" }, (_request, body, parsed) => {
      parsed(null, body);
    });
    for (const kind of hookKinds) {
      scope.route({
        method: "POST",
        url: `/hooks/${kind.name}`,
        bodyLimit: maxBodyBytes,
        onRequest: admit,
        async handler(request, reply) {
          const response = await take(kind, request);
          return reply.code(response.result === "woken" ? 202 : 200).send(response);
        },
        onError(_request, _reply, error, next) {
          if (statusOf(error) < 500) onHook(kind.name, "refused");
          next();
        },
      });
    }
    done();
  });
}

/** Wakes all whom an event is about; nobody is an answer too. */
function wakeTargets(targets: readonly HookTarget[], event: HookEvent): HookResponse {
  const messages = { wake: new Set<string>(), ignore: new Set<string>() };
  for (const { watchedRef, wake } of targets) {
    const action = actionOf(event, watchedRef);
    messages[action.action].add(action.message);
    if (action.action === "ignore") continue;
    wake("webhook", action.expect === undefined ? {} : { expect: action.expect });
  }
  const isAbout = messages.wake.size > 0;
  const message = [...messages[isAbout ? "wake" : "ignore"]].join("; ");
  return { result: isAbout ? "woken" : "ignored", message };
}

const refusals = {
  missing: { code: "hook/unsigned", message: "the webhook is not signed; give it the secret" },
  bad: { code: "hook/bad-signature", message: "the webhook was not signed with the secret" },
  stale: {
    code: "hook/stale",
    message: "the webhook was signed too long ago, or by a wrong clock",
  },
} as const;

function refusal(verdict: keyof typeof refusals): ApiError {
  const { code, message } = refusals[verdict];
  return new ApiError(401, code, message);
}

/** JSON, also where a host sends it as the field `payload` of a form. */
function payloadOf(body: Buffer, contentType: string | undefined): JsonValue {
  try {
    const text = new TextDecoder("utf-8", { fatal: true }).decode(body);
    if (text.trim() === "") return {};
    const isForm = /^application\/x-www-form-urlencoded\b/i.test(contentType ?? "");
    const json = isForm ? (new URLSearchParams(text).get("payload") ?? "") : text;
    return JSON.parse(json) as JsonValue; // JSON.parse gives nothing else
  } catch {
    throw new ApiError(400, "hook/bad-payload", "the webhook's body is not JSON in UTF-8");
  }
}

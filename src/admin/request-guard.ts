import type { FastifyRequest } from "fastify";
import { ApiError } from "./api-error.js";
import { equalInConstantTime } from "./constant-time.js";
import { sourceOf, type RateLimit } from "./rate-limit.js";
import { SecretFileError, type SecretFile } from "./secret-file.js";

/** Lets a request go on, or throws an {@link ApiError}. Nothing of its body was read yet. */
export type RequestGuard = (request: FastifyRequest) => Promise<void>;

export interface RequestGuardOptions {
  /** Undefined: only this machine can reach the server, and everyone on it may ask. */
  readonly token: SecretFile | undefined;
  /** Of requests with a wrong token. */
  readonly failures: RateLimit;
}

/**
 * Who may use the API. With a token: who knows it. Without one the server listens on loopback only;
 * what remains to be kept out are pages in a browser of this machine, which could reach it by a name
 * that they make resolve to 127.0.0.1, or send it a form.
 */
export function createRequestGuard({ token, failures }: RequestGuardOptions): RequestGuard {
  return async (request) => {
    if (token === undefined) checkHost(request);
    else await checkToken(request, token, failures);
    if (request.method !== "GET" && request.method !== "HEAD") checkOrigin(request);
  };
}

/** A name in `Host` that is not this machine's is that of a page which wants to be taken for us. */
function checkHost({ headers }: FastifyRequest): void {
  const host = (headers.host ?? "").replace(/:\d+$/, "").toLowerCase();
  if (host === "localhost" || host === "[::1]" || /^127(\.\d{1,3}){3}$/.test(host)) return;
  throw new ApiError(
    403,
    "api/forbidden-host",
    "without a token this server answers only to 127.0.0.1, localhost and [::1]; " +
      "set admin_token_file to have it answer to another name",
  );
}

async function checkToken(
  request: FastifyRequest,
  file: SecretFile,
  failures: RateLimit,
): Promise<void> {
  const tokens = await readSecrets(file);
  const given = /^Bearer +([^\s]+) *$/i.exec(request.headers.authorization ?? "")?.[1];
  // All of them are compared, whichever is right.
  const right = tokens.map((token) => given !== undefined && equalInConstantTime(given, token));
  if (right.includes(true)) return;
  const waitMs = given === undefined ? 0 : failures.take(sourceOf(request.socket.remoteAddress));
  if (waitMs > 0) throw tooMany(waitMs);
  throw new ApiError(
    401,
    "api/unauthorized",
    given === undefined
      ? 'this server needs its token: "Authorization: Bearer …"'
      : "this is not the token of this server",
    { "www-authenticate": 'Bearer realm="gloo"' },
  );
}

/** Browsers say where a request that changes something comes from. Others than browsers do not. */
function checkOrigin({ headers }: FastifyRequest): void {
  const { origin, host } = headers;
  const site = headers["sec-fetch-site"];
  const foreign = site !== undefined && site !== "same-origin" && site !== "none";
  const other = origin !== undefined && origin !== `http://${host}` && origin !== `https://${host}`;
  if (!foreign && !other) return;
  throw new ApiError(403, "api/forbidden-origin", "this request comes from another site's page");
}

/** The secrets of a file; who asks is told that they cannot be read, and not why. */
export async function readSecrets(file: SecretFile): Promise<readonly string[]> {
  try {
    return await file.read();
  } catch (cause) {
    if (!(cause instanceof SecretFileError)) throw cause;
    throw Object.assign(
      new ApiError(503, "api/unavailable", "the server cannot read its secret; its log says why"),
      { cause },
    );
  }
}

/** The answer to those who ask too often. */
export function tooMany(waitMs: number): ApiError {
  const seconds = String(Math.max(1, Math.ceil(waitMs / 1000)));
  return new ApiError(429, "api/too-many-requests", `too many requests; wait ${seconds} s`, {
    "retry-after": seconds,
  });
}

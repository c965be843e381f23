import { SourceError, type SourceErrorCode } from "./source-error.js";
import { scrubUrls } from "./remote-url.js";

/** The code that a failed connection, request or file carries, however deep the libraries wrap it. */
export function codeOf(cause: unknown): string | undefined {
  for (let error = cause, depth = 0; error instanceof Error && depth < 5; depth++) {
    const { code } = error as NodeJS.ErrnoException;
    if (typeof code === "string" && code !== "") return code;
    // Several addresses were tried: the first one's failure stands for all.
    error = error instanceof AggregateError ? error.errors[0] : error.cause;
  }
  return undefined;
}

/** Turns a failure below HTTP into a `SourceError`. `where` is the remote's URL without credentials. */
export function networkErrorOf(cause: unknown, where: string): SourceError {
  if (cause instanceof SourceError) return cause;
  const code = codeOf(cause) ?? (cause instanceof Error ? cause.name : "unknown");
  const host = new URL(where).host;
  const [sourceCode, message] = explain(code, host);
  const detail = cause instanceof Error && sourceCode === "source/tls" ? `: ${cause.message}` : "";
  return new SourceError(sourceCode, scrubUrls(message + detail), { cause });
}

function explain(code: string, host: string): readonly [SourceErrorCode, string] {
  if (/TIMEOUT|^ETIMEDOUT$|^TimeoutError$/.test(code)) {
    return ["source/timeout", `${host} did not answer in time (${code}); it will be tried again`];
  }
  if (/CERT|^ERR_(TLS|SSL)|SELF_SIGNED|UNABLE_TO_VERIFY|UNABLE_TO_GET_ISSUER|^EPROTO$/.test(code)) {
    return [
      "source/tls",
      `the TLS certificate of ${host} was not accepted (${code}); set the CA file of its issuer`,
    ];
  }
  if (code === "ENOTFOUND" || code === "EAI_AGAIN") {
    return [
      "source/unreachable",
      `the host ${host} was not found (${code}); check the URL and DNS`,
    ];
  }
  return ["source/unreachable", `${host} cannot be reached (${code}); it will be tried again`];
}

/** The error for an HTTP status other than 200. */
export function statusErrorOf(
  status: number,
  headers: Readonly<Record<string, string>>,
  url: string,
  now: number,
): SourceError {
  const retryAfterMs = parseRetryAfter(headers["retry-after"], now);
  const options = retryAfterMs === undefined ? {} : { retryAfterMs };
  const limited =
    status === 429 ||
    (status === 403 && (retryAfterMs !== undefined || headers["x-ratelimit-remaining"] === "0"));
  if (limited) {
    return new SourceError(
      "source/rate-limited",
      `${url} limits the rate of requests (HTTP ${status}); poll less often`,
      options,
    );
  }
  if (status === 401 || status === 403 || status === 203) {
    return new SourceError(
      "source/auth-failed",
      `${url} refused the credentials (HTTP ${status}); check the token and its scopes`,
    );
  }
  if (status === 407) {
    return new SourceError(
      "source/auth-failed",
      "the proxy refused its credentials (HTTP 407); check the proxy's URL",
    );
  }
  if (status === 404 || status === 410) {
    return new SourceError(
      "source/repository-not-found",
      `${url} was not found (HTTP ${status}); check the URL, and that the credentials may read it`,
    );
  }
  if (status >= 500) {
    return new SourceError(
      "source/unreachable",
      `${url} has a problem of its own (HTTP ${status}); it will be tried again`,
      options,
    );
  }
  return new SourceError("source/protocol", `${url} answered with HTTP ${status}; check the URL`);
}

/** Milliseconds until the time of a Retry-After header (seconds or a date); at most a day. */
export function parseRetryAfter(value: string | undefined, now: number): number | undefined {
  if (value === undefined) return undefined;
  const text = value.trim();
  const ms = /^\d+$/.test(text) ? Number(text) * 1000 : Date.parse(text) - now;
  return Number.isFinite(ms) ? Math.min(Math.max(ms, 0), 86_400_000) : undefined;
}

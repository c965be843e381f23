import { SourceError, type SourceErrorCode } from "./source-error.js";

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

/** Which way a request goes, for messages. Without credentials. */
export interface Route {
  /** Where it goes to. */
  readonly url: string;
  /** Host and port of the proxy that it goes through. */
  readonly proxy?: string | undefined;
}

/** Turns a failure below HTTP into a `SourceError`. */
export function networkErrorOf(cause: unknown, route: Route): SourceError {
  if (cause instanceof SourceError) return cause;
  const refusal = cause instanceof Error && /^Proxy response \((\d+)\)/.exec(cause.message);
  if (refusal) return proxyRefusal(Number(refusal[1]), cause);
  const code = codeOf(cause) ?? (cause instanceof Error ? cause.name : "unknown");
  const [sourceCode, message] = explain(code, new URL(route.url).host, route.proxy);
  return new SourceError(sourceCode, message, { cause });
}

function explain(
  code: string,
  host: string,
  proxy: string | undefined,
): readonly [SourceErrorCode, string] {
  const through = proxy === undefined ? "" : ` through the proxy ${proxy}`;
  if (/TIMEOUT|^ETIMEDOUT$|^TimeoutError$/.test(code)) {
    const message = `${host} did not answer in time${through} (${code}); it will be tried again`;
    return ["source/timeout", message];
  }
  if (code === "ERR_TLS_CERT_ALTNAME_INVALID") {
    return ["source/tls", `the TLS certificate of ${host} is for another host; check the URL`];
  }
  if (/CERT|SELF_SIGNED|UNABLE_TO_VERIFY|UNABLE_TO_GET_ISSUER/.test(code)) {
    const message = `the TLS certificate of ${host} was not accepted (${code}); set the CA file of its issuer`;
    return ["source/tls", message];
  }
  if (/^ERR_(TLS|SSL)|^EPROTO$/.test(code)) {
    return ["source/tls", `${host} does not speak TLS as it should (${code}); check the URL`];
  }
  if (code === "ENOTFOUND" || code === "EAI_AGAIN") {
    // With a proxy, it is the only host whose name is looked up here.
    const what = proxy === undefined ? `the host ${host}` : `the proxy ${proxy}`;
    const message = `${what} was not found (${code}); check its URL and DNS, and it will be tried again`;
    return ["source/unreachable", message];
  }
  const message = `${host} cannot be reached${through} (${code}); it will be tried again`;
  return ["source/unreachable", message];
}

function proxyRefusal(status: number, cause: unknown): SourceError {
  if (status !== 407) {
    const message = `the proxy does not lead to the remote (HTTP ${status}); it will be tried again`;
    return new SourceError("source/unreachable", message, { cause });
  }
  const message = "the proxy refused its credentials (HTTP 407); check those in the proxy's URL";
  return new SourceError("source/auth-failed", message, { cause });
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
  const isDate = /^[A-Za-z]{3}/.test(text);
  const ms = isDate ? Date.parse(text) - now : /^\d+$/.test(text) ? Number(text) * 1000 : NaN;
  return Number.isFinite(ms) ? Math.min(Math.max(ms, 0), 86_400_000) : undefined;
}

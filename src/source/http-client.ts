import { X509Certificate } from "node:crypto";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { rootCertificates } from "node:tls";
import type * as Undici from "undici";
import type { Dispatcher } from "undici";
import { lazy } from "../lib/lazy.js";
import { authorizationOf, type CredentialsProvider } from "./credentials.js";
import type { SourceTimeouts } from "./limits.js";
import { codeOf, networkErrorOf, statusErrorOf, type Route } from "./network-error.js";
import { isRedirect, redirectTarget, refuseRedirect } from "./redirect.js";
import { repositoryUrlOf } from "./remote-url.js";
import { SourceError } from "./source-error.js";

/** A request to the remote. */
export interface RemoteRequest {
  readonly method: "GET" | "POST";
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: Uint8Array;
  /** Ends the request, and the reading of its answer. */
  readonly signal: AbortSignal;
}

/** An answer with status 200. */
export interface RemoteResponse {
  /** The URL that answered, after redirects. */
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  /** To be read to its end, or left by `return`. Throws `SourceError`. */
  readonly body: AsyncIterable<Uint8Array>;
}

/** How the remote is reached. */
export interface HttpClientOptions {
  readonly credentials?: CredentialsProvider;
  /** PEM certificates that are trusted besides the well-known ones. */
  readonly caFile?: string;
  /** The URL of an HTTP proxy; credentials in it are sent to it alone. */
  readonly proxy?: string;
  readonly timeouts: SourceTimeouts;
}

/** HTTP to one remote. */
export interface HttpClient {
  /**
   * Throws a `SourceError` for every status but 200. After a 401 the credentials are read anew and, if
   * they have changed, it is asked once more.
   */
  request(request: RemoteRequest): Promise<RemoteResponse>;
  close(): Promise<void>;
}

const maxRedirects = 5;
/** What a host answers for credentials that are no longer good: some hide that the repository exists. */
const distrusting = [203, 401, 403, 404];

/**
 * Makes a client with connections of its own. (Node's global agent gives up on a connection that is
 * silent for five seconds, which a server that packs a large repository is.)
 */
export function createHttpClient(options: HttpClientOptions): HttpClient {
  const openDispatcher = createDispatcher(options);
  let isUsed = false;
  const dispatcher = (): Dispatcher => {
    isUsed = true;
    return openDispatcher();
  };
  const proxy = options.proxy === undefined ? undefined : new URL(options.proxy).host;
  let authorization: { readonly value: string | undefined } | undefined;

  async function authorize(): Promise<string | undefined> {
    const credentials = await options.credentials?.();
    authorization = { value: credentials === undefined ? undefined : authorizationOf(credentials) };
    return authorization.value;
  }

  async function attempt(request: RemoteRequest, isRetry = false): Promise<RemoteResponse> {
    const known = authorization === undefined ? await authorize() : authorization.value;
    let { url } = request;
    for (let count = 0; ; count++) {
      const route = { url, proxy };
      const answer = await send(dispatcher(), request, route, known);
      const status = answer.statusCode;
      const headers = flatHeaders(answer.headers);
      if (status === 200) {
        return { url, headers, body: readBody(answer.body, route, request.signal) };
      }
      answer.body.on("error", () => undefined).destroy();
      if (isRedirect(status)) {
        if (count === maxRedirects) throw refuseRedirect(url, "redirects too often");
        url = redirectTarget(request.method, status, url, headers["location"]);
        continue;
      }
      // The next request reads the credentials anew: by then a person may have put them right.
      if (distrusting.includes(status)) authorization = undefined;
      // The same ones again would only bring a lock-out nearer.
      if (status === 401 && !isRetry && (await authorize()) !== known)
        return attempt(request, true);
      throw statusErrorOf(status, headers, repositoryUrlOf(url), Date.now());
    }
  }

  return {
    request: (request) => attempt(request),
    close: async () => {
      if (isUsed) await dispatcher().destroy();
    },
  };
}

/**
 * Loaded at the first request: a control plane that has something to serve from disk does so before it
 * asks the remote.
 */
const undici = lazy(() => createRequire(import.meta.url)("undici") as typeof Undici);

/** Reads what the options name, and gives what makes the connections when they are needed. */
function createDispatcher({ caFile, proxy, timeouts }: HttpClientOptions): () => Dispatcher {
  const ca = caFile === undefined ? {} : { ca: [...rootCertificates, readCa(caFile)] };
  const common = {
    headersTimeout: timeouts.headersMs,
    bodyTimeout: timeouts.idleMs,
    keepAliveTimeout: 30_000,
  };
  const connect = { timeout: timeouts.connectMs, ...ca };
  if (proxy === undefined) return lazy(() => new (undici().Agent)({ ...common, connect }));
  const { token, uri } = parseProxy(proxy);
  const tunnel = {
    ...common,
    uri,
    requestTls: connect,
    proxyTls: connect,
    connectTimeout: timeouts.connectMs,
    proxyTunnel: true,
    ...(token === undefined ? {} : { token }),
  };
  return lazy(() => new (undici().ProxyAgent)(tunnel));
}

function parseProxy(proxy: string): { uri: string; token: string | undefined } {
  let url: URL;
  try {
    url = new URL(proxy);
  } catch {
    // The cause would quote the URL, and with it a password.
    throw new SourceError(
      "source/unreachable",
      "the proxy is not a URL; give one such as http://proxy:3128",
    );
  }
  if (url.protocol !== "http:" && url.protocol !== "https:") {
    throw new SourceError(
      "source/unreachable",
      `a ${url.protocol} proxy is not supported; use http`,
    );
  }
  const [username, password] = [url.username, url.password].map(decodeURIComponent);
  if (!username) return { uri: url.origin, token: undefined };
  const token = authorizationOf({ kind: "basic", username, password: password ?? "" });
  return { uri: url.origin, token };
}

function readCa(file: string): string {
  try {
    const ca = readFileSync(file, "utf8");
    // What is not a certificate would be passed over in silence, and every connection then fail.
    const certificates = ca.match(/-----BEGIN CERTIFICATE-----[^-]*-----END CERTIFICATE-----/g);
    for (const certificate of certificates ?? []) new X509Certificate(certificate);
    if (certificates !== null) return ca;
  } catch (cause) {
    const reason = codeOf(cause) ?? "unreadable";
    const message = `the CA file ${file} cannot be used (${reason}); give certificates in PEM form`;
    throw new SourceError("source/tls", message, { cause });
  }
  throw new SourceError(
    "source/tls",
    `the CA file ${file} holds no certificate; give some in PEM form`,
  );
}

async function send(
  dispatcher: Dispatcher,
  request: RemoteRequest,
  route: Route,
  authorization: string | undefined,
  isRetry = false,
): Promise<Dispatcher.ResponseData> {
  const { origin, pathname, search } = new URL(route.url);
  try {
    return await dispatcher.request({
      origin,
      path: pathname + search,
      method: request.method,
      headers: {
        // Some hosts know Git by its name.
        "user-agent": "git/gloo-gitops",
        ...request.headers,
        ...(authorization === undefined ? {} : { authorization }),
      },
      body: request.body ?? null,
      signal: request.signal,
    });
  } catch (cause) {
    if (request.signal.aborted) throw abortErrorOf(request.signal, route);
    // A kept connection that the server has closed meanwhile. All that is asked can be asked again.
    const stale = ["UND_ERR_SOCKET", "ECONNRESET"].includes(codeOf(cause) ?? "");
    if (stale && !isRetry) return send(dispatcher, request, route, authorization, true);
    throw networkErrorOf(cause, route);
  }
}

async function* readBody(
  body: AsyncIterable<Uint8Array>,
  route: Route,
  signal: AbortSignal,
): AsyncGenerator<Uint8Array> {
  try {
    for await (const chunk of body) yield chunk;
  } catch (cause) {
    throw signal.aborted ? abortErrorOf(signal, route) : networkErrorOf(cause, route);
  }
}

/** What an aborted signal means: its own `SourceError`, a deadline, or the caller's wish. */
function abortErrorOf(signal: AbortSignal, route: Route): SourceError {
  const reason: unknown = signal.reason;
  if (reason instanceof SourceError) return reason;
  if (reason instanceof Error && reason.name === "TimeoutError") {
    return networkErrorOf(reason, route);
  }
  return new SourceError("source/aborted", "reading the repository was stopped", { cause: reason });
}

function flatHeaders(headers: Dispatcher.ResponseData["headers"]): Record<string, string> {
  return Object.fromEntries(
    Object.entries(headers).map(([name, value]) => [name.toLowerCase(), String(value ?? "")]),
  );
}

import { readFileSync } from "node:fs";
import { rootCertificates } from "node:tls";
import { Agent, ProxyAgent, type Dispatcher } from "undici";
import { authorizationOf, type CredentialsProvider } from "./credentials.js";
import type { SourceTimeouts } from "./limits.js";
import { codeOf, networkErrorOf, statusErrorOf } from "./network-error.js";
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
  /** Throws a `SourceError` for every status but 200. Asks again, once, after a 401. */
  request(request: RemoteRequest): Promise<RemoteResponse>;
  close(): Promise<void>;
}

const maxRedirects = 5;
const redirects = [301, 302, 303, 307, 308];

/**
 * Makes a client with connections of its own. (Node's global agent gives up on a connection that is
 * silent for five seconds, which a server that packs a large repository is.)
 */
export function createHttpClient(options: HttpClientOptions): HttpClient {
  const dispatcher = createDispatcher(options);
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
      const answer = await send(dispatcher, { ...request, url }, known);
      const status = answer.statusCode;
      const headers = flatHeaders(answer.headers);
      if (status === 200) {
        return { url, headers, body: readBody(answer.body, url, request.signal) };
      }
      answer.body.on("error", () => undefined).destroy();
      if (redirects.includes(status)) {
        if (count === maxRedirects) throw refused(url, "redirects too often");
        url = redirectTarget(request.method, status, url, headers["location"]);
      } else if (status === 401 && !isRetry && options.credentials !== undefined) {
        await authorize();
        return attempt(request, true);
      } else {
        throw statusErrorOf(status, headers, withoutQuery(url), Date.now());
      }
    }
  }

  return {
    request: (request) => attempt(request),
    close: () => dispatcher.destroy(),
  };
}

function createDispatcher({ caFile, proxy, timeouts }: HttpClientOptions): Dispatcher {
  const ca = caFile === undefined ? {} : { ca: [...rootCertificates, readCa(caFile)] };
  const common = {
    headersTimeout: timeouts.headersMs,
    bodyTimeout: timeouts.idleMs,
    keepAliveTimeout: 30_000,
  };
  const connect = { timeout: timeouts.connectMs, ...ca };
  if (proxy === undefined) return new Agent({ ...common, connect });
  const { token, uri } = parseProxy(proxy);
  return new ProxyAgent({
    ...common,
    uri,
    requestTls: connect,
    proxyTls: connect,
    connectTimeout: timeouts.connectMs,
    proxyTunnel: true,
    ...(token === undefined ? {} : { token }),
  });
}

function parseProxy(proxy: string): { uri: string; token: string | undefined } {
  let url: URL;
  try {
    url = new URL(proxy);
  } catch {
    // The cause would quote the URL, and with it a password.
    throw new SourceError("source/unreachable", "the proxy is not a URL such as http://proxy:3128");
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
    return readFileSync(file, "utf8");
  } catch (cause) {
    const reason = codeOf(cause) ?? "unreadable";
    throw new SourceError("source/tls", `the CA file ${file} cannot be read (${reason})`, {
      cause,
    });
  }
}

async function send(
  dispatcher: Dispatcher,
  request: RemoteRequest,
  authorization: string | undefined,
  isRetry = false,
): Promise<Dispatcher.ResponseData> {
  const { origin, pathname, search } = new URL(request.url);
  try {
    return await dispatcher.request({
      origin,
      path: pathname + search,
      method: request.method,
      headers: { ...request.headers, ...(authorization === undefined ? {} : { authorization }) },
      body: request.body ?? null,
      signal: request.signal,
    });
  } catch (cause) {
    if (request.signal.aborted) throw abortErrorOf(request.signal, request.url);
    // A kept connection that the server has closed meanwhile; uploads of packs do not come here.
    const stale = ["UND_ERR_SOCKET", "ECONNRESET"].includes(codeOf(cause) ?? "");
    if (stale && !isRetry) return send(dispatcher, request, authorization, true);
    throw networkErrorOf(cause, request.url);
  }
}

async function* readBody(
  body: AsyncIterable<Uint8Array>,
  url: string,
  signal: AbortSignal,
): AsyncGenerator<Uint8Array> {
  try {
    for await (const chunk of body) yield chunk;
  } catch (cause) {
    throw signal.aborted ? abortErrorOf(signal, url) : networkErrorOf(cause, url);
  }
}

/** What an aborted signal means: its own `SourceError`, a deadline, or the caller's wish. */
export function abortErrorOf(signal: AbortSignal, url: string): SourceError {
  const reason: unknown = signal.reason;
  if (reason instanceof SourceError) return reason;
  if (reason instanceof Error && reason.name === "TimeoutError") return networkErrorOf(reason, url);
  return new SourceError("source/aborted", "reading the repository was stopped", { cause: reason });
}

/** Where a redirect leads. Another host never gets our request, and so never our credentials. */
function redirectTarget(
  method: string,
  status: number,
  from: string,
  location: string | undefined,
): string {
  let to: URL;
  try {
    to = new URL(location ?? "", from);
  } catch {
    throw refused(from, "redirects to what is not a URL");
  }
  const source = new URL(from);
  if (to.protocol === "http:" && source.protocol === "https:") {
    throw refused(from, "redirects from https to http");
  }
  const upgrade = to.protocol === "https:" && source.protocol === "http:";
  if (to.hostname !== source.hostname || (to.port !== source.port && !upgrade)) {
    throw refused(from, `redirects to another host (${to.host}); if that is right, set its URL`);
  }
  if (method === "POST" && status !== 307 && status !== 308) {
    throw refused(from, `redirects a POST with HTTP ${status}`);
  }
  to.username = to.password = "";
  return to.href;
}

function refused(url: string, what: string): SourceError {
  return new SourceError("source/redirect-refused", `${withoutQuery(url)} ${what}`);
}

function withoutQuery(url: string): string {
  const { origin, pathname } = new URL(url);
  return origin + pathname.replace(/\/(info\/refs|git-upload-pack)$/, "");
}

function flatHeaders(headers: Dispatcher.ResponseData["headers"]): Record<string, string> {
  return Object.fromEntries(
    Object.entries(headers).map(([name, value]) => [name.toLowerCase(), String(value ?? "")]),
  );
}

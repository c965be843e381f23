import type { Dispatcher } from "undici";
import { authorizationOf, type CredentialsProvider } from "./credentials.js";
import { createDispatcher, type DispatcherOptions } from "./dispatcher.js";
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
export interface HttpClientOptions extends DispatcherOptions {
  readonly credentials?: CredentialsProvider;
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

/** The header of the moment, and when it is to be made anew. */
interface Authorization {
  readonly value: string | undefined;
  readonly renewAtMs: number;
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
  let authorization: Authorization | undefined;
  /** The remote did not take the last ones. */
  let isRefused = false;

  async function authorize(signal: AbortSignal): Promise<string | undefined> {
    const credentials = await options.credentials?.({ refused: isRefused, signal });
    isRefused = false;
    authorization = {
      value: credentials === undefined ? undefined : authorizationOf(credentials),
      renewAtMs: credentials?.renewAtMs ?? Infinity,
    };
    return authorization.value;
  }

  function authorizationNow(): Authorization | undefined {
    const isStale = authorization !== undefined && Date.now() >= authorization.renewAtMs;
    return isStale ? undefined : authorization;
  }

  async function attempt(request: RemoteRequest, isRetry = false): Promise<RemoteResponse> {
    const current = authorizationNow();
    const known = current === undefined ? await authorize(request.signal) : current.value;
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
      if (distrusting.includes(status)) {
        authorization = undefined;
        isRefused = true;
      }
      // The same ones again would only bring a lock-out nearer.
      if (status === 401 && !isRetry && (await authorize(request.signal)) !== known)
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

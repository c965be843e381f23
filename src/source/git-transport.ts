import type { HttpClient as GitHttpClient, GitHttpRequest, GitHttpResponse } from "isomorphic-git";
import { checkAdvertisement } from "./advertisement.js";
import { withDeadline } from "./deadline.js";
import type { HttpClient, RemoteResponse } from "./http-client.js";
import { type SourceLimits, type SourceTimeouts, tooLarge } from "./limits.js";
import { flushPacket } from "./pkt-line.js";
import { SourceError } from "./source-error.js";

/** What isomorphic-git sends its requests through. It sees only whole and checked answers. */
export interface GitTransport {
  /** For one `listServerRefs`, which is given up after `listMs`. */
  list<T>(signal: AbortSignal, operation: (http: GitHttpClient) => Promise<T>): Promise<T>;
  /**
   * For one `fetch`, which is given up after `packMs`. `receive` takes the pack out of the answer and
   * gives what is left of it. The last list of refs is used again instead of being asked for, once.
   */
  fetch<T>(
    signal: AbortSignal,
    receive: PackReceiver,
    operation: (http: GitHttpClient) => Promise<T>,
  ): Promise<T>;
  /** Bytes of the last list of refs of protocol 1. */
  listBytes(): number;
  /** Forgets what the remote said earlier. */
  forget(): void;
}

/** Consumes the answer to a fetch, stores its pack, and gives the answer without the pack. */
export type PackReceiver = (
  body: AsyncIterable<Uint8Array>,
  signal: AbortSignal,
) => Promise<Uint8Array>;

const listSuffix = "/info/refs?service=git-upload-pack";

/** Makes the transport to the repository at `url`. */
export function createGitTransport(
  url: string,
  client: HttpClient,
  limits: SourceLimits,
  timeouts: SourceTimeouts,
): GitTransport {
  /** Where the repository is, after the redirects that the last list of refs met. */
  let base = url;
  let listBytes = 0;
  /** The last list of protocol 1, until a fetch has used it. */
  let list: Buffer | undefined;
  /** What the remote can do in protocol 2; a poll need not ask each time. */
  let capabilities: Buffer | undefined;

  async function getList(request: GitHttpRequest, signal: AbortSignal): Promise<GitHttpResponse> {
    list = undefined;
    const isVersion2 = "Git-Protocol" in (request.headers ?? {});
    if (isVersion2 && capabilities !== undefined) return answer(request, capabilities);
    const response = await client.request({
      method: "GET",
      url: url + listSuffix,
      headers: { ...request.headers, accept: "*/*", pragma: "no-cache" },
      signal,
    });
    const bytes = await collect(response, limits);
    requireGit(response, url);
    await checkAdvertisement(bytes);
    base = response.url.endsWith(listSuffix) ? response.url.slice(0, -listSuffix.length) : url;
    if (bytes.subarray(0, 200).includes("version 2")) {
      capabilities = bytes;
    } else {
      list = bytes;
      listBytes = bytes.length;
    }
    return answer(request, bytes);
  }

  async function post(request: GitHttpRequest, signal: AbortSignal): Promise<RemoteResponse> {
    const parts: Uint8Array[] = [];
    for await (const part of request.body ?? []) parts.push(part);
    return client.request({
      method: "POST",
      url: `${base}/git-upload-pack`,
      headers: { ...request.headers },
      body: Buffer.concat(parts),
      signal,
    });
  }

  return {
    list: (signal, operation) =>
      withDeadline(signal, timeouts.listMs, (limited) =>
        operation({
          async request(request) {
            if (request.method !== "POST") return getList(request, limited);
            // isomorphic-git takes a list of protocol 1 without refs for one of protocol 2.
            if (list !== undefined) return answer(request, flushPacket);
            const bytes = await collect(await post(request, limited), limits);
            await checkAdvertisement(bytes, "may be empty");
            return answer(request, bytes);
          },
        }),
      ),
    fetch: (signal, receive, operation) =>
      withDeadline(signal, timeouts.packMs, (limited) =>
        operation({
          async request(request) {
            if (request.method !== "POST") {
              const known = list;
              list = undefined;
              return known === undefined ? getList(request, limited) : answer(request, known);
            }
            const response = await post(request, limited);
            return answer(request, await receive(response.body, limited));
          },
        }),
      ),
    listBytes: () => listBytes,
    forget() {
      list = capabilities = undefined;
      base = url;
    },
  };
}

async function collect(response: RemoteResponse, limits: SourceLimits): Promise<Buffer> {
  const parts: Uint8Array[] = [];
  let bytes = 0;
  for await (const part of response.body) {
    bytes += part.length;
    if (bytes > limits.maxAdvertisementBytes) {
      throw tooLarge("the remote's list of refs", "maxAdvertisementBytes", limits);
    }
    parts.push(part);
  }
  return Buffer.concat(parts);
}

function requireGit(response: RemoteResponse, url: string): void {
  const type = response.headers["content-type"] ?? "";
  if (type.startsWith("application/x-git-upload-pack-advertisement")) return;
  const said = /^[\w+.-]{1,30}\/[\w+.-]{1,60}/.exec(type)?.[0] ?? "something";
  throw new SourceError(
    "source/protocol",
    `${url} answers with ${said}, not with Git's smart HTTP protocol; check the URL`,
  );
}

function answer(request: GitHttpRequest, bytes: Uint8Array): GitHttpResponse {
  const headers = { "content-type": "application/x-git-upload-pack-advertisement" };
  const { url, method } = request;
  return {
    url,
    ...(method ? { method } : {}),
    statusCode: 200,
    statusMessage: "OK",
    headers,
    body: parts(bytes),
  };
}

async function* parts(bytes: Uint8Array): AsyncGenerator<Uint8Array, void> {
  yield bytes;
}

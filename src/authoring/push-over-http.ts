import type { CredentialsProvider } from "../source/credentials.js";
import { withDeadline } from "../source/deadline.js";
import { createHttpClient, type RemoteResponse } from "../source/http-client.js";
import type { SourceTimeouts } from "../source/limits.js";
import { SourceError } from "../source/source-error.js";
import { PushRejectedError } from "./authoring-error.js";
import { encodePush, readPushReport } from "./receive-pack-protocol.js";
import type { Pusher } from "./remote-repository.js";

/** How a repository behind http(s) is reached. */
export interface HttpPushOptions {
  /** Without credentials in it. */
  readonly url: string;
  readonly credentials: CredentialsProvider | undefined;
  readonly caFile: string | undefined;
  readonly proxy: string | undefined;
  readonly timeouts: SourceTimeouts;
}

const listSuffix = "/info/refs?service=git-receive-pack";
const service = "application/x-git-receive-pack";

/** Pushes by smart HTTP, in two requests: is it a repository that takes pushes, and here is one. */
export function createHttpPusher(options: HttpPushOptions): Pusher {
  const { url, credentials, caFile, proxy, timeouts } = options;
  const client = createHttpClient({
    timeouts,
    ...(credentials === undefined ? {} : { credentials }),
    ...(caFile === undefined ? {} : { caFile }),
    ...(proxy === undefined ? {} : { proxy }),
  });

  /** Where the repository takes pushes, after redirects. */
  async function discover(signal: AbortSignal): Promise<string> {
    const response = await client.request({
      method: "GET",
      url: url + listSuffix,
      headers: {},
      signal,
    });
    await drain(response);
    const type = response.headers["content-type"] ?? "";
    if (!type.startsWith(`${service}-advertisement`)) {
      const message = `${url} does not take pushes over HTTP; check the URL and the server's settings`;
      throw new SourceError("source/protocol", message);
    }
    const end = response.url;
    return end.endsWith(listSuffix) ? end.slice(0, -listSuffix.length) : url;
  }

  return {
    push: (publication, _mirror, signal) =>
      withDeadline(signal, timeouts.packMs, async (limited) => {
        const base = await discover(limited);
        const response = await client.request({
          method: "POST",
          url: `${base}/git-receive-pack`,
          headers: { "content-type": `${service}-request`, accept: `${service}-result` },
          body: encodePush(publication),
          signal: limited,
        });
        const { refusal, remoteLines } = await readPushReport(response.body);
        if (refusal !== undefined) {
          throw new PushRejectedError(publication.ref, refusal, remoteLines);
        }
      }),
    close: () => client.close(),
  };
}

/** Reads what is not looked at: that the server answers is what counts. */
async function drain({ body }: RemoteResponse): Promise<void> {
  const iterator = body[Symbol.asyncIterator]();
  for (let bytes = 0; bytes < 64 * 1024;) {
    const next = await iterator.next();
    if (next.done === true) return;
    bytes += next.value.length;
  }
  await iterator.return?.();
}

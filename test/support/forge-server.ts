import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

/** A comment of the pull request that a {@link ForgeServer} has. */
export interface ForgeComment {
  readonly id: number;
  body: string;
}

/** A server that speaks the API of comments as GitHub (Gitea, Forgejo) or GitLab do, for one pull request. */
export interface ForgeServer {
  /** Root of the API. */
  readonly url: string;
  readonly comments: ForgeComment[];
  /** Method and path of every request, in order. */
  readonly requests: readonly string[];
  /** Answers to give before any other, such as `{ status: 503 }`. */
  readonly faults: Fault[];
  close(): Promise<void>;
}

/** An answer that is none of the API. */
interface Fault {
  readonly status: number;
  readonly headers?: Record<string, string>;
  /** Default: JSON with a message. */
  readonly body?: string;
}

/** How the server behaves. */
export interface ForgeServerOptions {
  readonly kind: "github" | "gitea" | "gitlab";
  readonly token: string;
  readonly comments?: readonly string[];
}

/** Starts one for pull request 7 of `ada/gateway`, or merge request 7 of project 42. */
export async function startForgeServer(options: ForgeServerOptions): Promise<ForgeServer> {
  const isGitlab = options.kind === "gitlab";
  const list = isGitlab
    ? "/projects/42/merge_requests/7/notes"
    : "/repos/ada/gateway/issues/7/comments";
  const one = isGitlab ? `${list}/` : "/repos/ada/gateway/issues/comments/";
  const comments: ForgeComment[] = (options.comments ?? []).map((body, index) => ({
    id: index + 1,
    body,
  }));
  const requests: string[] = [];
  const faults: Fault[] = [];

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(request.url ?? "", "http://forge");
    requests.push(`${request.method} ${url.pathname}`);
    const text = await textOf(request);
    const send = (status: number, body: unknown, headers: Record<string, string> = {}): void => {
      response.writeHead(status, { "content-type": "application/json", ...headers });
      response.end(JSON.stringify(body));
    };
    const fault = faults.shift();
    if (fault?.body !== undefined) {
      response.writeHead(fault.status, fault.headers);
      response.end(fault.body);
      return;
    }
    if (fault !== undefined) return send(fault.status, { message: "fault" }, fault.headers);
    const { authorization, "private-token": privateToken } = request.headers;
    const isKnown = isGitlab
      ? privateToken === options.token
      : authorization === `Bearer ${options.token}`;
    if (!isKnown) return send(401, { message: "Bad credentials" });
    const body = text === "" ? "" : (JSON.parse(text) as { body: string }).body;
    if (request.method === "GET" && url.pathname === list) return send(200, pageOf(url));
    if (request.method === "POST" && url.pathname === list) {
      const comment = { id: comments.length + 1, body };
      comments.push(comment);
      return send(201, comment);
    }
    const isUpdate =
      request.method === (isGitlab ? "PUT" : "PATCH") && url.pathname.startsWith(one);
    const comment = comments.find(({ id }) => url.pathname === `${one}${id}`);
    if (!isUpdate || comment === undefined) return send(404, { message: "Not Found" });
    comment.body = body;
    send(200, comment);
  }

  function pageOf({ searchParams }: URL): readonly ForgeComment[] {
    if (options.kind === "gitea") return comments; // it gives all of them
    const size = Math.min(Number(searchParams.get("per_page") ?? 20), 100);
    const page = Number(searchParams.get("page") ?? 1);
    return comments.slice((page - 1) * size, page * size);
  }

  const server = createServer((request, response) => void answer(request, response));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    comments,
    requests,
    faults,
    close: () =>
      new Promise((resolve) => {
        server.closeAllConnections();
        server.close(() => resolve());
      }),
  };
}

async function textOf(request: IncomingMessage): Promise<string> {
  let text = "";
  for await (const chunk of request.setEncoding("utf8")) text += String(chunk);
  return text;
}

import { spawn } from "node:child_process";
import type { IncomingMessage, ServerResponse } from "node:http";
import { startLoopbackServer, type RunningServer } from "./loopback-server.js";

/**
 * Serves the bare repositories below a folder over smart HTTP, on a free port of loopback: Git's own
 * `git http-backend` behind node's HTTP server. Whoever reaches it may read; a repository whose
 * `http.receivepack` is true may be pushed to.
 */
export function startGitHttpServer(folder: string, env: NodeJS.ProcessEnv): Promise<RunningServer> {
  return startLoopbackServer((request, response) => serveByCgi(folder, env, request, response));
}

/** One request as RFC 3875 hands it to a program. */
function serveByCgi(
  folder: string,
  env: NodeJS.ProcessEnv,
  request: IncomingMessage,
  response: ServerResponse,
): void {
  const url = new URL(request.url ?? "/", "http://localhost");
  const { headers } = request;
  const backend = spawn("git", ["http-backend"], {
    env: {
      ...env,
      GIT_PROJECT_ROOT: folder,
      GIT_HTTP_EXPORT_ALL: "1",
      PATH_INFO: decodeURIComponent(url.pathname),
      QUERY_STRING: url.search.slice(1),
      REQUEST_METHOD: request.method ?? "GET",
      REMOTE_ADDR: request.socket.remoteAddress ?? "",
      CONTENT_TYPE: headers["content-type"] ?? "",
      HTTP_CONTENT_ENCODING: headers["content-encoding"] ?? "",
      GIT_PROTOCOL: String(headers["git-protocol"] ?? ""),
    },
    stdio: ["pipe", "pipe", "ignore"],
  });
  const fail = (): void => {
    if (!response.headersSent) response.writeHead(500);
    response.end();
  };
  backend.once("error", fail);
  // Git may answer before it has read everything, and the client may go away: neither is an error.
  backend.stdin.once("error", () => request.unpipe());
  request.pipe(backend.stdin);
  response.once("close", () => void backend.kill());

  let head = Buffer.alloc(0);
  backend.stdout.on("data", function onHead(chunk: Buffer) {
    head = Buffer.concat([head, chunk]);
    const end = head.indexOf("\r\n\r\n");
    if (end < 0) return;
    backend.stdout.off("data", onHead);
    backend.stdout.pause();
    writeHead(head.subarray(0, end).toString("latin1"), response);
    response.write(head.subarray(end + 4));
    backend.stdout.pipe(response);
  });
  backend.stdout.once("end", () => {
    if (!response.headersSent) fail();
  });
}

function writeHead(text: string, response: ServerResponse): void {
  let status = 200;
  for (const line of text.split("\r\n")) {
    const colon = line.indexOf(":");
    const name = line.slice(0, colon).trim();
    const value = line.slice(colon + 1).trim();
    if (name.toLowerCase() === "status") status = Number.parseInt(value, 10);
    else if (colon > 0) response.appendHeader(name, value);
  }
  response.writeHead(status);
}

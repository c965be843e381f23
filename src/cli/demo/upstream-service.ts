import { startLoopbackServer, type RunningServer } from "./loopback-server.js";

/** A back end that says its name, and what it was asked, on a free port of loopback. */
export function startUpstreamService(name: string): Promise<RunningServer> {
  return startLoopbackServer((request, response) => {
    let body = "";
    request.setEncoding("utf8").on("data", (text: string) => void (body += text));
    request.once("end", () => {
      response.writeHead(200, { "content-type": "text/plain", "x-powered-by": name });
      response.end(`${name}: ${[request.method, request.url, body].join(" ").trim()}\n`);
    });
  });
}

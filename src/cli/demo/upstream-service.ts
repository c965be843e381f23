import { startLoopbackServer, type RunningServer } from "./loopback-server.js";

/** A back end that says its name to whoever asks, on a free port of loopback. */
export function startUpstreamService(name: string): Promise<RunningServer> {
  return startLoopbackServer((request, response) => {
    request.resume();
    response.writeHead(200, { "content-type": "text/plain", "x-powered-by": name });
    response.end(`${name}: ${request.method} ${request.url}\n`);
  });
}

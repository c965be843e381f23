import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import type { Answer, Received } from "./function-gateway.js";

/** A back end of its own, on a free port of loopback. */
export interface Backend {
  readonly port: number;
  /** In the order of arrival. */
  readonly received: Received[];
  /** What it does with each request; undefined: it never answers. Default: an empty 200. */
  answer: (request: Received) => Answer | undefined;
  close(): Promise<void>;
}

/** Starts a back end that speaks HTTP. */
export async function startBackend(): Promise<Backend> {
  const received: Received[] = [];
  const server = createServer((message, response) => {
    const chunks: Buffer[] = [];
    message.on("data", (chunk: Buffer) => chunks.push(chunk));
    message.on("end", () => {
      const { method = "", url: path = "", headers, rawHeaders } = message;
      const request = { method, path, headers, rawHeaders, body: Buffer.concat(chunks) };
      received.push(request);
      const answer = backend.answer(request);
      if (answer === undefined) return;
      response.writeHead(answer.status ?? 200, answer.headers);
      response.end(answer.body);
    });
  });
  await once(server.listen(0, "127.0.0.1"), "listening");
  const backend: Backend = {
    port: (server.address() as AddressInfo).port,
    received,
    answer: () => ({}),
    async close() {
      server.closeAllConnections();
      server.close();
      await once(server, "close");
    },
  };
  return backend;
}

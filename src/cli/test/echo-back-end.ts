import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";

/** A request as a back end got it. */
export interface Received {
  readonly method: string;
  readonly path: string;
  readonly host: string;
  /** By name in lower case; several values are separated by commas. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** Takes the place of every upstream, and remembers what it was asked last. */
export interface EchoBackEnd {
  readonly port: number;
  /** What came since the last call; undefined: nothing. */
  take(): Received | undefined;
  close(): Promise<void>;
}

/** Starts a back end on a free port of loopback. */
export async function startEchoBackEnd(): Promise<EchoBackEnd> {
  let last: Received | undefined;
  const server: Server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on("data", (chunk: Buffer) => void chunks.push(chunk));
    request.once("end", () => {
      const { method = "", url: path = "", headers } = request;
      const texts = Object.entries(headers).map(
        ([name, value]) => [name, Array.isArray(value) ? value.join(",") : (value ?? "")] as const,
      );
      const { host = "", ...others } = Object.fromEntries(texts);
      last = { method, path, host, headers: others, body: Buffer.concat(chunks).toString() };
      response.writeHead(200, { "content-type": "application/json" });
      response.end("{}");
    });
  });
  server.listen(0, "127.0.0.1");
  await new Promise<void>((resolve, reject) => {
    server.once("listening", resolve).once("error", reject);
  });
  return {
    port: (server.address() as AddressInfo).port,
    take() {
      const taken = last;
      last = undefined;
      return taken;
    },
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

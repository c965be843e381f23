import { createServer, type RequestListener } from "node:http";
import type { AddressInfo } from "node:net";

/** A running HTTP server. */
export interface RunningServer {
  readonly port: number;
  /** Cuts what is still open, and ends. */
  close(): Promise<void>;
}

/** Answers HTTP on a free port of loopback. */
export async function startLoopbackServer(listener: RequestListener): Promise<RunningServer> {
  const server = createServer(listener);
  server.listen(0, "127.0.0.1");
  await new Promise<void>((resolve, reject) => {
    server.once("listening", resolve).once("error", reject);
  });
  return {
    port: (server.address() as AddressInfo).port,
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** A port of loopback that nobody has now, for a program that must be told its port beforehand. */
export async function freePort(): Promise<number> {
  const server = await startLoopbackServer(() => undefined);
  await server.close();
  return server.port;
}

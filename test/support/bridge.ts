import { request as httpRequest, type IncomingHttpHeaders } from "node:http";
import { pino } from "pino";
import { createBridge, type BridgeOptions } from "../../src/bridge/bridge.js";
import { modeHeader, subjectHeader } from "../../src/messages/call-headers.js";
import { poll } from "./envoy-process.js";

/** A bridge in this process, on a free port. */
export interface TestBridge {
  readonly port: number;
  /** What it has logged, one JSON object a line. */
  readonly log: () => string;
  /** Sends a request as it is. */
  send(request: BridgeRequest): Promise<BridgeResponse>;
  /** Sends what Envoy sends for a message. */
  publish(subject: string, request?: BridgeRequest & { mode?: string }): Promise<BridgeResponse>;
  ready(): Promise<void>;
  close(): Promise<void>;
}

export interface BridgeRequest {
  readonly method?: string;
  readonly path?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Buffer;
}

export interface BridgeResponse {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly text: string;
}

/** Starts a bridge to the server at `url`. */
export async function startBridge(
  url: string,
  options: Partial<BridgeOptions> = {},
): Promise<TestBridge> {
  const lines: string[] = [];
  const bridge = createBridge({
    nats: { servers: [url] },
    host: "127.0.0.1",
    port: 0,
    token: undefined,
    allowed: [],
    extraHeaders: new Set(),
    timeoutMs: 5_000,
    maxBodyBytes: 1024 * 1024,
    log: pino({ level: "debug", base: null }, { write: (line) => void lines.push(line) }),
    ...options,
  });
  const { port } = await bridge.listen();
  const send: TestBridge["send"] = ({ method = "POST", path = "/", headers = {}, body }) =>
    new Promise((resolve, reject) => {
      const length =
        body === undefined ? {} : { "content-length": String(Buffer.byteLength(body)) };
      const all = { ...("transfer-encoding" in headers ? {} : length), ...headers };
      const outgoing = httpRequest(
        { host: "127.0.0.1", port, method, path, headers: all, agent: false },
        (response) => {
          const chunks: Buffer[] = [];
          response.on("data", (chunk: Buffer) => chunks.push(chunk));
          response.on("error", reject);
          response.on("end", () => {
            const { statusCode: status = 0, headers: got } = response;
            resolve({ status, headers: got, text: Buffer.concat(chunks).toString() });
          });
        },
      );
      outgoing.on("error", reject);
      outgoing.end(body);
    });
  return {
    port,
    log: () => lines.join(""),
    send,
    publish: (subject, { mode = "jetstream", headers = {}, ...request } = {}) =>
      send({ headers: { [subjectHeader]: subject, [modeHeader]: mode, ...headers }, ...request }),
    async ready() {
      await poll("the bridge to be connected", async () =>
        (await send({ method: "GET", path: "/readyz" })).status === 200 ? true : undefined,
      );
    },
    close: () => bridge.close(),
  };
}

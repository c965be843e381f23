import { once } from "node:events";
import { createServer, type IncomingHttpHeaders, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { poll } from "./envoy-process.js";

/** One request that was made, whole. */
export interface ToldRequest {
  readonly method: string;
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
  /** `body` as JSON. */
  readonly json: Readonly<Record<string, unknown>>;
}

/** How a request is answered: with a status, or never, or by a cut connection. */
export type ToldAnswer =
  | {
      readonly status: number;
      readonly headers?: Readonly<Record<string, string>>;
      readonly body?: string;
    }
  | "silence"
  | "hang-up";

/** A server that is told what becomes of commits, as hosts of Git and hooks are. */
export interface ReportServer {
  readonly url: string;
  readonly requests: readonly ToldRequest[];
  /** Answers the next requests, in this order. Then: 201. */
  answerWith(...answers: readonly ToldAnswer[]): void;
  /** The requests, once there are so many. */
  until(count: number): Promise<readonly ToldRequest[]>;
  /** The first request that is as wanted, once there is one. */
  one(what: string, isWanted: (request: ToldRequest) => boolean): Promise<ToldRequest>;
  close(): Promise<void>;
}

/** Starts one on loopback. */
export async function startReportServer(): Promise<ReportServer> {
  const requests: ToldRequest[] = [];
  const answers: ToldAnswer[] = [];
  const silent = new Set<ServerResponse>();
  const server = createServer((request, response) => {
    const parts: Buffer[] = [];
    request.on("data", (part: Buffer) => parts.push(part));
    request.on("end", () => {
      const body = Buffer.concat(parts).toString("utf8");
      const { method = "", url: path = "", headers } = request;
      const json = JSON.parse(body) as Readonly<Record<string, unknown>>;
      requests.push({ method, path, headers, body, json });
      const answer = answers.shift() ?? { status: 201 };
      if (answer === "hang-up") request.socket.destroy();
      else if (answer === "silence") silent.add(response);
      else response.writeHead(answer.status, answer.headers).end(answer.body ?? "{}");
    });
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  // The server listens on a port, so its address is one.
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    requests,
    answerWith: (...next) => void answers.push(...next),
    until: (count) =>
      poll(`${count} reports`, () => (requests.length >= count ? [...requests] : undefined)),
    one: (what, isWanted) => poll(what, () => requests.find(isWanted)),
    async close() {
      server.closeAllConnections();
      server.close();
      await once(server, "close");
    },
  };
}

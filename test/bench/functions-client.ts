// Loads a port of loopback for benchmark P8, in a process of its own: for each line it reads, a `Load`, it
// writes one with what came of it, a `Loaded`.
import { connect } from "node:net";
import { createInterface } from "node:readline";

/** One request, sent again and again over connections that stay open. */
export interface Load {
  readonly port: number;
  readonly connections: number;
  /** Requests that are under way on each connection. */
  readonly pipelined: number;
  readonly ms: number;
  /** A whole HTTP/1.1 request, as it is sent. */
  readonly request: string;
  /** The body that each response has to have; its status has to be 200. */
  readonly answer: string;
}

/** What came of a {@link Load}. */
export interface Loaded {
  readonly requests: number;
  readonly ms: number;
}

const lengthHeader = "\r\ncontent-length: ";

for await (const line of createInterface(process.stdin)) {
  console.log(JSON.stringify(await run(JSON.parse(line) as Load)));
}

async function run(load: Load): Promise<Loaded> {
  const start = performance.now();
  const counts = Array.from({ length: load.connections }, () => keepSending(load, start + load.ms));
  const requests = (await Promise.all(counts)).reduce((sum, count) => sum + count, 0);
  return { requests, ms: performance.now() - start };
}

/** Keeps some requests under way until `end`; gives how many were answered. */
function keepSending({ port, pipelined, request, answer }: Load, end: number): Promise<number> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host: "127.0.0.1", port, noDelay: true });
    let sent = 0;
    let answered = 0;
    let received = "";
    const send = (count: number): void => {
      sent += count;
      socket.write(request.repeat(count));
    };
    socket.on("connect", () => send(pipelined));
    socket.on("data", (chunk) => {
      received += chunk.toString("latin1");
      const before = answered;
      for (let length = lengthOf(received); length > 0; length = lengthOf(received)) {
        const response = received.slice(0, length);
        if (!response.startsWith("HTTP/1.1 200 ") || !response.endsWith(`\r\n\r\n${answer}`)) {
          socket.destroy(new Error(`expected ${answer}, got ${response}`));
          return;
        }
        answered += 1;
        received = received.slice(length);
      }
      if (performance.now() < end && answered > before) send(answered - before);
      else if (answered === sent) socket.end();
    });
    socket.on("error", reject);
    socket.on("close", () => {
      if (answered === sent) resolve(answered);
      else reject(new Error(`closed after ${answered} of ${sent} requests: ${received}`));
    });
  });
}

/** How long the first response is, once all of it is there; until then, 0. */
function lengthOf(responses: string): number {
  const headEnd = responses.indexOf("\r\n\r\n");
  if (headEnd < 0) return 0;
  const at = responses.indexOf(lengthHeader);
  if (at < 0 || at > headEnd) throw new Error(`a response without a length: ${responses}`);
  const length = headEnd + 4 + Number.parseInt(responses.slice(at + lengthHeader.length), 10);
  return responses.length < length ? 0 : length;
}

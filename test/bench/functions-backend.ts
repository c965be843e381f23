// The back ends of benchmark P8, in a process of their own. They cost as little as they can, so that Envoy is
// what is measured, and they answer 404 to what a function should not have made. Prints two ports, of HTTP/1.1
// and of gRPC, and ends when its stdin does.
import { createServer as createHttp2Server } from "node:http2";
import { createServer, type AddressInfo } from "node:net";
import { answers, clientBody, grpcMethod, restBody } from "./functions-config.js";

/** Whether a request is one that a route of the benchmark makes. */
function isRight(head: string, body: string): boolean {
  if (head.startsWith("POST /plain/")) return body === clientBody;
  if (head.startsWith("POST /body/")) return body === restBody;
  if (head.startsWith("PUT /api/")) return body === restBody && head.includes("\r\nx-user: anon");
  const isCall = head.startsWith("POST /2015-03-31/functions/rename/invocations ");
  return isCall && body === clientBody && head.includes("\r\nauthorization: AWS4-HMAC-SHA256 Cred");
}

function responseOf(status: string, body: string): string {
  const headers = `content-type: application/json\r\ncontent-length: ${body.length}`;
  return `HTTP/1.1 ${status}\r\n${headers}\r\n\r\n${body}`;
}

const right = responseOf("200 OK", answers.plain);
const wrong = responseOf("404 Not Found", "");
const lengthHeader = "\r\ncontent-length: ";

const http = createServer({ noDelay: true }, (socket) => {
  let received = "";
  socket.on("data", (chunk) => {
    // Envoy sends one request at a time, and says how long its body is.
    received += chunk.toString("latin1");
    const headEnd = received.indexOf("\r\n\r\n");
    if (headEnd < 0) return;
    const at = received.indexOf(lengthHeader);
    const length = at < 0 ? 0 : Number.parseInt(received.slice(at + lengthHeader.length), 10);
    if (received.length < headEnd + 4 + length) return;
    socket.write(isRight(received.slice(0, headEnd), received.slice(headEnd + 4)) ? right : wrong);
    received = "";
  });
  // Connections that Envoy leaves at its end.
  socket.on("error", () => undefined);
});

/** Answers each call of one method with the message that it got. */
const grpc = createHttp2Server();
grpc.on("stream", (stream, headers) => {
  const isKnown = headers[":path"] === grpcMethod;
  const frames: Buffer[] = [];
  stream.on("data", (chunk: Buffer) => frames.push(chunk));
  stream.on("end", () => {
    stream.respond(
      { ":status": 200, "content-type": "application/grpc" },
      { waitForTrailers: true },
    );
    stream.on("wantTrailers", () => stream.sendTrailers({ "grpc-status": isKnown ? "0" : "12" }));
    stream.end(isKnown ? Buffer.concat(frames) : undefined);
  });
  stream.on("error", () => undefined);
});

http.listen(0, "127.0.0.1", () => {
  grpc.listen(0, "127.0.0.1", () => {
    const ports = [http, grpc].map((server) => (server.address() as AddressInfo).port);
    console.log(ports.join(" "));
  });
});
process.stdin.resume().on("end", () => process.exit(0));

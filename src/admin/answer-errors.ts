import type { Socket } from "node:net";
import type { FastifyError, FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { ApiError, statusOf } from "./api-error.js";
import type { ErrorResponse } from "./api-types.js";
import { securityHeaders } from "./security-headers.js";

/** Codes for what fastify itself refuses. */
const codes: Readonly<Record<number, string>> = {
  400: "api/bad-request",
  408: "api/timeout",
  413: "api/too-large",
  415: "api/unsupported-media-type",
  503: "api/timeout",
};

/**
 * Answers whatever goes wrong with an {@link ErrorResponse}, and with nothing of how it came about.
 * `onFault` is told of what must not have happened.
 */
export function answerErrors(app: FastifyInstance, onFault: (fault: unknown) => void): void {
  app.setErrorHandler((error: FastifyError | ApiError, request, reply) => {
    // What is left of the body is not waited for: the connection goes with it.
    if (request.method !== "GET" && request.method !== "HEAD") reply.header("connection", "close");
    if (error instanceof ApiError) {
      if (error.status >= 500 && error.cause !== undefined) onFault(error.cause);
      return send(reply.headers(error.headers), error.status, error.code, error.message);
    }
    const status = statusOf(error);
    // Fastify's own, and those of clients that go away while their request is read.
    if (status < 500 || error.code === "FST_ERR_HANDLER_TIMEOUT") {
      const code = codes[status] ?? "api/bad-request";
      return send(reply, status, code, error.message.slice(0, 200));
    }
    onFault(error);
    return send(reply, 500, "api/bug", "this is a bug in gloo; its log has the details");
  });
  app.setNotFoundHandler((request, reply) => {
    const allowed = methodsOf(app, request);
    if (allowed.length === 0) return send(reply, 404, "api/not-found", "there is nothing here");
    reply.header("allow", allowed.join(", "));
    return send(
      reply.header("connection", "close"),
      405,
      "api/method-not-allowed",
      `this takes ${allowed.join(" and ")} only`,
    );
  });
}

/** What the path of a request can be asked with. */
function methodsOf(app: FastifyInstance, request: FastifyRequest): readonly string[] {
  const path = request.url.split("?", 1)[0] ?? "";
  return ["GET", "HEAD", "POST"].filter(
    (method) => app.findRoute({ method: method, url: path }) !== null,
  );
}

function send(reply: FastifyReply, status: number, code: string, message: string): FastifyReply {
  return reply.code(status).send({ error: { code, message } } satisfies ErrorResponse);
}

/** Answers a request whose path no route can be looked up by. */
export function answerBadPath(reply: FastifyReply): void {
  // No hook runs for it, and so none that sets these.
  void send(
    reply.headers(securityHeaders),
    400,
    "api/bad-request",
    "the path of this request is not valid",
  );
}

/** Answers on a connection on which no request could be read. */
export function answerClientError(error: Error & { readonly code?: string }, socket: Socket): void {
  if (error.code === "ECONNRESET" || !socket.writable) return void socket.destroy();
  const [status, message] =
    error.code === "ERR_HTTP_REQUEST_TIMEOUT"
      ? ["408 Request Timeout", "the request took too long to arrive"]
      : error.code === "HPE_HEADER_OVERFLOW"
        ? ["431 Request Header Fields Too Large", "the request's headers are too long"]
        : ["400 Bad Request", "this is not HTTP"];
  const code = status.startsWith("408") ? "api/timeout" : "api/bad-request";
  const body = JSON.stringify({ error: { code, message } } satisfies ErrorResponse);
  socket.end(
    [
      `HTTP/1.1 ${status}`,
      "content-type: application/json; charset=utf-8",
      `content-length: ${Buffer.byteLength(body)}`,
      "connection: close",
      "",
      body,
    ].join("\r\n"),
  );
}

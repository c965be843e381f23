import type { IncomingMessage } from "node:http";
import { BridgeError } from "./bridge-error.js";

/** The whole body of a request. Rejects if it is too large, or if the client goes away before its end. */
export async function readBody(request: IncomingMessage, maxBytes: number): Promise<Buffer> {
  const tooLarge = (): BridgeError =>
    new BridgeError(413, `the message is larger than ${maxBytes} bytes`);
  if (Number(request.headers["content-length"] ?? 0) > maxBytes) throw tooLarge();
  return await new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let bytes = 0;
    request.on("data", (chunk: Buffer) => {
      bytes += chunk.length;
      if (bytes <= maxBytes) chunks.push(chunk);
      else {
        chunks.length = 0;
        // What is left flows on and is dropped, so that the client can read the answer.
        reject(tooLarge());
      }
    });
    request.on("end", () => {
      resolve(Buffer.concat(chunks));
    });
    request.on("error", (cause) => {
      reject(new BridgeError(400, "the request ended before its body did", { cause }));
    });
  });
}

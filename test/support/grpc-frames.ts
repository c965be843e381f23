import { connect, type ClientHttp2Session, type ClientHttp2Stream } from "node:http2";

/** A gRPC call without a gRPC library: for clients that do what none of those would. */
export interface RawCall {
  readonly session: ClientHttp2Session;
  readonly stream: ClientHttp2Stream;
  /** Sends one message. */
  send(message: Uint8Array): void;
}

/** Opens a call on a connection of its own. Nothing is read before someone reads `stream`. */
export function openRawCall(port: number, method: string): RawCall {
  const session = connect(`http://127.0.0.1:${port}`);
  session.on("error", () => undefined); // told by the stream as well
  const stream = session.request({
    ":method": "POST",
    ":path": method,
    "content-type": "application/grpc",
    te: "trailers",
  });
  stream.on("error", () => undefined); // a reset is what some tests want
  return {
    session,
    stream,
    send: (message) => void stream.write(frameOf(message)),
  };
}

/** A message as gRPC puts it on the wire: not compressed, its length in four bytes. */
export function frameOf(message: Uint8Array): Buffer {
  const prefix = Buffer.alloc(5);
  prefix.writeUInt32BE(message.byteLength, 1);
  return Buffer.concat([prefix, message]);
}

/** Cuts what is read of a stream into messages. */
export async function* readFrames(stream: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  let rest = Buffer.alloc(0);
  for await (const chunk of stream) {
    rest = Buffer.concat([rest, chunk]);
    while (rest.byteLength >= 5 && rest.byteLength >= 5 + rest.readUInt32BE(1)) {
      const end = 5 + rest.readUInt32BE(1);
      yield rest.subarray(5, end);
      rest = rest.subarray(end);
    }
  }
}

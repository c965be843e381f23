import { SourceError } from "./source-error.js";

/** One packet of Git's wire format (gitprotocol-common). `delimiter` is of protocol version 2. */
export type Packet =
  | { readonly kind: "flush" }
  | { readonly kind: "delimiter" }
  | { readonly kind: "data"; readonly data: Buffer };

/** The flush packet. */
export const flushPacket: Buffer = Buffer.from("0000");

/** A data packet with its length before it. */
export function encodePacket(data: Uint8Array): Buffer {
  const length = (data.length + 4).toString(16).padStart(4, "0");
  return Buffer.concat([Buffer.from(length), data]);
}

/** Cuts a stream into packets. Throws when it ends in the middle of one. */
export async function* readPackets(
  chunks: AsyncIterable<Uint8Array>,
): AsyncGenerator<Packet, void, undefined> {
  let rest: Buffer = Buffer.alloc(0);
  for await (const chunk of chunks) {
    const bytes = Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength);
    rest = rest.length === 0 ? bytes : Buffer.concat([rest, bytes]);
    let at = 0;
    for (;;) {
      const packet = packetAt(rest, at);
      if (packet === undefined) break;
      at = packet.end;
      yield packet.packet;
    }
    rest = rest.subarray(at);
  }
  if (rest.length > 0) throw truncated();
}

/** The error for an answer that ends before its end. */
export function truncated(): SourceError {
  return new SourceError(
    "source/protocol",
    "the remote's answer ended early; nothing of it was used, and it will be asked again",
  );
}

function packetAt(bytes: Buffer, at: number): { packet: Packet; end: number } | undefined {
  if (bytes.length - at < 4) return undefined;
  const digits = bytes.toString("latin1", at, at + 4);
  const length = /^[0-9a-f]{4}$/i.test(digits) ? Number.parseInt(digits, 16) : 3;
  if (length === 0) return { packet: { kind: "flush" }, end: at + 4 };
  if (length < 3) return { packet: { kind: "delimiter" }, end: at + 4 };
  if (length === 3) {
    throw new SourceError(
      "source/protocol",
      "the remote's answer is not in Git's wire format; check that the URL is that of a repository",
    );
  }
  const end = at + length;
  if (bytes.length < end) return undefined;
  return { packet: { kind: "data", data: bytes.subarray(at + 4, end) }, end };
}

import assert from "node:assert/strict";
import { describe, it } from "node:test";
import {
  encodePacket,
  flushPacket,
  readPackets,
  type Packet,
} from "../../../src/source/pkt-line.js";

async function* inPieces(bytes: Buffer, size: number): AsyncGenerator<Buffer> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}

async function packetsOf(bytes: Buffer, size = bytes.length): Promise<readonly string[]> {
  const found: string[] = [];
  for await (const packet of readPackets(inPieces(bytes, size))) found.push(textOf(packet));
  return found;
}

const textOf = (packet: Packet): string =>
  packet.kind === "data" ? `"${packet.data.toString()}"` : packet.kind;

describe("readPackets()", () => {
  const bytes = Buffer.concat([
    encodePacket(Buffer.from("first\n")),
    encodePacket(Buffer.alloc(0)),
    Buffer.from("0001"),
    encodePacket(Buffer.from("x".repeat(1_000))),
    Buffer.from("0002"),
    flushPacket,
  ]);
  const want = ['"first\n"', '""', "delimiter", `"${"x".repeat(1_000)}"`, "delimiter", "flush"];

  it("cuts a stream into packets, however it arrives", async () => {
    for (const size of [1, 2, 3, 4, 5, 7, 100, bytes.length]) {
      assert.deepEqual(await packetsOf(bytes, size), want, `in pieces of ${size}`);
    }
  });

  it("throws for a stream that ends in the middle of a packet", async () => {
    const ends = [1, 3, 4, 9, bytes.length - 1];
    for (const end of ends) {
      await assert.rejects(packetsOf(bytes.subarray(0, end)), {
        code: "source/protocol",
        message: /ended early/,
      });
    }
  });

  it("throws for what is not in Git's wire format", async () => {
    for (const text of ["<html>", "0003", "-001", "12 4x", "\0\0\0\0"]) {
      await assert.rejects(packetsOf(Buffer.from(text)), { message: /wire format/ }, text);
    }
  });
});

describe("encodePacket()", () => {
  it("puts the length of the whole before the data", () => {
    assert.equal(encodePacket(Buffer.from("a\n")).toString(), "0006a\n");
    assert.equal(encodePacket(Buffer.alloc(65_516)).toString("latin1", 0, 4), "fff0");
  });
});

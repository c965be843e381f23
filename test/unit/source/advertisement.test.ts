import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { checkAdvertisement, refusalOf } from "../../../src/source/advertisement.js";
import { encodePacket, flushPacket } from "../../../src/source/pkt-line.js";

const packet = (text: string): Buffer => encodePacket(Buffer.from(text));
const oid = "0123456789abcdef0000000000000000deadbeef";

const version1 = Buffer.concat([
  packet("# service=git-upload-pack\n"),
  flushPacket,
  packet(`${oid} HEAD\0side-band-64k shallow symref=HEAD:refs/heads/main object-format=sha1\n`),
  packet(`${oid} refs/heads/main\n`),
  packet(`${oid} refs/heads/x0000`),
  flushPacket,
]);
const version2 = Buffer.concat([
  packet("version 2\n"),
  packet("ls-refs\n"),
  packet("object-format=sha1\n"),
  flushPacket,
]);
const empty = Buffer.concat([packet("# service=git-upload-pack\n"), flushPacket, flushPacket]);

describe("checkAdvertisement()", () => {
  it("accepts whole lists of both protocols, and of an empty repository", async () => {
    for (const whole of [version1, version2, empty]) await checkAdvertisement(whole);
  });

  it("refuses each of them when it is cut off anywhere", async () => {
    for (const whole of [version1, version2, empty]) {
      for (let end = 0; end < whole.length; end++) {
        await assert.rejects(
          checkAdvertisement(whole.subarray(0, end)),
          { code: "source/protocol" },
          `cut at ${end} of ${whole.length}`,
        );
      }
    }
  });

  it("accepts an answer without refs only where that may be", async () => {
    await assert.rejects(checkAdvertisement(flushPacket), { code: "source/protocol" });
    await checkAdvertisement(flushPacket, "may be empty");
    await assert.rejects(checkAdvertisement(Buffer.alloc(0), "may be empty"));
  });

  it("refuses object names of SHA-256, in both protocols", async () => {
    const lists = [
      [
        packet("# service=git-upload-pack\n"),
        flushPacket,
        packet(`${oid} HEAD\0x object-format=sha256\n`),
      ],
      [packet("version 2\n"), packet("object-format=sha256\n")],
    ];
    for (const list of lists) {
      const whole = Buffer.concat([...list, flushPacket]);
      await assert.rejects(checkAdvertisement(whole), { message: /SHA-256/ });
    }
  });

  it("gives what the server complains about", async () => {
    const whole = Buffer.concat([packet("ERR access denied\n"), flushPacket]);
    await assert.rejects(checkAdvertisement(whole), {
      message: /^the remote refused: access denied; /,
    });
  });
});

describe("refusalOf()", () => {
  it("is one short line without control characters", () => {
    const { message } = refusalOf(`a\r\nb\x1b[2J\0${"c".repeat(500)}`);
    assert.match(message, /^the remote refused: a b \[2J c+; it will be tried again$/);
    assert.ok(message.length < 250);
  });
});

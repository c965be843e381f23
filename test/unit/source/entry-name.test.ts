import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { isSafeName, readEntryName } from "../../../src/source/entry-name.js";

describe("isSafeName()", () => {
  const safe = ["a.yaml", ".gitignore", ".github", "..a", "a..b", "-x", "grüße.yaml", "日本.json"];
  for (const name of [
    ...safe,
    "console.yaml",
    "com.yaml",
    "com10",
    "auxiliary",
    "a b",
    "~",
    "$(x)",
  ]) {
    it(`safe: ${name}`, () => assert.equal(isSafeName(name), true));
  }
  const gitFolder = [".git", ".GIT", ".git ", ".git.", ".git::$INDEX", "git~1", "GIT~12"];
  const device = [
    "con",
    "CON.yaml",
    "nul",
    "aux.txt",
    "prn",
    "com1",
    "LPT9.x",
    "com¹",
    "conin$",
    "nul :",
  ];
  const parts = [
    "",
    ".",
    "..",
    "a/b",
    "a\\b",
    "a.",
    "a ",
    "a\0",
    "a\n",
    "\u200b",
    "a\u202eb",
    "\ufeffa",
  ];
  for (const name of [...gitFolder, ...device, ...parts]) {
    it(`not safe: ${JSON.stringify(name)}`, () => assert.equal(isSafeName(name), false));
  }
});

describe("readEntryName()", () => {
  it("shows a replacement for what is not UTF-8", () => {
    const bytes = Uint8Array.from([0x61, 0xc3, 0x28, 0xff]);
    assert.deepEqual(readEntryName(bytes), { safe: false, name: "a\ufffd(\ufffd" });
    // A lone surrogate, and a slash in two bytes: neither is UTF-8.
    assert.equal(readEntryName(Uint8Array.from([0xed, 0xa0, 0x80])).safe, false);
    assert.equal(readEntryName(Uint8Array.from([0xc0, 0xaf])).safe, false);
  });

  it("refuses names longer than a file system takes, in bytes", () => {
    assert.equal(readEntryName(Buffer.from("x".repeat(255))).safe, true);
    assert.equal(readEntryName(Buffer.from("x".repeat(256))).safe, false);
    assert.equal(readEntryName(Buffer.from("ü".repeat(128))).safe, false);
  });
});

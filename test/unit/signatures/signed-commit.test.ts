import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { parseSignedCommit } from "../../../src/signatures/signed-commit.js";

const oid = "1".repeat(40);
const tree = `tree ${oid}\n`;
const who = "author Ada <a@b> 1 +0000\ncommitter Ada <a@b> 1700000000 +0100\n";
const signature = "gpgsig -----BEGIN SSH SIGNATURE-----\n AAAA\n \n -----END SSH SIGNATURE-----\n";
const message = "\nChange\n\ngpgsig of the message\n";

const parse = (text: string) => parseSignedCommit(Buffer.from(text, "latin1"));

describe("parseSignedCommit()", () => {
  it("takes the signature out of what was signed", () => {
    const parsed = parse(`${tree}parent ${oid}\nparent ${oid}\n${who}${signature}${message}`);
    assert.equal(
      parsed?.payload.toString("latin1"),
      `${tree}parent ${oid}\nparent ${oid}\n${who}${message}`,
    );
    assert.equal(
      parsed?.signature,
      "-----BEGIN SSH SIGNATURE-----\nAAAA\n\n-----END SSH SIGNATURE-----",
    );
    assert.equal(parsed?.committedS, 1_700_000_000);
  });

  it("keeps other headers, and the bytes of a message that is not UTF-8", () => {
    const rest = `encoding latin1\nmergetag object ${oid}\n tree x\n \n y\n`;
    const parsed = parse(`${tree}${who}${rest}${signature}\n\xe4\0\xff`);
    assert.deepEqual(parsed?.payload, Buffer.from(`${tree}${who}${rest}\n\xe4\0\xff`, "latin1"));
  });

  it("takes out the signature for another hash too", () => {
    const other = signature.replace("gpgsig", "gpgsig-sha256");
    const parsed = parse(`${tree}${who}${other}${signature}${message}`);
    assert.equal(parsed?.payload.toString("latin1"), tree + who + message);
    const only = parse(`${tree}${who}${other}${message}`);
    assert.equal(only?.signature, undefined);
  });

  it("knows a commit that is not signed", () => {
    const parsed = parse(tree + who + message);
    assert.equal(parsed?.signature, undefined);
    assert.equal(parsed?.payload.toString("latin1"), tree + who + message);
  });

  for (const [name, text] of [
    ["nothing", ""],
    ["no empty line", tree + who],
    ["no tree", who + message],
    ["two trees", tree + tree + who + message],
    ["a tree at the end", tree + who + tree + message],
    ["a parent at the end", `${tree}${who}parent ${oid}\n${message}`],
    ["two committers", tree + who + who.split("\n")[1]! + "\n" + message],
    ["committer before author", tree + who.split("\n").reverse().join("\n") + message],
    ["no time", tree + who.replace("1700000000", "x") + message],
    ["a time beyond all", tree + who.replace("1700000000", "9".repeat(20)) + message],
    ["a NUL in a header", tree + who.replace("Ada", "A\0a") + message],
    ["a header without a value", `${tree}${who}nothing\n${message}`],
    [
      "a header without a name",
      `${tree}${who} more\nx y\n${message}`.replace("+0100\n ", "+0100\n\0 "),
    ],
    ["two signatures", tree + who + signature + signature + message],
    ["a signature of 65 KiB", tree + who + signature.replace("AAAA", "A".repeat(66_000)) + message],
  ] as const) {
    it(`takes nothing from a commit with ${name}`, () => assert.equal(parse(text), undefined));
  }
});

import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { Secret } from "../../../src/model/secret.js";
import {
  certificateFilesName,
  certificateName,
  sdsContentOf,
  secretValueName,
  trustedCaFileName,
  trustedCaName,
  upstreamCaName,
} from "../../../src/translate/sds.js";
import { createSecretTranslator } from "../../../src/translate/secrets.js";

describe("sdsContentOf()", () => {
  for (const [name, content] of [
    [upstreamCaName, { kind: "upstream-ca" }],
    [certificateName("web"), { kind: "certificate", ref: "web" }],
    [trustedCaName("web"), { kind: "ca", ref: "web" }],
    [secretValueName("keys", "_master"), { kind: "value", ref: "keys", key: "_master" }],
    [secretValueName("files", "a/b~cert"), { kind: "value", ref: "files", key: "a/b~cert" }],
    [
      certificateFilesName("/a+b.crt", "/c%.key"),
      { kind: "certificate-files", certificate: "/a+b.crt", key: "/c%.key" },
    ],
    [trustedCaFileName("/ca.pem"), { kind: "ca-file", path: "/ca.pem" }],
    ["something-else", undefined],
  ] as const) {
    it(name, () => assert.deepEqual(sdsContentOf(name), content));
  }
});

describe("a value of a secret", () => {
  const translator = createSecretTranslator("/ca.pem");
  const secrets = new Map([
    [
      "keys",
      new Secret([
        ["a", "value\n"],
        ["b", " two\nlines\r\n"],
        ["c", ""],
      ]),
    ],
  ]);
  const valueOf = (key: string): string | undefined => {
    const message = translator.translate(secretValueName("keys", key), secrets);
    const bytes = message?.generic_secret?.secret?.inline_bytes;
    return bytes && Buffer.from(bytes).toString();
  };

  it("is a generic secret, without the line break at the end of its file", () => {
    assert.equal(valueOf("a"), "value");
    assert.equal(valueOf("b"), " two\nlines");
    assert.equal(valueOf("c"), "");
  });

  it("is empty where the secret has no such key, and nothing where there is no secret", () => {
    assert.equal(valueOf("d"), "");
    assert.equal(translator.translate(secretValueName("none", "a"), secrets), undefined);
  });
});

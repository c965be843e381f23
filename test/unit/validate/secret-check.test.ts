import assert from "node:assert/strict";
import { createPrivateKey, generateKeyPairSync } from "node:crypto";
import { readFileSync } from "node:fs";
import { describe, it } from "node:test";
import { Secret } from "../../../src/model/secret.js";
import { createSecretCheck } from "../../../src/validate/secret-check.js";

const read = (name: string): string =>
  readFileSync(new URL(`../../fixtures/tls/${name}`, import.meta.url), "utf8");
const certificate = read("localhost.pem");
const key = read("localhost.key");
const otherKey = generateKeyPairSync("ec", { namedCurve: "P-256" }).privateKey.export({
  type: "pkcs8",
  format: "pem",
}) as string;
const lockedKey = createPrivateKey(key).export({
  type: "pkcs8",
  format: "pem",
  cipher: "aes-256-cbc",
  passphrase: "hush",
}) as string;

function codesOf(values: Readonly<Record<string, string>>, use = "server-tls") {
  const secrets = new Map([["s", new Secret(Object.entries(values))]]);
  const found = createSecretCheck()({ ref: "s", use, pointer: "/here" }, secrets);
  const shown = JSON.stringify(found);
  for (const value of Object.values(values)) assert.ok(!shown.includes(value.slice(0, 40)), shown);
  return found.map(({ code, params, pointer }) => {
    assert.equal(pointer, "/here");
    return "key" in params ? `${code} ${String(params.key)}` : code;
  });
}

describe("createSecretCheck()", () => {
  for (const [what, values, want] of [
    ["a pair", { "tls.crt": certificate, "tls.key": key }, []],
    ["a pair as in 2018", { ca_chain: certificate, private_key: key }, []],
    ["a chain", { "tls.crt": certificate + certificate, "tls.key": key }, []],
    ["a CA for clients", { "tls.crt": certificate, "tls.key": key, "tls.root": certificate }, []],
    [
      "nothing useful",
      { other: "x" },
      ["secret/missing-key tls.crt", "secret/missing-key tls.key"],
    ],
    ["no key", { "tls.crt": certificate }, ["secret/missing-key tls.key"]],
    ["no certificate", { "tls.key": key }, ["secret/missing-key tls.crt"]],
    ["a key for another", { "tls.crt": certificate, "tls.key": otherKey }, ["secret/key-mismatch"]],
    [
      "a key with a passphrase",
      { "tls.crt": certificate, "tls.key": lockedKey },
      ["secret/not-a-key tls.key"],
    ],
    [
      "the two swapped",
      { "tls.crt": key, "tls.key": certificate },
      ["secret/not-a-certificate tls.crt", "secret/not-a-key tls.key"],
    ],
    [
      "a broken chain",
      {
        "tls.crt": `${certificate}-----BEGIN CERTIFICATE-----\nbm8=\n-----END CERTIFICATE-----`,
        "tls.key": key,
      },
      ["secret/not-a-certificate tls.crt"],
    ],
    [
      "a CA that is none",
      { "tls.crt": certificate, "tls.key": key, "tls.root": "x".repeat(50) },
      ["secret/not-a-certificate tls.root"],
    ],
  ] as const) {
    it(`of a server: ${what}`, () => {
      assert.deepEqual(codesOf(values), want);
    });
  }

  for (const [what, values, want] of [
    ["a CA", { "tls.root": certificate }, []],
    ["a pair", { "tls.crt": certificate, "tls.key": key }, []],
    [
      "a CA and half a pair",
      { "tls.root": certificate, "tls.key": key },
      ["secret/missing-key tls.crt"],
    ],
    ["nothing useful", { other: "x" }, ["secret/missing-key tls.root"]],
  ] as const) {
    it(`for a back end: ${what}`, () => {
      assert.deepEqual(codesOf(values, "client-tls"), want);
    });
  }

  it("asks nothing of a secret for another use", () => {
    assert.deepEqual(codesOf({ access_key: "abcdefgh" }, "aws"), []);
  });

  it("suggests the secret that was meant", () => {
    const secrets = new Map([["pets-tls", new Secret([])]]);
    const use = { ref: "pet-tls", use: "server-tls", pointer: "" };
    const [found] = createSecretCheck()(use, secrets);
    assert.deepEqual(found?.params, { ref: "pet-tls", near: "pets-tls" });
  });
});

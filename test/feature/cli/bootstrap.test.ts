import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { fileURLToPath } from "node:url";
import { load } from "js-yaml";
import { runProgram } from "../../../src/cli/program.js";
import { validateBootstrap } from "../../../src/envoy-binary/validate.js";
import { envoyPath } from "../../support/envoy-binary.js";
import { recordingIo } from "../../support/recording-io.js";

const never = new AbortController().signal;
const tls = fileURLToPath(new URL("../../fixtures/tls/", import.meta.url));
const [certificate, key] = [`${tls}localhost.pem`, `${tls}localhost.key`];

async function bootstrap(...args: readonly string[]): Promise<string> {
  const io = recordingIo();
  assert.equal(await runProgram(["bootstrap", ...args], io), 0, io.err());
  assert.equal(io.err(), "");
  return io.out();
}

async function failure(...args: readonly string[]): Promise<string> {
  const io = recordingIo();
  assert.equal(await runProgram(["bootstrap", ...args], io), 2);
  assert.equal(io.out(), "");
  return io.err();
}

describe("gloo bootstrap", () => {
  for (const [name, args, extension] of [
    ["by default", [], ".yaml"],
    ["as JSON", [], ".json"],
    ["for the state of the world", ["--variant", "sotw", "--admin-port", "9901"], ".yaml"],
    ["for a control plane with a name", ["--xds", "gloo.internal:8081"], ".yaml"],
    ["with IPv6", ["--xds", "[::1]:8081"], ".yaml"],
    [
      "with mTLS",
      [
        "--xds",
        "gloo.internal:8081",
        "--tls-ca",
        certificate,
        "--tls-cert",
        certificate,
        "--tls-key",
        key,
      ],
      ".yaml",
    ],
    ["with TLS to an address", ["--tls-ca", certificate], ".json"],
  ] as const) {
    it(`prints what Envoy takes: ${name}`, async () => {
      const text = await bootstrap(...args, "--format", extension.slice(1));
      assert.equal(await validateBootstrap(await envoyPath(), text, extension, never), undefined);
    });
  }

  it("puts role and name into the node id", async () => {
    const config = load(await bootstrap("--role", "edge", "--id", "eu-1")) as { node: object };
    assert.deepEqual({ ...config.node }, { id: "edge~eu-1", cluster: "edge" });
  });

  it("checks the name of the control plane, not only its CA", async () => {
    const text = await bootstrap(
      "--xds",
      "gloo.internal:1",
      "--tls-ca",
      "ca.pem",
      "--format",
      "json",
    );
    assert.match(text, /"san_type": "DNS",\s+"matcher": \{\s+"exact": "gloo.internal"/);
  });

  it("complains in one line about options that do not go together", async () => {
    assert.match(
      await failure("--tls-cert", "a.pem"),
      /^gloo: --tls-cert and --tls-key go together\n$/,
    );
    assert.match(await failure("--tls-name", "a"), /^gloo: TLS needs --tls-ca, .*\n$/);
    assert.match(await failure("--role", "a~b"), /^gloo: the role "a~b" has a "~".*\n$/);
    assert.match(await failure("--role", ""), /^gloo: --role is empty.*\n$/);
    assert.match(
      await failure("--xds", "nowhere"),
      /--xds <host:port>' argument 'nowhere' is invalid/,
    );
    assert.match(await failure("--variant", "half"), /Allowed choices are delta, sotw/);
  });
});

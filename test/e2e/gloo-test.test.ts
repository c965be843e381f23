import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { envoyPath } from "../support/envoy-binary.js";
import { runCommand } from "../support/run-program.js";
import { testedConfig, writeFiles } from "../support/tested-config.js";

describe("gloo test --envoy", () => {
  let folder: string;
  before(async () => {
    await envoyPath(); // so that the command finds it
    folder = mkdtempSync(join(tmpdir(), "gloo-test-"));
    writeFiles(folder, testedConfig);
  });
  after(() => rmSync(folder, { recursive: true, force: true }));

  const test = (...args: readonly string[]) =>
    runCommand(["test", "--envoy", ...args], { cwd: folder });

  it("passes what passes without Envoy: rewriting, functions, weights, TLS hosts", async () => {
    const { code, stdout, stderr } = await test();
    assert.deepEqual({ code, stderr }, { code: 0, stderr: "" }, stdout);
    assert.equal(stdout, "5 tests by a real Envoy, all passed\n");
  });

  it("fails what Envoy does otherwise, and names the route that answered", async () => {
    writeFiles(folder, {
      "tests/failing.yaml": `tests:
  - name: dogs go to the vet
    request: { url: "http://pets.example/dogs" }
    expect: { upstream: vet, host: vet.internal }
`,
    });
    const { code, stdout } = await test("--filter", "to the vet");
    assert.equal(code, 1);
    assert.match(stdout, /the upstream is "kennel", not "vet"; route 0 of virtual service "pets"/);
    assert.match(stdout, /the host is "kennel\.internal", not "vet\.internal"/);
    assert.match(stdout, /1 of 1 test by a real Envoy failed\n$/);
  });
});

import assert from "node:assert/strict";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, it } from "node:test";
import { envoyBootstrap } from "../../../src/cli/bootstrap/envoy-bootstrap.js";
import { startEnvoy } from "../../../src/cli/demo/envoy-process.js";
import { get } from "../../../src/cli/demo/request.js";
import {
  copySample,
  editedFile,
  setPorts,
  setRouteUpstream,
} from "../../../src/cli/demo/sample-config.js";
import { buildStage } from "../../../src/cli/demo/stage.js";
import { envoyPath } from "../../support/envoy-binary.js";
import { recordingIo } from "../../support/recording-io.js";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "gloo-test-"));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const io = recordingIo({ env: process.env });

describe("the demo's stage", () => {
  it("is a repository over HTTP that can be pushed to and cloned, and goes without a trace", async () => {
    const stage = await buildStage(io, {
      envoyPath: await envoyPath(),
      startControlPlane: () => Promise.reject(new Error("no port is free")),
    });
    try {
      await copySample(stage.author.folder);
      const pushed = await stage.author.push("Add the sample config");
      const listed = await stage.author.git("ls-remote", stage.repositoryUrl, "refs/heads/main");
      assert.equal(listed.split("\t")[0], pushed);
      await stage.author.git("clone", "--quiet", stage.repositoryUrl, join(folder, "clone"));
      assert.ok(existsSync(join(folder, "clone", editedFile)));
      const answer = await get(stage.ports.petsNext, "pets.example", "/pets");
      assert.deepEqual(answer, { status: 200, body: "pets-next: GET /pets\n" });
      await assert.rejects(stage.start(), /no port is free/);
    } finally {
      await stage.close();
    }
    assert.equal(existsSync(stage.folder), false);
    assert.equal(await get(stage.ports.pets, "pets.example", "/"), undefined);
  });
});

describe("the demo's edits", () => {
  it("put every port of the sample in its place", async () => {
    await copySample(folder);
    await setPorts(folder, { envoy: 11_111, pets: 22_222, petsNext: 33_333 });
    const text = ["roles/ingress.yaml", "upstreams/pets.yaml", "upstreams/pets-next.json"]
      .map((file) => readFileSync(join(folder, file), "utf8"))
      .join("");
    assert.match(text, /bind_port: 11111[^]* port: 22222[^]*"port": 33333/);
  });

  it("say on which line the name of the upstream stands", async () => {
    await copySample(folder);
    const line = await setRouteUpstream(folder, "pets-nxt");
    const lines = readFileSync(join(folder, editedFile), "utf8").split("\n");
    assert.equal(lines[line - 1]?.trim(), "name: pets-nxt");
    assert.equal(lines.filter((text) => text.includes("pets-nxt")).length, 1);
  });
});

describe("startEnvoy()", () => {
  const xds = { host: "127.0.0.1", port: 1 } as const;
  const bootstrap = { role: "ingress", name: "test", xds, variant: "delta", adminPort: 0 } as const;

  it("runs Envoy until it is closed", async () => {
    const envoy = await startEnvoy(await envoyPath(), envoyBootstrap(bootstrap), folder, io.signal);
    const port = Number(envoy.adminAddress.split(":")[1]);
    try {
      assert.match((await get(port, "localhost", "/server_info"))?.body ?? "", /"ingress~test"/);
    } finally {
      await envoy.close();
    }
    assert.equal(await get(port, "localhost", "/server_info"), undefined);
  });

  it("says what Envoy said when it ends at once", async () => {
    const broken = { ...envoyBootstrap(bootstrap), nonsense: 1 };
    await assert.rejects(startEnvoy(await envoyPath(), broken, folder, io.signal), {
      name: "CommandError",
      message: /Envoy ended at once: .*nonsense/,
    });
  });
});

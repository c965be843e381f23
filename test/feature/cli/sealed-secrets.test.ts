import assert from "node:assert/strict";
import { copyFile, mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import type { CommitsResponse, StatusResponse } from "../../../src/admin/api-types.js";
import { typeUrls } from "../../../src/envoy/type-urls.js";
import { createTestRepository, type TestRepository } from "../../support/git-repo.js";
import { startGitServer, type GitServer } from "../../support/git-server.js";
import { connectRobotEnvoy } from "../../support/robot-envoy.js";
import { runCommand } from "../../support/run-program.js";
import { controlPlaneKeyFile, sopsFixtures, sopsText } from "../../support/sealed-file.js";
import { startRunningServe, type RunningServe } from "../../support/serve-process.js";

const privateKey = await readFile(
  new URL("../../golden/cases/tls/secrets/pets-tls/tls.key", import.meta.url),
  "utf8",
);
const nextPrivateKey = sopsText("plain/next.key");
/** What must be nowhere but in SDS: a line of each key, and how bytes are shown in JSON. */
const canaries: readonly string[] = [privateKey, nextPrivateKey].flatMap((key) => [
  key.split("\n")[1] ?? "",
  Buffer.from(key).toString("base64").slice(40, 100),
]);
const identity = /^AGE-SECRET-KEY-.*$/m.exec(await readFile(controlPlaneKeyFile, "utf8"))?.[0];
assert.ok(identity !== undefined && canaries.every((canary) => canary.length > 20));

const files = (path: string) => ({
  "secrets/pets-tls.yaml": sopsText("pets-tls.yaml"),
  "upstreams/pets.yaml":
    "name: pets\ntype: static\nspec: { hosts: [{ addr: 127.0.0.1, port: 9001 }] }\n",
  "virtualservices/pets.yaml":
    `name: pets\nssl_config: { secret_ref: pets-tls }\nroutes:\n` +
    `  - request_matcher: { path_prefix: ${path} }\n    single_destination: { upstream: { name: pets } }\n`,
});

async function textsBelow(folder: string): Promise<ReadonlyMap<string, Buffer>> {
  const names = await readdir(folder, { recursive: true, withFileTypes: true });
  const texts = new Map<string, Buffer>();
  for (const entry of names) {
    const path = join(entry.parentPath, entry.name);
    if (!entry.isFile()) continue;
    // A file is written under another name first, which is gone when it is whole.
    const text = await readFile(path).catch((cause: NodeJS.ErrnoException) => {
      if (cause.code !== "ENOENT") throw cause;
    });
    if (text !== undefined) texts.set(path, text);
  }
  return texts;
}

describe("gloo serve with encrypted secrets in the repository", () => {
  let git: TestRepository;
  let remote: GitServer;
  let folder: string;
  let keyFile: string;
  const running: RunningServe[] = [];
  const start = async (...more: readonly string[]): Promise<RunningServe> => {
    const args = ["--repo", remote.url, "--state-dir", join(folder, "state"), "--poll", "off"];
    const serve = await startRunningServe([...args, "--log-level", "trace", ...more]);
    running.push(serve);
    return serve;
  };
  const serves = (serve: RunningServe, oid: string) =>
    serve.until<StatusResponse>(
      `${oid} is live`,
      "/api/v1/status",
      ({ serving }) => serving?.commit.oid === oid && serving.commit.state === "live",
    );
  const isRejectedWith = (serve: RunningServe, oid: string, code: string) =>
    serve.until<CommitsResponse>(
      `${oid} is rejected: ${code}`,
      "/api/v1/commits",
      ({ commits }) => {
        const [newest] = commits;
        const codes = newest?.diagnostics.map((found) => found.code) ?? [];
        return newest?.oid === oid && newest.state === "rejected" && codes.join() === code;
      },
    );

  before(async () => {
    git = await createTestRepository();
    remote = await startGitServer(git.folder);
    folder = await mkdtemp(join(tmpdir(), "gloo-sealed-"));
    keyFile = join(folder, "keys.txt");
  });
  after(async () => {
    for (const serve of running) serve.kill("SIGKILL");
    await Promise.all(running.map(({ ended }) => ended));
    await remote.close();
    await git.remove();
    await rm(folder, { recursive: true });
  });

  it("rejects the commit without the setting, and says which one is missing", async () => {
    const oid = await git.commit(files("/"));
    const serve = await start();
    await isRejectedWith(serve, oid, "secrets/no-key");
    assert.match(serve.stdout(), /secrets\/pets-tls\.yaml:15:5: error secrets\/no-key/);
    await serve.stop();
  });

  it("does not start with a file that holds no identity, and does not show what is in it", async () => {
    await copyFile(new URL("pets-tls.yaml", sopsFixtures), keyFile);
    await assert.rejects(
      start("--age-key-file", keyFile),
      /--age-key-file: .*keys\.txt cannot be used/,
    );
  });

  it("serves them by SDS when the right identity comes, shows them nowhere else, and again after a crash", async () => {
    await copyFile(new URL("somebody-else.agekey", sopsFixtures), keyFile);
    const first = await start("--age-key-file", keyFile);
    const oid = await git.resolve("main");
    await isRejectedWith(first, oid, "secrets/no-identity");
    await copyFile(controlPlaneKeyFile, keyFile);
    await serves(first, oid);

    const robot = connectRobotEnvoy(first.adsPort, "ingress~1");
    const held = await robot.waitFor(
      "the certificate",
      (all) => all[typeUrls.secret]?.["pets-tls~cert"] !== undefined,
    );
    const next = await git.commit({ "secrets/pets-tls.yaml": sopsText("pets-tls-next.yaml") });
    await first.ask("/api/v1/reconcile", { method: "POST" });
    const newer = await robot.waitFor("the next certificate", (all) => {
      const certificate = all[typeUrls.secret]?.["pets-tls~cert"];
      return certificate !== undefined && certificate !== held[typeUrls.secret]?.["pets-tls~cert"];
    });
    await serves(first, next);

    const shown = new Map<string, Buffer>(await textsBelow(join(folder, "state")));
    for (const path of ["status", "commits", "config-dump", "envoys"]) {
      const { status, text } = await first.ask(`/api/v1/${path}`);
      assert.equal(status, 200, path);
      shown.set(path, Buffer.from(text));
    }
    shown.set("metrics", Buffer.from((await first.ask("/metrics")).text));
    first.kill("SIGKILL");
    await first.ended;
    robot.close();
    shown.set("stdout", Buffer.from(first.stdout())).set("stderr", Buffer.from(first.stderr()));
    assert.ok(shown.size > 8 && first.lines().length > 10);
    for (const [where, bytes] of shown) {
      for (const canary of [...canaries, identity]) {
        assert.ok(!bytes.includes(canary), `${where} holds a secret`);
      }
    }

    remote.setFault(() => ({ kind: "hang-up" }));
    const second = await start("--age-key-file", keyFile);
    const again = connectRobotEnvoy(second.adsPort, "ingress~1");
    const restored = await again.waitFor(
      "what was served",
      (all) => all[typeUrls.secret]?.["pets-tls~cert"] !== undefined,
    );
    assert.deepEqual(restored[typeUrls.secret], newer[typeUrls.secret]);
    again.close();
    await second.stop();
  });
});

describe("commands that open encrypted secrets", () => {
  it("show that they change, and nothing of what is in them", async () => {
    const git = await createTestRepository();
    try {
      const before = await git.commit(files("/"));
      const after = await git.commit({ "secrets/pets-tls.yaml": sopsText("pets-tls-next.yaml") });
      const keys = ["--age-key-file", controlPlaneKeyFile];
      const shown: string[] = [];
      for (const args of [
        ["diff", before, after, "--repository", git.folder, ...keys],
        ["diff", before, after, "--repository", git.folder, ...keys, "--format", "json"],
        ["render", git.folder, "--ref", "main", ...keys],
        ["check", git.folder, "--ref", "main", "--no-envoy", ...keys],
      ]) {
        const { code, stdout, stderr } = await runCommand(args, { cwd: git.folder });
        assert.equal(code, 0, stderr);
        shown.push(stdout, stderr);
      }
      assert.match(shown[0] ?? "", /~ ingress secret pets-tls~cert/);
      for (const secret of canaries) assert.ok(!shown.some((text) => text.includes(secret)));
    } finally {
      await git.remove();
    }
  });
});

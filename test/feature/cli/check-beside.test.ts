import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { after, before, describe, it } from "node:test";
import { upstreamYaml } from "../../support/config-texts.js";
import { createTestRepository, type TestRepository } from "../../support/git-repo.js";
import { startGitServer, type GitServer } from "../../support/git-server.js";
import { runCommand } from "../../support/run-program.js";

let platform: TestRepository;
let server: GitServer;
let folder: string;

function write(path: string, text: string): void {
  mkdirSync(dirname(join(folder, path)), { recursive: true });
  writeFileSync(join(folder, path), text);
}

const service = (upstream: string, domain: string): string =>
  `name: shop\ndomains: ["${domain}"]\nroutes:\n  - request_matcher:\n      path_prefix: /\n` +
  `    single_destination:\n      upstream:\n        name: ${upstream}\n`;

before(async () => {
  platform = await createTestRepository();
  await platform.commit({ "upstreams/shared.yaml": upstreamYaml("shared", 9100) });
  server = await startGitServer(platform.folder);
  folder = mkdtempSync(join(tmpdir(), "gloo-test-beside-"));
  write(
    "repositories.yaml",
    'repositories: [{name: shop, repo: ignored, domains: ["*.shop.example"]}]\n',
  );
});
after(async () => {
  await server.close();
  await platform.remove();
  rmSync(folder, { recursive: true, force: true });
});

const check = (...args: readonly string[]) =>
  runCommand(["check", "shop", "--no-envoy", ...args], { cwd: folder });
const bounds = ["--repositories-file", "repositories.yaml"];

describe("gloo check --beside", () => {
  it("finds what the first repository shares, on disk or behind a URL", async () => {
    write("shop/gateway/virtualservices/shop.yaml", service("shared", "www.shop.example"));
    const alone = await check("--path", "gateway");
    assert.match(alone.stdout, /no upstream named "shared"/);
    for (const where of [platform.folder, server.url]) {
      const args = ["--path", "gateway", "--beside", where, "--as", "shop", ...bounds];
      assert.deepEqual(await check(...args), {
        code: 0,
        stdout: "2 files, nothing wrong\n",
        stderr: "",
      });
    }
  });

  it("places what is wrong in the file on disk, bounds included", async () => {
    write("shop/gateway/virtualservices/shop.yaml", service("shared", "pets.example"));
    const args = ["--path", "gateway", "--beside", platform.folder, "--as", "shop"];
    const { code, stdout } = await check(...args, ...bounds);
    assert.equal(code, 1);
    assert.ok(
      stdout.startsWith(
        'shop/gateway/virtualservices/shop.yaml:2:11: error confinement/domain: VirtualService/shop#/domains/0: repository "shop" may not answer for "pets.example"\n',
      ),
      stdout,
    );
    assert.equal((await check(...args)).code, 0, "without the file there are no bounds");
  });

  it("says whose fault it is, where it is that of the first repository", async () => {
    const broken = await platform.commit(
      { "upstreams/broken.yaml": "name: broken\n" },
      { branch: "x" },
    );
    await platform.git("symbolic-ref", "HEAD", "refs/heads/x");
    try {
      write("shop/gateway/virtualservices/shop.yaml", service("shared", "www.shop.example"));
      const args = ["--path", "gateway", "--beside", platform.folder, "--as", "shop"];
      const { code, stdout } = await check(...args);
      assert.equal(code, 1, broken);
      assert.match(stdout, /^platform:\/upstreams\/broken\.yaml:1:1: error /);
    } finally {
      await platform.git("symbolic-ref", "HEAD", "refs/heads/main");
    }
  });

  it("says what is missing to know what is meant", async () => {
    const cases = [
      [
        ["--beside", "x"],
        "--beside and --as go together: the first repository, and what this one is called beside it",
      ],
      [
        ["--beside", "x", "--as", "pets", ...bounds],
        'there is no repository "pets" in repositories.yaml; there is shop',
      ],
      [
        ["--beside", "x", "--as", "shop", "--base", "main"],
        "--beside looks at everything, without --base and --changed",
      ],
    ] as const;
    for (const [args, want] of cases) {
      assert.deepEqual(await check(...args), { code: 2, stdout: "", stderr: `gloo: ${want}\n` });
    }
  });
});

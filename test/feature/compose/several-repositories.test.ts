import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, afterEach, before, beforeEach, describe, it } from "node:test";
import { dump } from "js-yaml";
import type { CommitsResponse, StatusResponse } from "../../../src/admin/api-types.js";
import { upstreamYaml } from "../../support/config-texts.js";
import { createTestRepository, type Changes, type TestRepository } from "../../support/git-repo.js";
import { startGitServer, type GitServer } from "../../support/git-server.js";
import { startRunningServe, startServe, type RunningServe } from "../../support/serve-process.js";

let scratch: string;
before(() => {
  scratch = mkdtempSync(join(tmpdir(), "gloo-test-compose-"));
});
after(() => rmSync(scratch, { recursive: true, force: true }));

const service = (team: string, upstream: string, domain = `${team}.example`): string =>
  `name: ${team}\ndomains: ["${domain}"]\nroutes:\n  - request_matcher:\n      path_prefix: /\n` +
  `    single_destination:\n      upstream:\n        name: ${upstream}\n`;

const teamFiles = (team: string, port: number): Changes => ({
  [`upstreams/${team}.yaml`]: upstreamYaml(`${team}-back`, port),
  [`virtualservices/${team}.yaml`]: service(team, `${team}-back`),
});

describe("a config of several repositories", () => {
  let platform: TestRepository;
  let shop: TestRepository;
  let pets: TestRepository;
  let petsServer: GitServer;
  let state: string;
  let file: string;
  let serve: RunningServe | undefined;

  beforeEach(async () => {
    platform = await createTestRepository();
    shop = await createTestRepository();
    pets = await createTestRepository();
    petsServer = await startGitServer(pets.folder);
    await platform.commit({
      "gloo.yaml": "ignore: [docs/**]\n",
      "upstreams/shared.yaml": upstreamYaml("shared", 9100),
    });
    await shop.commit(teamFiles("shop", 9001));
    await pets.commit(
      Object.fromEntries(
        Object.entries(teamFiles("pets", 9002)).map(([path, text]) => [`gateway/${path}`, text]),
      ),
    );
    state = mkdtempSync(join(scratch, "state-"));
    file = join(state, "repositories.yaml");
    writeFileSync(
      file,
      dump({
        repositories: [
          { name: "shop", repo: shop.folder, domains: ["shop.example", "*.shop.example"] },
          { name: "pets", repo: petsServer.url, path: "gateway", domains: ["pets.example"] },
        ],
      }),
    );
  });
  afterEach(async () => {
    await serve?.stop();
    serve = undefined;
    await petsServer.close();
    for (const one of [platform, shop, pets]) await one.remove();
  });

  const start = async (): Promise<RunningServe> => {
    serve = await startRunningServe([
      ...["--repo", platform.folder, "--repositories-file", file],
      ...["--state-dir", join(state, "state"), "--poll", "@every 1s"],
    ]);
    return serve;
  };

  interface Dump {
    readonly roles: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
  }
  const domains = async (running: RunningServe): Promise<string> =>
    (await running.ask("/api/v1/config-dump")).text;

  /** Waits until what is served says so. */
  const serves = (running: RunningServe, text: string): Promise<unknown> =>
    running.until<Dump>(`config with ${text}`, "/api/v1/config-dump", (value) =>
      JSON.stringify(value).includes(text),
    );

  it("serves all of them as one", async () => {
    const running = await start();
    await serves(running, "pets.example");
    const text = await domains(running);
    for (const wanted of ["shop.example", "pets.example", "9001", "9002"]) {
      assert.ok(text.includes(wanted), wanted);
    }
    const { serving } = await running.get<StatusResponse>("/api/v1/status");
    assert.match(serving?.commit.subject ?? "", /^platform, shop, pets|^pets, platform, shop/);
  });

  it("lets a mistake of one team hold back that team, and nobody else", async () => {
    const running = await start();
    await serves(running, "pets.example");
    await shop.commit({ "virtualservices/shop.yaml": service("shop", "missing") });
    const rejected = await running.until<CommitsResponse>(
      "the combination with the mistake",
      "/api/v1/commits",
      ({ commits }) => commits.some(({ state: is }) => is === "rejected"),
    );
    assert.match(JSON.stringify(rejected), /shop: change|shop:\/virtualservices\/shop\.yaml/);
    // The other team goes on, while the first has not mended anything.
    await pets.commit({ "gateway/upstreams/pets.yaml": upstreamYaml("pets-back", 9012) });
    await serves(running, "9012");
    assert.ok((await domains(running)).includes("9001"), "what was good of the first is served on");
    // Mended, it goes live with the rest.
    await shop.commit(teamFiles("shop", 9021));
    await serves(running, "9021");
    assert.ok((await domains(running)).includes("9012"));
  });

  it("keeps a team to what is its own", async () => {
    const running = await start();
    await serves(running, "pets.example");
    await shop.commit({
      "virtualservices/more.yaml": service("shop-more", "shop-back", "pets.example"),
    });
    const { commits } = await running.until<CommitsResponse>(
      "the refusal",
      "/api/v1/commits",
      ({ commits: all }) => all.some(({ state: is }) => is === "rejected"),
    );
    const rejected = commits.find(({ state: is }) => is === "rejected");
    const details = (await running.ask(`/api/v1/commits/${rejected?.oid}`)).text;
    assert.match(details, /confinement\/domain/);
    assert.match(details, /shop:\/virtualservices\/more\.yaml/);
    assert.doesNotMatch(await domains(running), /shop-more/);
  });

  it("takes the newest good commit of a team, where a bad one came on top of it", async () => {
    const running = await start();
    await serves(running, "pets.example");
    const good = await shop.commit(teamFiles("shop", 9031), { branch: "next" });
    const bad = await shop.commit(
      { "virtualservices/shop.yaml": service("shop", "missing") },
      { branch: "next", parent: good },
    );
    await shop.git("update-ref", "refs/heads/main", bad);
    await serves(running, "9031");
  });

  it("holds back nobody else either after what it remembered was lost", async () => {
    const running = await start();
    await serves(running, "pets.example");
    await running.stop();
    writeFileSync(join(state, "state", "combinations.json"), "{");
    const again = await start();
    await again.until<StatusResponse>("all is well", "/api/v1/status", ({ source, head }) => {
      return source.state === "ok" && head?.state === "live";
    });
    await shop.commit({ "virtualservices/shop.yaml": service("shop", "missing") });
    await pets.commit({ "gateway/upstreams/pets.yaml": upstreamYaml("pets-back", 9042) });
    await serves(again, "9042");
    assert.ok((await domains(again)).includes("9001"));
  });

  it("is served after a restart with all remotes dead", async () => {
    const running = await start();
    await serves(running, "pets.example");
    const before = await domains(running);
    await running.stop();
    petsServer.setFault(() => ({ kind: "hang-up" }));
    await shop.remove();
    const again = await start();
    assert.equal(await domains(again), before);
    const { source } = await again.until<StatusResponse>(
      "the trouble",
      "/api/v1/status",
      (status) => status.source.error !== null,
    );
    assert.match(source.error?.message ?? "", /^shop: /);
  });
});

describe("a repositories file", () => {
  const startWith = async (text: string): Promise<string> => {
    const folder = mkdtempSync(join(scratch, "file-"));
    writeFileSync(join(folder, "repositories.yaml"), text);
    const started = startServe([
      ...["--repo", folder, "--repositories-file", join(folder, "repositories.yaml")],
      ...["--state-dir", join(folder, "state"), "--xds-port", "0", "--admin-port", "0"],
    ]);
    const { code } = await started.ended;
    assert.equal(code, 2);
    return started.stderr().replaceAll(folder, "FOLDER");
  };

  for (const [what, text, want] of [
    [
      "an unknown key",
      "repositories: [{name: shop, repo: x, domains: [], domain: a}]",
      '/repositories/0 has an unknown key "domain"',
    ],
    [
      "no domains",
      "repositories: [{name: shop, repo: x}]",
      "/repositories/0 must have required property 'domains'",
    ],
    [
      "a name twice",
      "repositories: [{name: shop, repo: x, domains: []}, {name: shop, repo: y, domains: []}]",
      'the name "shop" is there more than once',
    ],
    [
      "the name of the first",
      "repositories: [{name: platform, repo: x, domains: []}]",
      '"platform" is the name of the first repository',
    ],
    [
      "a bad glob",
      'repositories: [{name: shop, repo: x, domains: [], names: ["/x"]}]',
      '"/x" of shop: paths are relative, with `/`',
    ],
  ] as const) {
    it(`is refused with ${what}`, async () => {
      assert.equal(
        await startWith(text),
        `gloo: --repositories-file FOLDER/repositories.yaml: ${want}\n`,
      );
    });
  }
});

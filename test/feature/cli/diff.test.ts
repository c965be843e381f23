import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import type { StatusResponse } from "../../../src/admin/api-types.js";
import type { Changes } from "../../../src/changes/changes.js";
import { gatewayFiles, upstreamYaml, virtualServiceYaml } from "../../support/config-texts.js";
import { createTestRepository, runGit, type TestRepository } from "../../support/git-repo.js";
import { runCommand } from "../../support/run-program.js";
import { startRunningServe } from "../../support/serve-process.js";

let repository: TestRepository;
let work: string;
let first: string;
let second: string;
let branched: string;

before(async () => {
  repository = await createTestRepository();
  first = await repository.commit(gatewayFiles());
  branched = await repository.commit(
    { "upstreams/side.yaml": upstreamYaml("side", 9005) },
    { branch: "side", parent: first },
  );
  second = await repository.commit({
    "upstreams/next.yaml": upstreamYaml("next", 9002),
    "virtualservices/front.yaml": virtualServiceYaml("front", "next"),
  });
  work = mkdtempSync(join(tmpdir(), "gloo-test-diff-"));
  await runGit(work, ["clone", "--quiet", repository.folder, "."]);
});
after(async () => {
  await repository.remove();
  rmSync(work, { recursive: true, force: true });
});

const diff = (...args: readonly string[]) => runCommand(["diff", ...args], { cwd: work });
const short = (oid: string): string => oid.slice(0, 8);

describe("gloo diff", () => {
  it("tells in text what a commit does to objects, routes and Envoy's resources", async () => {
    const { code, stdout, stderr } = await diff("HEAD~1", "HEAD");
    assert.equal(stderr, "");
    assert.equal(
      stdout,
      `HEAD~1 (${short(first)}) → HEAD (${short(second)})

Objects
  + Upstream/next  upstreams/next.yaml:1
  ~ VirtualService/front  virtualservices/front.yaml:1
      /routes/0/single_destination/upstream/name: "back" → "next"

Routes
  ~ ingress * /* → next  virtualservices/front.yaml:4
      destination: back → next

Envoy resources
  - ingress cluster back
  + ingress cluster next
  - ingress endpoints back
  + ingress endpoints next
  ~ ingress route gloo-rds-http
      /virtualHosts/0/routes/0/route/cluster: "back" → "next"

2 objects, 1 route, 5 Envoy resources
`,
    );
    assert.equal(code, 0);
  });

  it("compares with the files on disk, edits included", async () => {
    assert.equal(
      (await diff()).stdout,
      `HEAD (${short(second)}) → the files on disk\nno difference\n`,
    );
    writeFileSync(join(work, "upstreams", "more.yaml"), upstreamYaml("more", 9009));
    try {
      assert.match((await diff()).stdout, /\n  \+ Upstream\/more  upstreams\/more\.yaml:1\n/);
    } finally {
      rmSync(join(work, "upstreams", "more.yaml"));
    }
  });

  it("takes two ends, or a branch and where it left another, as git does", async () => {
    const direct = await diff("HEAD..origin/side", "--only", "objects");
    assert.match(direct.stdout, /- Upstream\/next/);
    const own = await diff("HEAD...origin/side", "--only", "objects");
    assert.equal(
      own.stdout,
      `${short(first)}, where it left HEAD (${short(second)}) → origin/side (${short(branched)})

Objects
  + Upstream/side  upstreams/side.yaml:1

1 object
`,
    );
  });

  it("gives the same as JSON", async () => {
    const { stdout } = await diff("HEAD~1", "HEAD", "--json");
    const document = JSON.parse(stdout) as { errors: number; changes: Changes };
    assert.equal(document.errors, 0);
    assert.deepEqual(
      document.changes.routes.map(({ match, outcome, fields }) => ({ match, outcome, fields })),
      [
        {
          match: "/*",
          outcome: "next",
          fields: [{ field: "destination", before: "back", after: "next" }],
        },
      ],
    );
  });

  it("ends as it is told to", async () => {
    const cases = [
      [["HEAD~1", "HEAD"], 0],
      [["HEAD~1", "HEAD", "--exit-code", "diff1"], 1],
      [["HEAD", "HEAD", "--exit-code", "diff1"], 0],
      [["HEAD~1..", "--exit-code", "diff1"], 1],
      [["..HEAD", "--exit-code", "diff1"], 0],
      [["HEAD~1", "HEAD", "--exit-code", "diff2"], 2],
      [["HEAD", "HEAD", "--exit-code", "diff2"], 0],
      [["nothing", "--exit-code", "diff2"], 1],
      [["nothing", "--exit-code", "diff1"], 2],
    ] as const;
    for (const [args, want] of cases) {
      assert.equal((await diff(...args)).code, want, args.join(" "));
    }
  });

  it("says what names no commit, and what would help", async () => {
    assert.deepEqual(await diff("nothing"), {
      code: 2,
      stdout: "",
      stderr: 'gloo: there is no commit "nothing" here; git fetch may bring it\n',
    });
    const unborn = mkdtempSync(join(tmpdir(), "gloo-test-diff-"));
    await runGit(unborn, ["init", "--quiet", "."]);
    const { stderr } = await runCommand(["diff"], { cwd: unborn });
    rmSync(unborn, { recursive: true });
    assert.match(stderr, /^gloo: the repository has no commit yet, [^\n]*git commit\n$/);
    const outside = await runCommand(["diff"], { cwd: tmpdir() });
    assert.equal(outside.code, 2);
    assert.match(outside.stderr, /^gloo: "[^"]+" is in no Git repository; go to a clone/);
    assert.match((await diff("--output=x")).stderr, /unknown option/);
  });

  it("says that what would come could not go live", async () => {
    const bad = await repository.commit(
      { "virtualservices/front.yaml": virtualServiceYaml("front", "missing") },
      { branch: "bad", parent: second },
    );
    await runGit(work, ["fetch", "--quiet", "origin"]);
    const { code, stdout } = await diff("HEAD", bad);
    assert.equal(code, 1);
    assert.match(stdout, /error reference\/unknown-upstream/);
    assert.match(stdout, /\n1 error: it would not go live\n$/);
    const markdown = await diff("HEAD", bad, "--format", "markdown");
    assert.equal(markdown.code, 1);
    assert.match(markdown.stdout, /### gloo: this would not go live: 1 error\n/);
    assert.match(markdown.stdout, /- <code>virtualservices\/front.yaml:8<\/code> \*\*error\*\*/);
  });
});

describe("gloo diff live", () => {
  it("compares with what a control plane serves", async () => {
    const state = mkdtempSync(join(tmpdir(), "gloo-test-diff-state-"));
    const serve = await startRunningServe([
      ...["--repo", repository.folder, "--ref", first, "--state-dir", state],
    ]);
    try {
      await serve.until<StatusResponse>(
        "the first commit is live",
        "/api/v1/status",
        ({ ready }) => ready,
      );
      const url = `http://127.0.0.1:${serve.adminPort}`;
      const { code, stdout } = await diff("live", "HEAD", "--only", "routes", "--server", url);
      assert.equal(code, 0);
      assert.match(stdout, new RegExp(`^live \\(${short(first)}\\) → HEAD`));
      assert.match(stdout, /destination: back → next/);
    } finally {
      await serve.stop();
      rmSync(state, { recursive: true, force: true });
    }
  });
});

describe("gloo diff --format markdown", () => {
  it("is one comment that can be found again", async () => {
    const { stdout } = await diff("HEAD~1", "HEAD", "--format", "markdown");
    assert.ok(
      stdout.startsWith(
        "<!-- gloo diff -->\n### gloo: 2 objects, 1 route, 5 Envoy resources change\n",
      ),
    );
    assert.match(
      stdout,
      /\n\| changed \| <code>&#42;<\/code> \| <code>\/&#42;<\/code> \| <code>next<\/code> \| destination: <code>back → next<\/code> \|\n/,
    );
    assert.match(stdout, /<details><summary>Envoy resources: 5<\/summary>/);
  });

  it("takes no markup, mention or link from the repository", async () => {
    const hostile = "a|b</code><img src=x>`@admins`[x](http://evil.example)*b*";
    const oid = await repository.commit(
      {
        "virtualservices/front.yaml": virtualServiceYaml(
          "front",
          "next",
          `    extensions:\n      add_request_headers:\n        - {key: x-note, value: '${hostile}'}\n`,
        ),
      },
      { branch: "hostile", parent: second },
    );
    await runGit(work, ["fetch", "--quiet", "origin"]);
    const { code, stdout } = await diff("HEAD", oid, "--format", "markdown");
    assert.equal(code, 0);
    assert.match(stdout, /evil\.example/);
    const inside = stdout.replaceAll(/<\/?(?:code|br|details|summary)>|<!-- gloo diff -->/g, "");
    assert.doesNotMatch(inside, /<|`|@|\]\(|http:\/\//);
    for (const line of stdout.split("\n").filter((text) => text.startsWith("| changed"))) {
      const columns = line.split("|").length - 2;
      assert.ok(columns === 5 || columns === 4, line);
    }
  });

  it("stays below what GitHub takes for a comment", async () => {
    const many = Object.fromEntries(
      Array.from({ length: 1500 }, (_, n) => [
        `upstreams/many-${n}.yaml`,
        upstreamYaml(`many-${n}`, 9000 + (n % 500)),
      ]),
    );
    const oid = await repository.commit(many, { branch: "many", parent: second });
    await runGit(work, ["fetch", "--quiet", "origin"]);
    const { stdout } = await diff("HEAD", oid, "--format", "markdown");
    assert.ok(stdout.length < 65_536, String(stdout.length));
    assert.match(stdout, /…and \d+ more: run `gloo diff` to see them/);
  });
});

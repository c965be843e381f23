import assert from "node:assert/strict";
import { afterEach, describe, it } from "node:test";
import { createForgeClient } from "../../../src/cli/comment/forge-client.js";
import {
  startForgeServer,
  type ForgeServer,
  type ForgeServerOptions,
} from "../../support/forge-server.js";
import { runCommand } from "../../support/run-program.js";

const token = "forge-token-1";
const mark = "<!-- gloo diff -->";

let server: ForgeServer | undefined;
afterEach(async () => {
  await server?.close();
  server = undefined;
});

async function start(
  kind: ForgeServerOptions["kind"],
  comments: readonly string[] = [],
): Promise<ForgeServer> {
  server = await startForgeServer({ kind, token, comments });
  return server;
}

const github = ({ url }: ForgeServer, ref = "refs/pull/7/merge"): NodeJS.ProcessEnv => ({
  GITHUB_ACTIONS: "true",
  GITHUB_API_URL: url,
  GITHUB_REPOSITORY: "ada/gateway",
  GITHUB_REF: ref,
  GITHUB_TOKEN: token,
});

const gitlab = ({ url }: ForgeServer): NodeJS.ProcessEnv => ({
  GITLAB_CI: "true",
  CI_API_V4_URL: url,
  CI_PROJECT_ID: "42",
  CI_MERGE_REQUEST_IID: "7",
  GLOO_COMMENT_TOKEN: token,
});

const comment = (env: NodeJS.ProcessEnv, text: string, ...args: readonly string[]) =>
  runCommand(["comment", ...args], { env, stdin: () => Promise.resolve(Buffer.from(text)) });

describe("gloo comment", () => {
  for (const kind of ["github", "gitea", "gitlab"] as const) {
    it(`writes one comment, and then replaces it: ${kind}`, async () => {
      const others = Array.from({ length: 120 }, (_, n) => `comment ${n} by somebody`);
      const forge = await start(kind, others);
      const env = kind === "gitlab" ? gitlab(forge) : github(forge);
      assert.deepEqual(await comment(env, `${mark}\none\n`), {
        code: 0,
        stdout: "wrote a comment\n",
        stderr: "",
      });
      assert.equal(forge.comments.length, 121);
      const again = await comment(env, `${mark}\ntwo\n`, "--json");
      assert.equal(again.stdout, '{"comment":"updated"}\n');
      assert.equal(forge.comments.length, 121);
      assert.equal(forge.comments.at(-1)?.body, `${mark}\ntwo\n`);
      assert.deepEqual(
        forge.comments.slice(0, 120).map(({ body }) => body),
        others,
      );
    });
  }

  it("has nothing to do in a job for no pull request", async () => {
    const forge = await start("github");
    const { code, stdout } = await comment(github(forge, "refs/heads/main"), `${mark}\n`);
    assert.equal(code, 0);
    assert.equal(stdout, "this job is for no pull request: nothing to do\n");
    assert.deepEqual(forge.requests, []);
  });

  it("tries again when the forge is busy, and says so in the end", async () => {
    const forge = await start("github");
    forge.faults.push({ status: 503 }, { status: 429, headers: { "retry-after": "1" } });
    assert.equal((await comment(github(forge), `${mark}\n`)).code, 0);
    assert.equal(forge.comments.length, 1);
  });

  it("says what is wrong, without the token", async () => {
    const forge = await start("github");
    const env = github(forge);
    const host = new URL(forge.url).host;
    const cases: readonly (readonly [NodeJS.ProcessEnv, string, string])[] = [
      [
        {},
        mark,
        "this is no job of GitHub Actions, Forgejo or Gitea Actions, or GitLab CI, so there is no pull request to comment on",
      ],
      [
        { ...env, GITHUB_TOKEN: "wrong-1" },
        mark,
        `${host} answers 401: it does not know the token`,
      ],
      [
        { ...env, GITHUB_REPOSITORY: "ada/other" },
        mark,
        `${host} answers 404: there is no such pull request, or the token may not see it`,
      ],
      [{ ...env, GITHUB_REPOSITORY: "../x" }, mark, 'GITHUB_REPOSITORY "../x" is not owner/name'],
      [
        { ...env, GITHUB_API_URL: "http://forge.example" },
        mark,
        'a token is sent to https URLs only, and not to "http://forge.example"',
      ],
      [
        { ...env, GITHUB_API_URL: "ftp://ada:s3cret@forge.example" },
        mark,
        'a token is sent to https URLs only, and not to "ftp://forge.example"',
      ],
      [
        { ...env, GITHUB_API_URL: forge.url.replace("//", "//ada:s3cret@") },
        mark,
        `the API is at "${forge.url}", without a password; the token goes into a variable of its own`,
      ],
      [env, "", "the comment is empty, or its first line is, by which it would be found again"],
      [
        { ...gitlab(forge), GLOO_COMMENT_TOKEN: "" },
        mark,
        "there is no token to comment with; give a variable GLOO_COMMENT_TOKEN with a project access token of scope `api`; the token of the job may not comment",
      ],
    ];
    for (const [environment, text, want] of cases) {
      const { code, stdout, stderr } = await comment(environment, text);
      assert.deepEqual(
        { code, stdout, stderr },
        { code: 2, stdout: "", stderr: `gloo: ${want}\n` },
      );
    }
  });

  it("says what answers instead of a forge, and shows it no token elsewhere", async () => {
    const forge = await start("github");
    const { host } = new URL(forge.url);
    for (const [fault, want] of [
      [
        { status: 200, body: "<html>sign in" },
        "answers what is no JSON: that is not the API of a forge",
      ],
      [
        { status: 302, headers: { location: `${forge.url}/elsewhere` } },
        "answers 302: the API is elsewhere, and the token is not shown there",
      ],
      [{ status: 200, body: "[".repeat(65 * 1024 * 1024) }, "answers more than 64 MiB"],
    ] as const) {
      forge.faults.push(fault);
      const { code, stderr } = await comment(github(forge), `${mark}\n`);
      assert.deepEqual({ code, stderr }, { code: 2, stderr: `gloo: ${host} ${want}\n` });
    }
    assert.equal(forge.requests.length, 3);
  });

  it("says that a forge is not there", async () => {
    const forge = await start("github");
    await forge.close();
    const job = {
      forge: "github",
      apiUrl: forge.url,
      repository: "a/b",
      number: "7",
      token,
    } as const;
    const client = await createForgeClient(job, {
      signal: new AbortController().signal,
      retryMs: 1,
    });
    await assert.rejects(client.ask("GET", "/"), /^CommandError: 127\.0\.0\.1:\d+: ECONNREFUSED$/);
    await client.close();
  });
});

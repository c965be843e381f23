import assert from "node:assert/strict";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, it } from "node:test";
import { inspect } from "node:util";
import { createCredentialsProvider } from "../../../src/source/credentials.js";
import { basicAuth, type Fault } from "../../support/git-server.js";
import {
  createRemoteFixture,
  expectSourceError,
  neverAborted,
  readHead,
  temporaryFolder,
} from "../../support/remote-source.js";

describe("credentials of a remote", () => {
  it("are sent as basic authorization", async (t) => {
    const { server, open } = await createRemoteFixture(t);
    server.setAuthorization(basicAuth("reader", "pä ss:word"));
    const credentials = createCredentialsProvider({ username: "reader", password: "pä ss:word" });
    assert.equal(Object.keys(await readHead(open({ credentials }))).length, 2);
  });

  it("are sent as a bearer token", async (t) => {
    const { server, open } = await createRemoteFixture(t);
    server.setAuthorization("Bearer glpat-1234");
    const credentials = createCredentialsProvider({ token: "glpat-1234" });
    assert.equal(Object.keys(await readHead(open({ credentials }))).length, 2);
  });

  it("are taken out of the URL", async (t) => {
    const { server, dataDir, open } = await createRemoteFixture(t);
    server.setAuthorization(basicAuth("re@der", "p/w"));
    const url = server.url.replace("http://", "http://re%40der:p%2Fw@");
    assert.equal(Object.keys(await readHead(open({ url }))).length, 2);
    const config = await readFile(join(dataDir, "mirror", "config"), "utf8");
    assert.ok(config.includes(server.url) && !config.includes("p%2Fw"), config);
  });

  it("are read anew after a 401, once, in the middle of a fetch too", async (t) => {
    const { repo, server, open } = await createRemoteFixture(t);
    const file = join(await temporaryFolder(t), "token");
    await writeFile(file, "old\n");
    server.setAuthorization("Bearer old");
    const source = open({ credentials: createCredentialsProvider({ tokenFile: file }) });
    await readHead(source);

    server.setAuthorization("Bearer new");
    await writeFile(file, "new\n");
    let requests = server.requests.length;
    const since = await source.head(neverAborted);
    assert.equal(server.requests.length, requests + 2, "a 401, and again with the new token");
    await source.head(neverAborted);
    assert.equal(server.requests.length, requests + 3, "the new token is kept");

    const next = await repo.commit({ "upstreams/c.yaml": "" });
    assert.equal(await source.head(neverAborted), next);
    server.setAuthorization("Bearer newest");
    await writeFile(file, "newest");
    requests = server.requests.length;
    await source.fetch(next, since, neverAborted);
    assert.equal(server.requests.length, requests + 2);
  });

  it("that are wrong are not tried twice, and are read anew at the next look", async (t) => {
    const { server, open } = await createRemoteFixture(t);
    const file = join(await temporaryFolder(t), "password");
    await writeFile(file, "wrong");
    server.setAuthorization(basicAuth("git", "right"));
    const source = open({ credentials: createCredentialsProvider({ passwordFile: file }) });
    const error = await expectSourceError(source.head(neverAborted), "source/auth-failed");
    assert.match(error.message, /refused the credentials \(HTTP 401\); check the token/);
    assert.equal(server.requests.length, 1);
    await writeFile(file, "right");
    await source.head(neverAborted);
  });

  it("are read anew after a host hid the repository from them", async (t) => {
    const { server, open } = await createRemoteFixture(t);
    const file = join(await temporaryFolder(t), "token");
    await writeFile(file, "expired");
    server.setFault(({ headers }) =>
      headers.authorization === "Bearer renewed" ? undefined : { kind: "status", status: 404 },
    );
    const source = open({ credentials: createCredentialsProvider({ tokenFile: file }) });
    const error = await expectSourceError(source.head(neverAborted), "source/repository-not-found");
    assert.match(error.message, /that the credentials may read it/);
    await writeFile(file, "renewed");
    await source.head(neverAborted);
  });

  it("that are missing are asked for in words", async (t) => {
    const { server, open } = await createRemoteFixture(t);
    server.setAuthorization("Bearer x");
    await expectSourceError(open().head(neverAborted), "source/auth-failed");
    const tokenFile = join(await temporaryFolder(t), "gone");
    const credentials = createCredentialsProvider({ tokenFile });
    const error = await expectSourceError(
      open({ credentials }).head(neverAborted),
      "source/auth-failed",
    );
    assert.match(error.message, /token for Git cannot be read from .*gone \(ENOENT\)/);
  });

  it("are in no message, whatever goes wrong", async (t) => {
    const { server, open } = await createRemoteFixture(t);
    const secret = "canary-5a1f";
    const echo = `${server.url.replace("http://", `http://user:${secret}@`)}?token=${secret}`;
    const faults: readonly Fault[] = [
      { kind: "hang-up" },
      { kind: "status", status: 401 },
      { kind: "status", status: 403 },
      { kind: "status", status: 404 },
      { kind: "status", status: 418 },
      { kind: "status", status: 503 },
      { kind: "status", status: 429, headers: { "retry-after": "1" } },
      { kind: "status", status: 302, headers: { location: echo.replace("localhost", "else") } },
      { kind: "status", status: 302, headers: { location: echo.replace("http:", "ftp:") } },
      { kind: "status", status: 200, headers: { "content-type": secret }, body: echo },
      { kind: "truncate", afterBytes: 10 },
      { kind: "cut", afterBytes: 10 },
      { kind: "corrupt", atByte: 33 },
    ];
    const url = server.url.replace("http://", `http://user:${secret}@`);
    const provider = createCredentialsProvider({ token: secret });
    for (const [options, label] of [
      [{ url }, "in the URL"],
      [{ credentials: provider }, "from a provider"],
      [{ proxy: `http://user:${secret}@localhost:1` }, "of the proxy"],
    ] as const) {
      for (const fault of faults) {
        server.setFault(() => fault);
        const source = open(options);
        const error: unknown = await source.head(neverAborted).then(
          () => assert.fail(`${label}, ${JSON.stringify(fault)}: worked`),
          (reason: unknown) => reason,
        );
        assert.ok(error instanceof Error);
        assert.ok(!error.message.includes(secret), error.message);
        assert.ok(!inspect(error, { depth: 8 }).includes(secret), inspect(error, { depth: 8 }));
        await source.close();
      }
    }
    assert.ok(server.requests.length > 0);
  });
});

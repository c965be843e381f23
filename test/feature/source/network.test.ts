import assert from "node:assert/strict";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, it } from "node:test";
import { createCredentialsProvider } from "../../../src/source/credentials.js";
import { basicAuth, startGitServer, startProxy, testCaFile } from "../../support/git-server.js";
import {
  createRemoteFixture,
  expectSourceError,
  neverAborted,
  readHead,
  temporaryFolder,
} from "../../support/remote-source.js";

describe("TLS", () => {
  it("is accepted with the CA file of the server's issuer", async (t) => {
    const { open } = await createRemoteFixture(t, undefined, { tls: true });
    assert.equal(Object.keys(await readHead(open({ caFile: testCaFile }))).length, 2);
  });

  it("is refused without it", async (t) => {
    const { server, open } = await createRemoteFixture(t, undefined, { tls: true });
    const error = await expectSourceError(open().head(neverAborted), "source/tls");
    assert.match(error.message, /SELF_SIGNED.*; set the CA file of its issuer/);
    assert.equal(server.requests.length, 0);
  });

  it("is told apart from a server that speaks plain HTTP", async (t) => {
    const { server, open } = await createRemoteFixture(t);
    const url = server.url.replace("http:", "https:");
    const error = await expectSourceError(open({ url }).head(neverAborted), "source/tls");
    assert.match(error.message, /does not speak TLS/);
  });

  it("refuses a CA file that is missing or holds no certificate", async (t) => {
    const { open } = await createRemoteFixture(t);
    const caFile = join(await temporaryFolder(t), "ca.pem");
    assert.throws(() => open({ caFile }), { code: "source/tls", message: /ENOENT/ });
    for (const text of ["", "-----BEGIN CERTIFICATE-----\nnonsense\n-----END CERTIFICATE-----\n"]) {
      await writeFile(caFile, text);
      assert.throws(() => open({ caFile }), { code: "source/tls", message: /PEM form/ });
    }
  });
});

describe("an HTTP proxy", () => {
  it("is used for http and https, and gets its own credentials alone", async (t) => {
    const { server, repo, open } = await createRemoteFixture(t);
    const secure = await startGitServer(repo.folder, { tls: true });
    const proxy = await startProxy(basicAuth("proxy user", "p@ss"));
    t.after(() => Promise.all([secure.close(), proxy.close()]));
    const proxyUrl = proxy.url.replace("http://", "http://proxy%20user:p%40ss@");
    const credentials = createCredentialsProvider({ token: "for-the-server" });
    server.setAuthorization("Bearer for-the-server");
    const plain = open({ proxy: proxyUrl, credentials });
    assert.equal(Object.keys(await readHead(plain)).length, 2);
    const { dataDir, url } = { dataDir: await temporaryFolder(t), url: secure.url };
    const tls = open({ url, dataDir, proxy: proxyUrl, caFile: testCaFile, credentials });
    assert.equal(Object.keys(await readHead(tls)).length, 2);
    assert.deepEqual(
      new Set(proxy.seen),
      new Set([`CONNECT localhost:${server.port}`, `CONNECT localhost:${secure.port}`]),
    );
    for (const { headers } of [...server.requests, ...secure.requests]) {
      assert.equal(headers["proxy-authorization"], undefined);
    }
  });

  it("that refuses its credentials, is dead, or does not lead on, is named", async (t) => {
    const { open } = await createRemoteFixture(t);
    const proxy = await startProxy(basicAuth("a", "b"));
    t.after(() => proxy.close());
    const refused = open({ proxy: proxy.url });
    const error = await expectSourceError(refused.head(neverAborted), "source/auth-failed");
    assert.match(error.message, /proxy refused its credentials \(HTTP 407\)/);

    const gone = await startProxy();
    await gone.close();
    const dead = open({ proxy: gone.url });
    const refusal = await expectSourceError(dead.head(neverAborted), "source/unreachable");
    assert.match(refusal.message, /through the proxy 127\.0\.0\.1:\d+ \(ECONNREFUSED\)/);

    const url = gone.url.replace("127.0.0.1", "localhost");
    const onward = open({ url, proxy: proxy.url.replace("http://", "http://a:b@") });
    const lost = await expectSourceError(onward.head(neverAborted), "source/unreachable");
    assert.match(lost.message, /the proxy does not lead to the remote \(HTTP 502\)/);
  });

  it("that is not a URL is refused without quoting it", async (t) => {
    const { open } = await createRemoteFixture(t);
    for (const proxy of ["http://user:canary@ho st", "socks5://user:canary@localhost:1"]) {
      assert.throws(
        () => open({ proxy }),
        (error: Error) => /proxy/.test(error.message) && !error.message.includes("canary"),
      );
    }
  });
});

describe("redirects", () => {
  it("are followed on the same server, for the fetch too", async (t) => {
    const { server, open } = await createRemoteFixture(t);
    server.setAuthorization("Bearer token");
    server.setFault(({ url }) =>
      url.startsWith("/old")
        ? {
            kind: "status",
            status: 301,
            headers: { location: url.replace(/^\/old(\.git)?/, "/repo.git") },
          }
        : undefined,
    );
    const credentials = createCredentialsProvider({ token: "token" });
    const source = open({ url: server.url.replace("/repo.git", "/old"), credentials });
    assert.equal(Object.keys(await readHead(source)).length, 2);
    const posts = server.requests.filter(({ method }) => method === "POST");
    assert.deepEqual(
      posts.map(({ url }) => url),
      ["/repo.git/git-upload-pack"],
    );
  });

  it("to another server are refused, and it learns nothing", async (t) => {
    const { server, open } = await createRemoteFixture(t);
    const { server: other } = await createRemoteFixture(t);
    const credentials = createCredentialsProvider({ token: "token" });
    for (const host of ["localhost", "127.0.0.1"]) {
      const location = `http://${host}:${other.port}/repo.git/info/refs?service=git-upload-pack`;
      server.setFault(() => ({ kind: "status", status: 307, headers: { location } }));
      const error = await expectSourceError(
        open({ credentials }).head(neverAborted),
        "source/redirect-refused",
      );
      assert.match(error.message, /redirects to another host.*; if that is right, set the URL/);
    }
    assert.deepEqual(other.requests, []);
  });

  it("without end are given up", async (t) => {
    const { server, open } = await createRemoteFixture(t);
    server.setFault(({ url }) => ({ kind: "status", status: 302, headers: { location: url } }));
    const error = await expectSourceError(open().head(neverAborted), "source/redirect-refused");
    assert.match(error.message, /too often/);
    assert.equal(server.requests.length, 6);
  });

  it("of a POST are followed only where it stays one", async (t) => {
    const { server, open } = await createRemoteFixture(t);
    const redirect = (status: number) =>
      server.setFault(({ method, url }) =>
        method === "POST" && !url.includes("again")
          ? { kind: "status", status, headers: { location: "/repo.git/again/git-upload-pack" } }
          : undefined,
      );
    const source = open();
    const head = await source.head(neverAborted);
    redirect(302);
    await expectSourceError(source.fetch(head, undefined, neverAborted), "source/redirect-refused");
    redirect(307);
    // The server knows nothing under that address, but it was asked.
    await expectSourceError(
      source.fetch(head, undefined, neverAborted),
      "source/repository-not-found",
    );
    assert.equal(server.requests.at(-1)?.method, "POST");
  });
});

describe("a server in trouble", () => {
  it("is unreachable", async (t) => {
    const { server, open } = await createRemoteFixture(t);
    const source = open();
    await source.head(neverAborted);
    await server.close();
    const error = await expectSourceError(source.head(neverAborted), "source/unreachable");
    assert.match(error.message, /cannot be reached \(ECONNREFUSED\); it will be tried again/);
  });

  it("hangs up", async (t) => {
    const { server, open } = await createRemoteFixture(t);
    server.setFault(() => ({ kind: "hang-up" }));
    await expectSourceError(open().head(neverAborted), "source/unreachable");
    assert.equal(server.requests.length, 2, "once more, since it may have been an old connection");
  });

  it("answers with statuses that say how to go on", async (t) => {
    const { server, open } = await createRemoteFixture(t);
    const source = open();
    for (const [status, headers, code, retryAfterMs] of [
      [500, {}, "source/unreachable", undefined],
      [503, { "retry-after": "7" }, "source/unreachable", 7_000],
      [429, { "retry-after": "30" }, "source/rate-limited", 30_000],
      [429, {}, "source/rate-limited", undefined],
      [403, { "retry-after": "5" }, "source/rate-limited", 5_000],
      [403, {}, "source/auth-failed", undefined],
      [203, {}, "source/auth-failed", undefined],
      [404, {}, "source/repository-not-found", undefined],
      [400, {}, "source/protocol", undefined],
    ] as const) {
      server.setFault(() => ({ kind: "status", status, headers }));
      const error = await expectSourceError(source.head(neverAborted), code);
      assert.equal(error.retryAfterMs, retryAfterMs, `status ${status}`);
    }
    server.setFault(undefined);
    assert.equal(Object.keys(await readHead(source)).length, 2, "recovery needs no person");
  });

  it("is no Git server at all", async (t) => {
    const { server, open } = await createRemoteFixture(t);
    const headers = { "content-type": "text/html; charset=utf-8" };
    server.setFault(() => ({ kind: "status", status: 200, headers, body: "<html>0000" }));
    const error = await expectSourceError(open().head(neverAborted), "source/protocol");
    assert.match(error.message, /answers with text\/html, not with Git's smart HTTP protocol/);
  });
});

describe("a slow server", () => {
  it("never answers", async (t) => {
    const { server, open } = await createRemoteFixture(t);
    server.setFault(() => ({ kind: "silence" }));
    const source = open({ timeouts: { headersMs: 300 } });
    const error = await expectSourceError(source.head(neverAborted), "source/timeout");
    assert.match(error.message, /did not answer in time/);
  });

  it("stalls within its list of refs", async (t) => {
    const { server, open } = await createRemoteFixture(t);
    server.setFault(() => ({ kind: "stall", afterBytes: 40 }));
    await expectSourceError(
      open({ timeouts: { idleMs: 300 } }).head(neverAborted),
      "source/timeout",
    );
  });

  it("drips its list of refs: each byte in time, but not the whole", async (t) => {
    const { server, open } = await createRemoteFixture(t);
    server.setFault(() => ({ kind: "drip", afterBytes: 40, everyMs: 50 }));
    const source = open({ timeouts: { listMs: 400 } });
    await expectSourceError(source.head(neverAborted), "source/timeout");
  });

  it("drips its pack: each byte in time, but not the whole", async (t) => {
    const { server, open } = await createRemoteFixture(t);
    const source = open({ timeouts: { packMs: 400 } });
    const head = await source.head(neverAborted);
    server.setFault(() => ({ kind: "drip", afterBytes: 40, everyMs: 50 }));
    await expectSourceError(source.fetch(head, undefined, neverAborted), "source/timeout");
    server.setFault(undefined);
    assert.equal(Object.keys(await readHead(open())).length, 2);
  });

  it("is left at once in the middle of a pack when it is told to", async (t) => {
    const { server, open } = await createRemoteFixture(t);
    const source = open();
    const head = await source.head(neverAborted);
    server.setFault(() => ({ kind: "stall", afterBytes: 60 }));
    const controller = new AbortController();
    const fetching = source.fetch(head, undefined, controller.signal);
    await server.nextRequest();
    controller.abort(new Error("closing"));
    await expectSourceError(fetching, "source/aborted");
  });
});

import assert from "node:assert/strict";
import { chmodSync } from "node:fs";
import { mkdir, mkdtemp, rename, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { connect as tlsConnect } from "node:tls";
import type { EnvoysResponse, StatusResponse } from "../../../src/admin/api-types.js";
import { createLogger } from "../../../src/app/logger.js";
import { readSettings } from "../../../src/app/settings.js";
import { startControlPlane, type ControlPlane } from "../../../src/app/start.js";
import { readTlsFiles, watchTlsFiles, type TlsFiles } from "../../../src/app/tls-files.js";
import { createNotices } from "../../../src/app/notices.js";
import { envoyBootstrap } from "../../../src/cli/bootstrap/envoy-bootstrap.js";
import { freePort } from "../../../src/cli/demo/loopback-server.js";
import { operationalMessage } from "../../../src/cli/report-failure.js";
import { envoyVersion } from "../../../src/envoy-binary/pinned.js";
import { askPort } from "../../support/admin-server.js";
import { createCertificateAuthority, type Certificate } from "../../support/certificates.js";
import { poll, startTestEnvoy } from "../../support/envoy-process.js";
import { createTestRepository, type TestRepository } from "../../support/git-repo.js";
import { runCommand } from "../../support/run-program.js";
import { basicAuth, startGitServer } from "../../support/git-server.js";

const signal = new AbortController().signal;

describe("startControlPlane()", () => {
  let folder: string;
  let repository: TestRepository;
  let states = 0;
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), "gloo-test-start-"));
    repository = await createTestRepository();
    await repository.commit({
      "upstreams/pets.yaml":
        "name: pets\ntype: static\nspec: { hosts: [{ addr: 127.0.0.1, port: 9001 }] }\n",
      "virtualservices/pets.yaml":
        'name: pets\ndomains: ["*"]\nroutes:\n  - request_matcher: { path_prefix: / }\n' +
        "    single_destination: { upstream: { name: pets } }\n",
    });
  });
  after(async () => {
    await repository.remove();
    await rm(folder, { recursive: true });
  });

  async function start(
    flags: Readonly<Record<string, unknown>>,
    env: NodeJS.ProcessEnv = {},
  ): Promise<{ readonly controlPlane: ControlPlane; readonly log: () => string }> {
    let text = "";
    const { settings } = readSettings({
      flags: {
        repo: repository.folder,
        stateDir: `state-${++states}`,
        xdsPort: "0",
        adminPort: "0",
        poll: "off",
        logLevel: "trace",
        ...flags,
      },
      env: {},
      cwd: folder,
    });
    const log = createLogger({ ...settings, write: (line) => void (text += line) });
    const controlPlane = await startControlPlane(settings, { log, env, signal });
    return { controlPlane, log: () => text };
  }

  async function file(name: string, content: string | Buffer): Promise<string> {
    await writeFile(join(folder, name), content);
    return name;
  }

  async function tlsFiles(name: string, { certificate, privateKey }: Certificate) {
    return {
      cert: await file(`${name}.pem`, certificate),
      key: await file(`${name}.key`, privateKey),
    };
  }

  /** The one line that a start ends with. */
  async function failure(
    flags: Readonly<Record<string, unknown>>,
    env?: NodeJS.ProcessEnv,
  ): Promise<string> {
    const cause: unknown = await start(flags, env).then(
      async ({ controlPlane }) => {
        await controlPlane.close();
        return undefined;
      },
      (error: unknown) => error,
    );
    const message = operationalMessage(cause);
    assert.ok(message !== undefined, `no line for people: ${String(cause)}`);
    assert.doesNotMatch(message, /\n|canary/);
    return message;
  }

  it("says in one line what is wrong with a file, a folder or a package", async () => {
    const authority = createCertificateAuthority("test");
    const one = await tlsFiles("one", authority.issue({ commonName: "one" }));
    const two = await tlsFiles("two", authority.issue({ commonName: "two" }));
    const ca = await file("ca.pem", authority.certificate);
    const blocked = join(folder, "blocked");
    await writeFile(blocked, "a file, not a folder");
    for (const [flags, message] of [
      [{ adminTokenFile: "nothing" }, /^--admin-token-file: cannot read .*nothing \(ENOENT\)$/],
      [{ adminTokenFile: await file("empty", "\n") }, /^--admin-token-file: .* is empty, and/],
      [
        { hookSecretFile: await file("spaced", "canary x") },
        /^--hook-secret-file: .*without spaces/,
      ],
      [
        { xdsTlsCert: one.cert, xdsTlsKey: "none", xdsTlsClientCa: ca },
        /^--xds-tls-key: cannot read/,
      ],
      [
        { xdsTlsCert: one.key, xdsTlsKey: one.key, xdsTlsClientCa: ca },
        /^--xds-tls-cert: .*no certificate in PEM/,
      ],
      [{ xdsTlsCert: one.cert, xdsTlsKey: two.key, xdsTlsClientCa: ca }, /cannot be used together/],
      [
        { adminTlsCert: one.cert, adminTlsKey: two.key },
        /^--admin-tls-cert and --admin-tls-key cannot/,
      ],
      [{ secretsDir: "no-such-folder" }, /^--secrets-dir: cannot read the folder .*ENOENT/],
      [{ stateDir: blocked }, /the state directory .*blocked/],
      [{ plugin: ["gloo-plugin-that-is-not-there"] }, /^--plugin .* is not installed beside gloo$/],
      [{ validateWithEnvoy: true }, /^--validate-with-envoy needs an Envoy .*set ENVOY_BIN/],
      [{ gitTokenFile: "no-token" }, /the token for Git cannot be read from .*no-token \(ENOENT\)/],
      [{ gitSshKeyFile: "no-key" }, /the key for SSH cannot be read from .*no-key \(ENOENT\)/],
      [
        { gitGithubAppId: "1", gitGithubAppKeyFile: "no-pem" },
        /the key of the GitHub App cannot be read from .*no-pem \(ENOENT\)/,
      ],
      [{ repo: "git://host/x" }, /cannot be read over git; use https/],
      [
        { xdsAddress: "192.0.2.1", xdsInsecure: true },
        /^"192\.0\.2\.1" is no address of this machine; see --xds-address$/,
      ],
    ] as const) {
      assert.match(await failure(flags, { HOME: folder }), message);
    }
  });

  it(
    "says in one line that its state directory is not its own",
    { skip: process.getuid?.() === 0 && "root may write anywhere" },
    async () => {
      const locked = join(folder, "read-only");
      await mkdir(locked);
      chmodSync(locked, 0o500);
      assert.match(
        await failure({ stateDir: join(locked, "state") }),
        /cannot write the state directory/,
      );
    },
  );

  it("leaves nothing open when it cannot start", async () => {
    const taken = await start({});
    const port = String(taken.controlPlane.adminPort);
    const stateDir = "reused";
    assert.match(
      await failure({ adminPort: port, stateDir }),
      /choose another one with --admin-port/,
    );
    await taken.controlPlane.close();
    const { controlPlane } = await start({ adminPort: port, stateDir });
    await controlPlane.close();
  });

  it("serves over TLS, and Envoys only those whose certificate is signed", async () => {
    const authority = createCertificateAuthority("envoys");
    const server = await tlsFiles("server", authority.issue({ commonName: "gloo" }));
    const ca = await file("envoys.pem", authority.certificate);
    const { controlPlane } = await start({
      xdsTlsCert: server.cert,
      xdsTlsKey: server.key,
      xdsTlsClientCa: ca,
      adminTlsCert: server.cert,
      adminTlsKey: server.key,
      adminTokenFile: await file("token", "right"),
    });
    try {
      assert.match(controlPlane.adminUrl, /^https:/);
      const client = authority.issue({ commonName: "ingress" });
      assert.equal(await commonNameOf(controlPlane.adsPort, authority.certificate, client), "gloo");
      await assert.rejects(commonNameOf(controlPlane.adsPort, authority.certificate, undefined));
      const stranger = createCertificateAuthority("strangers").issue({ commonName: "ingress" });
      await assert.rejects(commonNameOf(controlPlane.adsPort, authority.certificate, stranger));
      const ask = [
        "envoys",
        "--server",
        controlPlane.adminUrl,
        "--token-file",
        join(folder, "token"),
      ];
      const answer = await runCommand([...ask, "--ca-file", join(folder, ca)]);
      assert.deepEqual([answer.code, answer.stdout], [0, "no Envoy is connected\n"]);
      const distrusted = await runCommand(ask);
      assert.equal(distrusted.code, 2);
      assert.match(distrusted.stderr, /certificate is not trusted .*; --ca-file names one/);
    } finally {
      await controlPlane.close();
    }
  });

  it("serves a real Envoy over mutual TLS", async () => {
    const authority = createCertificateAuthority("mesh");
    const server = await tlsFiles("mesh-server", authority.issue({ commonName: "gloo" }));
    const client = await tlsFiles("mesh-client", authority.issue({ commonName: "ingress" }));
    const ca = await file("mesh.pem", authority.certificate);
    const { controlPlane, log } = await start({
      xdsTlsCert: server.cert,
      xdsTlsKey: server.key,
      xdsTlsClientCa: ca,
      envoyBindAddress: "127.0.0.1",
      envoyPort: String(await freePort()),
    });
    const bootstrap = envoyBootstrap({
      role: "ingress",
      name: "real",
      xds: { host: "127.0.0.1", port: controlPlane.adsPort },
      variant: "delta",
      adminPort: 0,
      tls: {
        caFile: join(folder, ca),
        serverName: "localhost",
        client: { certFile: join(folder, client.cert), keyFile: join(folder, client.key) },
      },
    });
    try {
      const envoy = await startTestEnvoy(bootstrap);
      try {
        const seen = await poll("the Envoy to have taken everything", async () => {
          const answer = await askPort(controlPlane.adminPort, "/api/v1/envoys");
          const [view] = answer.json<EnvoysResponse>().envoys;
          return view?.state === "current" && view.types.length >= 3 ? view : undefined;
        });
        assert.deepEqual(
          [seen.nodeId, seen.role, seen.envoyVersion, seen.variant],
          ["ingress~real", "ingress", envoyVersion, "delta"],
        );
        const { envoys } = (
          await askPort(controlPlane.adminPort, "/api/v1/status")
        ).json<StatusResponse>();
        assert.deepEqual([envoys.connected, envoys.current, envoys.nacking], [1, 1, 0]);
        assert.match(log(), /"an Envoy connected"/);
      } finally {
        await envoy.close();
      }
    } finally {
      await controlPlane.close();
    }
  });

  it("takes new certificates, and keeps the old ones until the new ones fit", async () => {
    const authority = createCertificateAuthority("reload");
    const issue = (name: string): Promise<{ readonly cert: string; readonly key: string }> =>
      tlsFiles(name, authority.issue({ commonName: name }));
    const old = await issue("reload-old");
    const files: TlsFiles = {
      certificate: { flag: "--cert", path: join(folder, old.cert) },
      privateKey: { flag: "--key", path: join(folder, old.key) },
      clientCa: undefined,
    };
    const notices = createNotices({ warn: () => undefined, info: () => undefined });
    const first = await readTlsFiles(files);
    let current = first;
    const replace = (next: typeof first): void => void (current = next);
    const stop = watchTlsFiles(files, { replace, notices, pollMs: 20 });
    try {
      const next = await issue("reload-new");
      await rename(join(folder, next.cert), files.certificate.path);
      await poll("the mismatch to be told", () => notices.list()[0]);
      assert.match(notices.list()[0] ?? "", /^the old certificate stays in use: --cert and --key/);
      assert.equal(current, first);
      await rename(join(folder, next.key), files.privateKey.path);
      await poll("the new certificate", () => (current === first ? undefined : true));
      assert.deepEqual(current, await readTlsFiles(files));
      assert.deepEqual(notices.list(), []);
    } finally {
      stop();
    }
  });

  it("shows no secret anywhere: log, status, metrics, dump", async () => {
    const server = await startGitServer(repository.folder);
    const wanted = basicAuth("ada", "canary-git-password");
    server.setAuthorization(wanted);
    const secrets = join(folder, "secrets");
    await mkdir(secrets);
    await writeFile(join(secrets, "api"), "key: canary-secret-value\n");
    const token = "canary-admin-token";
    const { controlPlane, log } = await start({
      repo: server.url,
      gitUsername: "ada",
      gitPasswordFile: await file("password", "canary-git-password\n"),
      adminTokenFile: await file("admin-token", `${token}\n`),
      hookSecretFile: await file("hook-secret", "canary-hook-secret\n"),
      secretsDir: secrets,
    });
    try {
      const headers = { authorization: `Bearer ${token}` };
      await poll("the first snapshot", () => controlPlane.reconcilers.get("")?.serving());
      server.setAuthorization("Basic other");
      await askPort(controlPlane.adminPort, "/api/v1/reconcile", { method: "POST", headers });
      await poll("the failure", () => controlPlane.reconcilers.get("")?.status().source.error);
      await askPort(controlPlane.adminPort, "/api/v1/status", {
        headers: { authorization: "Bearer canary-guess" },
      });
      let shown = "";
      for (const path of ["status", "commits", "envoys", "config-dump"]) {
        const answer = await askPort(controlPlane.adminPort, `/api/v1/${path}`, { headers });
        assert.equal(answer.status, 200, path);
        shown += answer.text;
      }
      shown += (await askPort(controlPlane.adminPort, "/metrics", { headers })).text;
      assert.match(shown, /source\/auth-failed/);
      assert.match(log(), /source\/auth-failed/);
      assert.doesNotMatch(shown + log(), /canary/);
      assert.doesNotMatch(shown + log(), new RegExp(wanted.slice(6)));
    } finally {
      await controlPlane.close();
      await server.close();
    }
  });

  it("ends at once when it is told to while it starts", async () => {
    const told = AbortSignal.abort(new Error("told to end"));
    const { settings } = readSettings({
      flags: { repo: repository.folder, stateDir: "told", xdsPort: "0", adminPort: "0" },
      env: {},
      cwd: folder,
    });
    const log = createLogger({ ...settings, write: () => undefined });
    await assert.rejects(
      startControlPlane(settings, { log, env: {}, signal: told }),
      /told to end/,
    );
  });
});

/** The name in the certificate that a TLS server shows to a client; rejects if it lets it not in. */
function commonNameOf(
  port: number,
  ca: Buffer,
  client: Certificate | undefined,
): Promise<string | undefined> {
  return new Promise((resolve, reject) => {
    const socket = tlsConnect({
      port,
      host: "127.0.0.1",
      servername: "localhost",
      ca,
      ALPNProtocols: ["h2"],
      ...(client === undefined ? {} : { cert: client.certificate, key: client.privateKey }),
    });
    socket.once("error", reject).once("close", () => {
      reject(new Error("the server hung up"));
    });
    // With TLS 1.3 the server refuses a client only after the client is content.
    socket.once("data", () => {
      const { subject } = socket.getPeerCertificate();
      resolve([subject.CN].flat()[0]);
      socket.destroy();
    });
  });
}

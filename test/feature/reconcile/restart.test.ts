import assert from "node:assert/strict";
import { mkdir, mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, it } from "node:test";
import { StateError } from "../../../src/state/state-error.js";
import {
  badFiles,
  gatewayFiles,
  upstreamYaml,
  virtualServiceYaml,
} from "../../support/config-texts.js";
import {
  startControlPlane,
  type TestControlPlane,
  type TestControlPlaneOptions,
} from "../../support/control-plane.js";
import { poll } from "../../support/envoy-process.js";
import { createTestRepository, type Changes, type TestRepository } from "../../support/git-repo.js";
import { startGitServer, type GitServer } from "../../support/git-server.js";
import { plainSnapshot } from "../../support/made-snapshot.js";
import { createCertificateAuthority } from "../../support/certificates.js";
import { connectRobotEnvoy, type RobotEnvoy } from "../../support/robot-envoy.js";
import { typeUrls } from "../../../src/envoy/type-urls.js";

describe("a restart", () => {
  let git: TestRepository;
  let remote: GitServer;
  let folder: string;
  let plane: TestControlPlane;
  let robots: RobotEnvoy[];

  beforeEach(async () => {
    git = await createTestRepository();
    remote = await startGitServer(git.folder);
    folder = await mkdtemp(join(tmpdir(), "gloo-restart-"));
    robots = [];
  });
  afterEach(async () => {
    for (const robot of robots) robot.close();
    await plane.close();
    await remote.close();
    await git.remove();
    await rm(folder, { recursive: true, force: true });
  });

  const start = async (options: Partial<TestControlPlaneOptions> = {}): Promise<void> => {
    plane = await startControlPlane({
      url: remote.url,
      stateFolder: join(folder, "state"),
      ...options,
    });
  };
  const restart = async (options?: Partial<TestControlPlaneOptions>): Promise<void> => {
    await plane.close();
    await start(options);
  };
  const killRemote = (): void => {
    remote.setFault(() => ({ kind: "hang-up" }));
  };
  const served = (): unknown => {
    const { snapshot } = plane.reconciler.serving() ?? {};
    return snapshot && plainSnapshot(snapshot);
  };

  it("with the remote dead serves the same bytes and versions, before anything else", async () => {
    const a = await git.commit(gatewayFiles());
    await start();
    await plane.reaches(a, "live");
    const before = served();
    killRemote();
    await restart();
    assert.deepEqual(served(), before);
    assert.equal(plane.builds(), 0);
    const serving = plane.reconciler.serving();
    assert.equal(serving?.restored, true);
    assert.equal(serving.commit.state, "live");
    assert.equal(serving.commit.commit.oid, a);
  });

  it("makes again what is served, finds it the same, and goes on from there", async () => {
    const a = await git.commit(gatewayFiles());
    await start();
    await plane.reaches(a, "live");
    const before = served();
    const b = await git.commit(badFiles);
    await restart();
    const report = await plane.turn();
    assert.equal(report.result === "rejected" || plane.record(b)?.state === "rejected", true);
    assert.deepEqual(served(), before);
    assert.deepEqual(plane.states(a), ["live"].slice(1));
    assert.equal(plane.reconciler.serving()?.restored, false);
    const c = await git.commit(gatewayFiles(9002));
    await plane.turn();
    await plane.reaches(c, "live");
  });

  it("keeps the verdicts", async () => {
    const a = await git.commit(gatewayFiles());
    const b = await git.commit(badFiles);
    await start();
    await plane.reaches(b, "rejected");
    await git.git("update-ref", "refs/heads/main", a);
    await plane.turn();
    await plane.reaches(a, "live");
    const before = plane.reconciler.commits();
    killRemote();
    await restart();
    assert.deepEqual(plane.reconciler.commits(), before);
  });

  it("puts a commit that was on trial on trial again, and can still take it back", async () => {
    const a = await git.commit(gatewayFiles(9001));
    await start();
    await plane.reaches(a, "live");
    const first = connectRobotEnvoy(plane.port, "ingress~1");
    robots.push(first);
    await first.waitFor("clusters", (held) => held[typeUrls.route] !== undefined);
    const proven = await git.commit({ "upstreams/other.yaml": upstreamYaml("other", 1) });
    await plane.turn();
    await plane.reaches(proven, "live");
    const good = served();
    first.silent = true;
    const b = await git.commit({
      "virtualservices/front.yaml": virtualServiceYaml(
        "front",
        "back",
        "domains: [new.example]\n",
      ).replace('domains: ["*"]\n', ""),
    });
    await plane.turn();
    await plane.reaches(b, "publishing");
    first.close();
    killRemote();
    await restart();
    assert.equal(plane.reconciler.serving()?.commit.commit.oid, b);
    const second = connectRobotEnvoy(plane.port, "ingress~1");
    robots.push(second);
    let refusals = 0;
    second.refuses = ({ type_url }) =>
      type_url === typeUrls.route && refusals++ === 0 ? "bad domain" : undefined;
    await plane.reaches(b, "refused");
    await plane.reaches(proven, "live");
    assert.deepEqual(served(), good);
    await restart();
    assert.deepEqual(served(), good);
    assert.equal(plane.record(b)?.state, "refused");
  });

  it("knows what came before a commit that nobody has proven", async () => {
    const a = await git.commit(gatewayFiles(9001));
    await start();
    await plane.reaches(a, "live");
    const good = served();
    const b = await git.commit(gatewayFiles(9002));
    await plane.turn();
    await plane.reaches(b, "live");
    killRemote();
    await restart();
    assert.equal(plane.reconciler.serving()?.commit.commit.oid, b);
    const robot = connectRobotEnvoy(plane.port, "ingress~1");
    robots.push(robot);
    let refusals = 0;
    robot.refuses = ({ type_url }) =>
      type_url === typeUrls.endpoints && refusals++ === 0 ? "bad endpoint" : undefined;
    await plane.reaches(b, "refused");
    await plane.reaches(a, "live");
    assert.deepEqual(served(), good);
    await restart();
    assert.deepEqual(served(), good);
  });

  it("does not try again what was refused before it", async () => {
    const a = await git.commit(gatewayFiles(9001));
    await start();
    await plane.reaches(a, "live");
    const robot = connectRobotEnvoy(plane.port, "ingress~1");
    robots.push(robot);
    await robot.waitFor("routes", (held) => held[typeUrls.route] !== undefined);
    const proven = await git.commit(gatewayFiles(9002));
    await plane.turn();
    await plane.reaches(proven, "live");
    let refusals = 0;
    robot.refuses = ({ type_url }) =>
      type_url === typeUrls.endpoints && refusals++ === 0 ? "bad endpoint" : undefined;
    const b = await git.commit(gatewayFiles(9003));
    await plane.turn();
    await plane.reaches(b, "refused");
    await plane.reaches(proven, "live");
    await restart();
    await plane.turn();
    assert.equal(plane.record(b)?.state, "refused");
    assert.equal(plane.reconciler.serving()?.commit.commit.oid, proven);
  });

  it("with damaged files goes on as well as it can, and needs nobody", async () => {
    const a = await git.commit(gatewayFiles(9001));
    await start();
    await plane.reaches(a, "live");
    const before = served();
    await plane.close();
    const state = join(folder, "state");
    await writeFile(join(state, "history.json"), '{"version":1,"records":[{"commit":{"oid":"');
    await start();
    await plane.reaches(a, "live");
    assert.deepEqual(served(), before);
    await plane.close();
    for (const name of await readdir(state)) {
      if (name.endsWith(".journal")) await writeFile(join(state, name), "GLOOJRN2 is no journal");
    }
    killRemote();
    await start();
    assert.equal(plane.reconciler.serving(), undefined);
    assert.match(plane.reconciler.status().problems.join(), /torn/);
    assert.equal(plane.record(a)?.state, "seen");
    remote.setFault(undefined);
    await plane.reaches(a, "live");
    assert.deepEqual(served(), before);
  });

  it("keeps the endpoints that were found last, which cost no build", async () => {
    const a = await git.commit(gatewayFiles(9001));
    await start();
    await plane.reaches(a, "live");
    const setOf = (): string | undefined =>
      plane.reconciler.serving()?.snapshot.roles.get("ingress")?.sets.get(typeUrls.endpoints)
        ?.version;
    const before = { id: plane.reconciler.serving()?.snapshot.id, version: setOf() };
    const turned = nextTurn(plane);
    plane.setEndpoints(new Map([["back", [{ address: "10.1.2.3", port: 80 }]]]));
    await turned;
    assert.notEqual(setOf(), before.version);
    assert.equal(plane.builds(), 1);
    assert.equal(plane.record(a)?.state, "live");
    const after = served();
    killRemote();
    await restart();
    assert.deepEqual(served(), after);
  });

  describe("with secrets", () => {
    const withTls: Changes = {
      "upstreams/back.yaml": upstreamYaml("back", 9001),
      "virtualservices/front.yaml": virtualServiceYaml(
        "front",
        "back",
        "ssl_config:\n  secret_ref: front-tls\n",
      ).replace('["*"]', '["front.example"]'),
    };
    let secretsFolder: string;
    const authority = createCertificateAuthority("test");
    const writeSecret = async (name: string): Promise<void> => {
      const { certificate, privateKey } = authority.issue({ commonName: name, dnsNames: [name] });
      const indented = (pem: Buffer): string => pem.toString().trim().replaceAll("\n", "\n  ");
      await writeFile(
        join(secretsFolder, "front-tls"),
        `tls.crt: |\n  ${indented(certificate)}\ntls.key: |\n  ${indented(privateKey)}\n`,
      );
    };
    beforeEach(async () => {
      secretsFolder = join(folder, "secrets");
      await mkdir(secretsFolder);
      await writeSecret("front.example");
    });

    it("puts them back in from where they are kept, and never from the state directory", async () => {
      const a = await git.commit(withTls);
      await start({ secretsFolder });
      await plane.reaches(a, "live");
      const before = served();
      killRemote();
      await restart({ secretsFolder });
      assert.deepEqual(served(), before);
      await restart({});
      assert.notDeepEqual(served(), before);
      assert.match(plane.reconciler.status().problems.join(), /front-tls~cert/);
    });

    it("is not needed for a changed one to be served, nor is the remote", async () => {
      const a = await git.commit(withTls);
      await start({ secretsFolder });
      await plane.reaches(a, "live");
      killRemote();
      const versionOf = (): string | undefined =>
        plane.reconciler.serving()?.snapshot.roles.get("ingress")?.sets.get(typeUrls.secret)
          ?.version;
      const before = versionOf();
      await writeSecret("front.example");
      await plane.secrets.refresh();
      for (let turns = 0; versionOf() === before && turns < 100; turns++) await nextTurn(plane);
      assert.notEqual(versionOf(), before);
      assert.equal(plane.record(a)?.state, "live");
    });

    it("keeps the veto when one changes while a commit is on trial", async () => {
      const a = await git.commit(withTls);
      await start({ secretsFolder });
      await plane.reaches(a, "live");
      const secretOf = (): string | undefined =>
        plane.reconciler.serving()?.snapshot.roles.get("ingress")?.sets.get(typeUrls.secret)
          ?.version;
      const clustersOf = (): string | undefined =>
        plane.reconciler.serving()?.snapshot.roles.get("ingress")?.sets.get(typeUrls.cluster)
          ?.version;
      const [secret, clusters] = [secretOf(), clustersOf()];
      const robot = connectRobotEnvoy(plane.port, "ingress~1");
      robots.push(robot);
      await poll("it to be proven", () => plane.record(a)?.durations.allAcks);
      robot.silent = true;
      const sent = robot.responses.length;
      const slow = "type: static\nconnection_timeout: 9s\n";
      const b = await git.commit({
        "upstreams/back.yaml": upstreamYaml("back", 9001).replace("type: static\n", slow),
      });
      await plane.turn();
      assert.notEqual(clustersOf(), clusters);
      await robot.waitFor("it to be sent", () => robot.responses.length > sent);
      await writeSecret("front.example");
      await plane.secrets.refresh();
      await poll("the new secret", () => (secretOf() === secret ? undefined : true));
      let refusals = 0;
      robot.refuses = ({ type_url }) =>
        type_url === typeUrls.cluster && refusals++ === 0 ? "I will not" : undefined;
      robot.silent = false;
      await plane.reaches(b, "refused");
      await poll("the old clusters with the new secret", () =>
        clustersOf() === clusters && secretOf() !== secret ? true : undefined,
      );
      assert.equal(plane.reconciler.serving()?.commit.commit.oid, a);
      await plane.reaches(a, "live");
    });

    it("does not happen when a secret goes bad: what is served stays", async () => {
      const a = await git.commit(withTls);
      await start({ secretsFolder });
      await plane.reaches(a, "live");
      const before = served();
      await writeFile(join(secretsFolder, "front-tls"), "tls.crt: nonsense\ntls.key: nonsense\n");
      await plane.secrets.refresh();
      await nextTurn(plane);
      assert.deepEqual(served(), before);
      assert.equal(plane.record(a)?.state, "live");
      assert.match(plane.reconciler.status().problems.join(), /is served as it was/);
      await writeSecret("front.example");
      await plane.secrets.refresh();
      await nextTurn(plane);
      assert.notDeepEqual(served(), before);
      assert.deepEqual(plane.reconciler.status().problems, []);
    });
  });

  it("with a full disk cannot lose what is live: new commits wait until they can be saved", async () => {
    const a = await git.commit(gatewayFiles(9001));
    let isFull = false;
    await start({
      change: (deps) => {
        const guard =
          <T extends unknown[]>(work: (...args: T) => Promise<void>) =>
          (...args: T): Promise<void> =>
            isFull
              ? Promise.reject(new StateError("state/disk-full", "no space left"))
              : work(...args);
        const { journal } = deps;
        return {
          ...deps,
          journal: { ...journal, push: guard(journal.push), replace: guard(journal.replace) },
        };
      },
    });
    await plane.reaches(a, "live");
    isFull = true;
    const b = await git.commit(gatewayFiles(9002));
    const report = await plane.turn();
    assert.deepEqual([report.result, report.error?.code], ["held", "state/disk-full"]);
    assert.equal(plane.reconciler.serving()?.commit.commit.oid, a);
    assert.match(plane.record(b)?.reason ?? "", /no space left/);
    assert.deepEqual(plane.reconciler.status().problems, ["no space left"]);
    isFull = false;
    await plane.reaches(b, "live"); // by itself
    assert.deepEqual(plane.reconciler.status().problems, []);
    isFull = true;
    const c = await git.commit(gatewayFiles(9003));
    await plane.turn({ force: true });
    await plane.reaches(c, "live"); // a person insists
  });
});

async function nextTurn(plane: TestControlPlane): Promise<void> {
  await new Promise<void>((resolve) => {
    const stop = plane.reconciler.onTurn(() => {
      stop();
      resolve();
    });
    plane.reconciler.wake("secrets");
  });
}

import assert from "node:assert/strict";
import { afterEach, beforeEach, describe, it } from "node:test";
import { isDeepStrictEqual } from "node:util";
import { typeUrls } from "../../../src/envoy/type-urls.js";
import { gatewayFiles, upstreamYaml, virtualServiceYaml } from "../../support/config-texts.js";
import {
  startControlPlane,
  type TestControlPlane,
  type TestControlPlaneOptions,
} from "../../support/control-plane.js";
import { poll } from "../../support/envoy-process.js";
import { createTestRepository, type Changes, type TestRepository } from "../../support/git-repo.js";
import { connectRobotEnvoy, type RobotEnvoy } from "../../support/robot-envoy.js";

/** A change that shows in a cluster: Envoys that hate the number refuse it. */
const timeout = (seconds: number): Changes => ({
  "upstreams/back.yaml": upstreamYaml("back", 9001, "").replace(
    "type: static\n",
    `type: static\nconnection_timeout: ${seconds}s\n`,
  ),
  "virtualservices/front.yaml": virtualServiceYaml("front", "back"),
});

/** A change that shows in a route only. */
const otherRoute: Changes = {
  "virtualservices/front.yaml": virtualServiceYaml("front", "back").replace(
    'domains: ["*"]',
    "domains: [other.example]",
  ),
};

describe("Envoys' veto", () => {
  let git: TestRepository;
  let plane: TestControlPlane;
  let robots: RobotEnvoy[];

  beforeEach(async () => {
    git = await createTestRepository();
    robots = [];
  });
  afterEach(async () => {
    for (const robot of robots) robot.close();
    await plane.close();
    await git.remove();
  });

  const connect = (nodeId: string): RobotEnvoy => {
    const robot = connectRobotEnvoy(plane.port, nodeId);
    robots.push(robot);
    return robot;
  };
  const clusterOf = (robot: RobotEnvoy): string | undefined =>
    robot.holdings()[typeUrls.cluster]?.["back"];
  const versionOf = (): string | undefined =>
    plane.reconciler
      .serving()
      ?.snapshot.roles.get("ingress")
      ?.sets.get(typeUrls.cluster)
      ?.resources.get("back")?.version;
  /** Refuses every cluster response until it is told otherwise. */
  const refuseClusters = (robot: RobotEnvoy, message = "I will not"): void => {
    robot.refuses = ({ type_url }) => (type_url === typeUrls.cluster ? message : undefined);
  };
  const takeAll = (robot: RobotEnvoy): void => {
    robot.refuses = () => undefined;
  };
  /** Refuses the cluster that is served now when this is called, and only that. */
  const refuseVersionsBut = (robot: RobotEnvoy, good: string | undefined): void => {
    robot.refuses = ({ type_url, resources = [] }) =>
      type_url === typeUrls.cluster && resources.some(({ version }) => version !== good)
        ? "I will not"
        : undefined;
  };

  /** Every connected Envoy has taken it, and there is no going back beyond it. */
  const isProven = (oid: string): Promise<unknown> =>
    poll("it to be proven", () => plane.record(oid)?.durations.allAcks);

  const serves = (oid: string): Promise<unknown> =>
    poll(`${oid.slice(0, 8)} to be served`, () =>
      plane.reconciler.serving()?.commit.commit.oid === oid ? true : undefined,
    );

  async function start(
    nodes: readonly string[],
    options: Partial<TestControlPlaneOptions> = {},
  ): Promise<string> {
    const oid = await git.commit(timeout(1));
    plane = await startControlPlane({ url: git.folder, ...options });
    await plane.reaches(oid, "live");
    for (const node of nodes) connect(node);
    if (nodes.length > 0) await isProven(oid);
    return oid;
  }

  it("takes a commit back, from everybody who was sent it", async () => {
    const a = await start(["ingress~1", "ingress~2"]);
    const [one, two] = robots as [RobotEnvoy, RobotEnvoy];
    const good = clusterOf(one);
    refuseVersionsBut(one, versionOf());
    const b = await git.commit(timeout(2));
    assert.equal((await plane.turn()).result, "published");
    const record = await plane.reaches(b, "refused");
    assert.deepEqual(plane.states(b), ["seen", "validating", "accepted", "publishing", "refused"]);
    assert.deepEqual(
      record.refusals.map(({ nodeId, role, typeUrl, message }) => [nodeId, role, typeUrl, message]),
      [["ingress~1", "ingress", typeUrls.cluster, "I will not"]],
    );
    await two.waitFor("the old cluster", () => clusterOf(two) === good);
    assert.equal(plane.reconciler.serving()?.commit.commit.oid, a);
    assert.equal(plane.record(a)?.state, "live");
    assert.ok(plane.turns.some(({ result, commit }) => result === "refused" && commit === b));
  });

  it("is remembered: what was refused is not tried again, unless a person asks", async () => {
    await start(["ingress~1"]);
    const [one] = robots as [RobotEnvoy];
    refuseVersionsBut(one, versionOf());
    const b = await git.commit(timeout(2));
    await plane.turn();
    await plane.reaches(b, "refused");
    const sent = one.responses.length;
    const same = await git.commit({ "README.md": "other tree, same meaning" });
    const report = await plane.turn();
    assert.equal(report.result, "refused");
    assert.equal(plane.record(same)?.state, "refused");
    takeAll(one);
    await plane.turn();
    assert.equal(plane.record(same)?.state, "refused");
    await plane.turn({ force: true });
    await plane.reaches(same, "live");
    assert.ok(one.responses.length > sent);
  });

  it("falls back to the commit before the refused one, if that came with it and is good", async () => {
    const a = await start(["ingress~1"]);
    const [one] = robots as [RobotEnvoy];
    const b = await git.commit(timeout(2));
    const c = await git.commit(timeout(3));
    let refusals = 0;
    one.refuses = ({ type_url }) =>
      type_url === typeUrls.cluster && refusals++ === 0 ? "not this one" : undefined;
    await plane.turn();
    await plane.reaches(c, "refused");
    await plane.reaches(b, "live");
    assert.equal(plane.record(a)?.state, "superseded");
  });

  it("is not asked for more than three times in a row", async () => {
    const a = await start(["ingress~1"]);
    const [one] = robots as [RobotEnvoy];
    const commits: string[] = [];
    for (let seconds = 2; seconds < 8; seconds++) commits.push(await git.commit(timeout(seconds)));
    refuseVersionsBut(one, versionOf());
    await plane.turn();
    await poll("three refusals", () =>
      commits.filter((oid) => plane.record(oid)?.state === "refused").length === 3
        ? true
        : undefined,
    );
    await plane.turn();
    assert.equal(plane.reconciler.serving()?.commit.commit.oid, a);
    assert.equal(commits.filter((oid) => plane.record(oid)?.state === "refused").length, 3);
  });

  it("does not come from an Envoy that refuses the good commit too", async () => {
    await start(["ingress~1"]);
    const sick = connect("ingress~sick");
    refuseClusters(sick, "my disk is full");
    await poll("its refusal", () => (plane.server.progress().rejecting === 1 ? true : undefined));
    const b = await git.commit(timeout(2));
    await plane.turn();
    await plane.reaches(b, "live");
    // And when it is well again, its word counts again.
    takeAll(sick);
    const c = await git.commit(timeout(3));
    await plane.turn();
    await plane.reaches(c, "live");
    refuseVersionsBut(sick, versionOf());
    const d = await git.commit(timeout(4));
    await plane.turn();
    await plane.reaches(d, "refused");
  });

  it("is void when the one who gave it refuses what came before as well", async () => {
    await start(["ingress~1"]);
    const [one] = robots as [RobotEnvoy];
    refuseClusters(one, "out of memory");
    const b = await git.commit(timeout(2));
    await plane.turn();
    await poll("a refusal", () => (plane.states(b).includes("refused") ? true : undefined));
    await plane.reaches(b, "live"); // at the second try, without its word
  });

  it("counts for a newer commit that has the same part, which nobody is sent twice", async () => {
    const a = await start(["ingress~1"]);
    const [one] = robots as [RobotEnvoy];
    const good = versionOf();
    one.silent = true;
    const sent = one.responses.length;
    const b = await git.commit(timeout(2));
    await plane.turn();
    await one.waitFor("it to be sent", () => one.responses.length > sent);
    const c = await git.commit({ ...timeout(2), ...otherRoute });
    await plane.turn();
    refuseVersionsBut(one, good);
    one.silent = false;
    await plane.reaches(c, "refused");
    await plane.reaches(b, "refused");
    await serves(a);
  });

  it("is that of half of a role's Envoys, with policy quorum", async () => {
    await start(["ingress~1", "ingress~2", "ingress~3"], { vetoPolicy: { kind: "quorum" } });
    const [one, two] = robots as [RobotEnvoy, RobotEnvoy];
    refuseVersionsBut(one, versionOf());
    const b = await git.commit(timeout(2));
    await plane.turn();
    const outvoted = await plane.reaches(b, "live");
    assert.match(outvoted.reason ?? "", /"ingress~1" refuses it and is outvoted/);
    takeAll(one);
    const c = await git.commit(timeout(3));
    await plane.turn();
    await plane.reaches(c, "live");
    refuseVersionsBut(one, versionOf());
    refuseVersionsBut(two, versionOf());
    const d = await git.commit(timeout(4));
    await plane.turn();
    await plane.reaches(d, "refused");
  });

  describe("with policy canary", () => {
    const files = (seconds: number): Changes => ({
      ...timeout(seconds),
      "roles/ingress.yaml": "name: ingress\n",
      "roles/canary.yaml": "name: canary\n",
      "virtualservices/front.yaml": virtualServiceYaml(
        "front",
        "back",
        "roles: [ingress, canary]\n",
      ),
    });
    async function startBoth(): Promise<readonly [RobotEnvoy, RobotEnvoy]> {
      const oid = await git.commit(files(1));
      const vetoPolicy = { kind: "canary", role: "canary" } as const;
      plane = await startControlPlane({ url: git.folder, vetoPolicy });
      await plane.reaches(oid, "live");
      const canary = connect("canary~1");
      const other = connect("ingress~1");
      await isProven(oid);
      return [canary, other];
    }

    it("a commit goes to the canary role first, and to all others when that has taken it", async () => {
      const [canary, other] = await startBoth();
      const old = clusterOf(other);
      canary.silent = true;
      const b = await git.commit(files(2));
      await plane.turn();
      const before = canary.responses.length;
      await poll("the canary to be sent it", () =>
        canary.responses.length >= before && plane.states(b).includes("publishing")
          ? true
          : undefined,
      );
      await plane.turn();
      assert.equal(clusterOf(other), old);
      assert.equal(plane.record(b)?.state, "publishing");
      canary.silent = false;
      await plane.reaches(b, "live");
      await other.waitFor("the new cluster", () => clusterOf(other) !== old);
      assert.equal(clusterOf(other), clusterOf(canary));
    });

    it("a commit that the canary role refuses reaches nobody else", async () => {
      const [canary, other] = await startBoth();
      const good = clusterOf(canary);
      let refusals = 0;
      canary.refuses = ({ type_url }) =>
        type_url === typeUrls.cluster && refusals++ === 0 ? "no" : undefined;
      const b = await git.commit(files(2));
      await plane.turn();
      await plane.reaches(b, "refused");
      await canary.waitFor("the old cluster", () => clusterOf(canary) === good);
      const clusters = other.responses.filter(({ type_url }) => type_url === typeUrls.cluster);
      assert.equal(clusters.length, 1);
    });
  });

  it("is awaited for no longer than the ack timeout", async () => {
    await start(["ingress~1", "ingress~2"], { ackTimeoutMs: 300 });
    const [, two] = robots as [RobotEnvoy, RobotEnvoy];
    two.silent = true;
    const b = await git.commit(timeout(2));
    await plane.turn();
    const record = await plane.reaches(b, "live");
    assert.match(record.reason ?? "", /1 Envoys have not answered/);
  });

  it("counts also after a commit went live for want of Envoys", async () => {
    const a = await start(["ingress~1"]);
    robots.pop()?.close();
    await poll("it to leave", () => (plane.server.progress().streams === 0 ? true : undefined));
    const b = await git.commit(timeout(2));
    await plane.turn();
    await plane.reaches(b, "live");
    const late = connect("ingress~late");
    let refused = 0;
    late.refuses = ({ type_url }) =>
      type_url === typeUrls.cluster && refused++ === 0 ? "never" : undefined;
    await plane.reaches(b, "refused");
    await plane.reaches(a, "live");
    assert.equal(plane.reconciler.serving()?.commit.commit.oid, a);
  });

  describe("with nothing proven", () => {
    it("takes a commit back to the one that was live, which is on trial again", async () => {
      const a = await start([], { quietMs: 60_000 }); // an Envoy takes it, and has proven nothing yet
      const robot = connect("ingress~1");
      refuseVersionsBut(robot, versionOf());
      const held = await robot.waitFor("all of it", (all) => all[typeUrls.route] !== undefined);
      const b = await git.commit(timeout(2));
      await plane.turn();
      const record = await plane.reaches(b, "refused");
      assert.equal(record.refusals[0]?.nodeId, "ingress~1");
      await serves(a);
      await robot.waitFor("what it had", (all) => isDeepStrictEqual(all, held));
      assert.equal(plane.record(a)?.state, "live");
      assert.equal(plane.record(a)?.durations.allAcks, undefined);
      assert.deepEqual(plane.reconciler.status().problems, []);
    });

    it("takes both back that came before the first Envoy, and proves the one before them", async () => {
      const a = await start([]);
      const good = versionOf();
      const b = await git.commit(timeout(2));
      await plane.turn();
      await plane.reaches(b, "live");
      const c = await git.commit(timeout(3));
      await plane.turn();
      await plane.reaches(c, "live");
      const robot = connect("ingress~1");
      refuseVersionsBut(robot, good);
      await isProven(a);
      assert.deepEqual(
        [a, b, c].map((oid) => plane.record(oid)?.state),
        ["live", "refused", "refused"],
      );
      // And it is where the next one goes back to.
      const d = await git.commit(timeout(4));
      await plane.turn();
      await plane.reaches(d, "refused");
      await serves(a);
    });

    it("leaves the first where it is when that is refused too, and says so", async () => {
      const a = await start([]);
      const b = await git.commit(timeout(2));
      await plane.turn();
      await plane.reaches(b, "live");
      refuseClusters(connect("ingress~1"));
      await plane.reaches(b, "refused");
      await plane.reaches(a, "refused");
      assert.equal(plane.reconciler.serving()?.commit.commit.oid, a);
      await poll("it to be said", () =>
        /nothing came before/.test(plane.reconciler.status().problems.join()) ? true : undefined,
      );
    });
  });

  it("leaves a first commit where it is, and says that nothing came before it", async () => {
    const a = await git.commit(gatewayFiles());
    plane = await startControlPlane({ url: git.folder });
    const robot = connect("ingress~1");
    refuseClusters(robot);
    await plane.reaches(a, "refused");
    assert.equal(plane.reconciler.serving()?.commit.commit.oid, a);
    assert.match(plane.reconciler.status().problems.join(), /nothing came before/);
    takeAll(robot);
    const b = await git.commit(timeout(2));
    await plane.turn();
    await plane.reaches(b, "live");
    assert.deepEqual(plane.reconciler.status().problems, []);
  });
});

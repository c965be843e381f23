import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { typeUrls } from "../../../src/envoy/type-urls.js";
import { snapshotOfEditions } from "../../support/snapshot.js";
import { useAdsServer } from "../../support/xds-server.js";
import { variants } from "../../support/xds-session.js";

const { cluster } = typeUrls;

/** What the reconcile loop and `gloo envoys` see of the Envoys. */
for (const variant of variants) {
  describe(`events and status, ${variant}`, () => {
    let clockMs = 1_000;
    const xds = useAdsServer({ now: () => clockMs });
    const one = { cluster: { a: 1 }, endpoints: { a: 1 }, route: { r: 1 } };
    const first = snapshotOfEditions(one);
    const second = snapshotOfEditions({ ...one, cluster: { a: 2 } });
    const versionOf = (snapshot: typeof first) =>
      snapshot.roles.get("ingress")?.sets.get(cluster)?.version;

    it("tell of connecting, of each response and its answer, and of the end", async () => {
      xds.server.publish(first);
      const session = xds.open(variant);
      session.ask(cluster);
      await session.take();
      await session.expectQuiet();
      xds.server.publish(second);
      session.nack(await session.next(), "a cluster without a name");
      await session.expectQuiet();
      const gone = xds.event(({ kind }) => kind === "disconnected");
      session.stream.cancel();
      await gone;
      const of = xds.events.filter((event) => !("typeUrl" in event) || event.typeUrl === cluster);
      assert.deepEqual(
        of.map((event) => [
          event.kind,
          event.envoy.nodeId,
          ...("snapshotId" in event ? [event.version, event.snapshotId] : []),
          ...(event.kind === "nack" ? [event.message] : []),
        ]),
        [
          ["connected", "ingress~test"],
          ["sent", "ingress~test", versionOf(first), first.id],
          ["ack", "ingress~test", versionOf(first), first.id],
          ["sent", "ingress~test", versionOf(second), second.id],
          ["nack", "ingress~test", versionOf(second), second.id, "a cluster without a name"],
          ["disconnected", "ingress~test"],
        ],
      );
      assert.equal(new Set(of.map(({ envoy }) => envoy.stream)).size, 1);
      assert.ok(of.every(({ envoy }) => envoy.role === "ingress"));
    });

    it("an answer to a response that others came after is told as that response's", async () => {
      xds.server.publish(first);
      const session = xds.open(variant);
      session.ask(cluster);
      const early = await session.next();
      xds.server.publish(second);
      const late = await session.next();
      const answers = [
        xds.event(({ kind }) => kind === "nack"),
        xds.event(({ kind }) => kind === "ack"),
      ];
      session.nack(early);
      session.ack(late);
      const seen = (await Promise.all(answers)).map((event) =>
        "snapshotId" in event ? event.snapshotId : undefined,
      );
      assert.deepEqual(seen, [first.id, second.id]);
    });

    it("show who is connected, and what it was sent, accepted and rejected", async () => {
      xds.server.publish(first);
      clockMs = 2_000;
      const stream = xds.client[variant]();
      stream.send({
        node: {
          id: "ingress~test",
          cluster: "some-cluster",
          user_agent_name: "envoy",
          user_agent_build_version: { version: { major_number: 1, minor_number: 40, patch: 2 } },
        },
        type_url: cluster,
      });
      const { nonce = "" } = await stream.next();
      const acked = xds.event(({ kind }) => kind === "ack");
      stream.send({ type_url: cluster, response_nonce: nonce });
      await acked;
      clockMs = 3_000;
      xds.server.publish(second);
      const next = await stream.next();
      const nacked = xds.event(({ kind }) => kind === "nack");
      const error_detail = { code: 3, message: "no" };
      stream.send({ type_url: cluster, response_nonce: next.nonce ?? "", error_detail });
      await nacked;
      const [status] = xds.server.envoys();
      assert.ok(status);
      const { envoy, peer, types, ...rest } = status;
      assert.deepEqual([envoy.nodeId, envoy.role], ["ingress~test", "ingress"]);
      assert.match(peer, /^127\.0\.0\.1:\d+$/);
      assert.deepEqual(rest, {
        cluster: "some-cluster",
        envoyVersion: "1.40.2",
        variant,
        service: "ADS",
        connectedAtMs: 2_000,
      });
      assert.deepEqual(types.get(cluster), {
        subscribed: ["*"],
        sentVersion: versionOf(second),
        ackedVersion: versionOf(first),
        lastNack: { version: versionOf(second), message: "no", atMs: 3_000 },
      });
    });

    it("count who is current, and who rejects", async () => {
      xds.server.publish(first);
      const sessions = [xds.open(variant, "ingress~1"), xds.open(variant, "ingress~2")] as const;
      for (const session of sessions) {
        session.ask(cluster);
        await session.take();
        await session.expectQuiet();
      }
      xds.server.publish(second);
      assert.deepEqual(xds.server.progress(), { streams: 2, current: 0, rejecting: 0 });
      sessions[0].ack(await sessions[0].next());
      sessions[1].nack(await sessions[1].next());
      const fenced = ["ingress~1", "ingress~2"].map((id) =>
        xds.event(({ kind, envoy }) => kind === "ack" && envoy.nodeId === id),
      );
      for (const session of sessions) await session.expectQuiet();
      await Promise.all(fenced);
      assert.deepEqual(xds.server.progress(), { streams: 2, current: 1, rejecting: 1 });
      const nacks = xds.server.envoys().map(({ types }) => types.get(cluster)?.lastNack?.message);
      assert.deepEqual(nacks, [undefined, "rejected"]);
    });

    it("a stream whose role goes is served the fallback, and shown without a role", async () => {
      xds.server.publish(first);
      const session = xds.open(variant, "edge~1");
      session.ask(cluster);
      assert.deepEqual((await session.take()).names, []);
      assert.equal(xds.server.envoys()[0]?.envoy.role, undefined);
    });
  });
}

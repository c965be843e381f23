import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { setImmediate } from "node:timers/promises";
import { typeUrls } from "../../../src/envoy/type-urls.js";
import { snapshotOfEditions, type Editions } from "../../support/snapshot.js";
import { useAdsServer } from "../../support/xds-server.js";
import { variants, type Received, type XdsSession } from "../../support/xds-session.js";

const { secret, cluster, endpoints, listener, route } = typeUrls;
const kindOf = new Map<string, string>(
  Object.entries(typeUrls).map(([kind, typeUrl]) => [typeUrl, kind]),
);

for (const variant of variants) {
  describe(`changes, ${variant}`, () => {
    const xds = useAdsServer();
    const base = {
      secret: { s: 1 },
      cluster: { a: 1, b: 1 },
      endpoints: { a: 1, b: 1 },
      listener: { l: 1 },
      route: { r: 1 },
    } satisfies Editions;

    const publish = (change: Editions = {}): void => {
      xds.server.publish(snapshotOfEditions({ ...base, ...change }));
    };
    /** Asks for a type and takes its first answer. */
    async function start(session: XdsSession, typeUrl: string, ...names: readonly string[]) {
      session.ask(typeUrl, ...names);
      return session.take();
    }
    /** A session as a proxy has it: everything is asked for. */
    async function startAll(): Promise<XdsSession> {
      const session = xds.open(variant);
      await start(session, cluster);
      await start(session, endpoints, "a", "b");
      await start(session, listener);
      await start(session, route, "r");
      const acked = xds.event((event) => event.kind === "ack" && event.typeUrl === secret);
      await start(session, secret, "s");
      await acked;
      return session;
    }
    /** The next `count` responses as `cluster a b`, removals as `-a`. */
    async function lines(session: XdsSession, count: number): Promise<readonly string[]> {
      const seen: string[] = [];
      while (seen.length < count) seen.push(lineOf(await session.take()));
      return seen;
    }
    const lineOf = ({ typeUrl, names, removed }: Received): string =>
      [kindOf.get(typeUrl), ...names, ...removed.map((name) => `-${name}`)].join(" ");
    const sotwOr = <T>(sotw: T, delta: T): T => (variant === "sotw" ? sotw : delta);

    it("reach every stream that asks for what changed, and no other", async () => {
      publish();
      const sessions = Array.from({ length: 5 }, () => xds.open(variant));
      for (const session of sessions) await start(session, endpoints, "a");
      const other = xds.open(variant);
      await start(other, endpoints, "b");
      publish({ endpoints: { a: 2, b: 1 } });
      for (const session of sessions) assert.deepEqual((await session.take()).names, ["a"]);
      await other.expectQuiet();
    });

    it("an equal snapshot, and one that changes other types, push nothing", async () => {
      publish();
      const session = xds.open(variant);
      await start(session, cluster);
      await start(session, endpoints, "a");
      publish();
      publish({ route: { r: 2 }, listener: { l: 2 } });
      await session.expectQuiet();
    });

    it("ACKs are quiet, however often they come", async () => {
      publish();
      const session = xds.open(variant);
      const first = await start(session, cluster);
      session.ack(first);
      session.ack(first);
      await session.expectQuiet();
    });

    it("dropping names is quiet, and so is all that becomes of them", async () => {
      publish();
      const session = xds.open(variant);
      await start(session, endpoints, "a", "b");
      session.drop(endpoints, "b");
      await session.expectQuiet();
      publish({ endpoints: { a: 1, b: 2 } });
      await session.expectQuiet();
      session.drop(endpoints, "a");
      await session.expectQuiet();
      publish({ endpoints: { a: 2, b: 2 } });
      publish({ endpoints: {} });
      await session.expectQuiet();
    });

    it("a type that was dropped before its first answer gets none", async () => {
      const session = xds.open(variant);
      session.ask(cluster, "a");
      session.drop(cluster, "a");
      session.ask(route, "r");
      const isAsked = (): boolean => xds.server.envoys()[0]?.types.has(route) ?? false;
      while (!isAsked()) await setImmediate();
      publish();
      assert.equal((await session.take()).typeUrl, route);
      session.ask(cluster, "b");
      assert.deepEqual((await session.take()).names, ["b"]);
    });

    it("names that are added with an ACK are sent at an unchanged version", async () => {
      publish();
      const session = xds.open(variant);
      session.ask(endpoints, "a");
      const first = await session.next();
      session.ask(endpoints, "b"); // with the nonce of the response: an ACK
      const second = await session.next();
      assert.deepEqual([second.names, second.version], [["b"], first.version]);
    });

    it("a name that was dropped and is asked for again is sent again", async () => {
      publish();
      const session = xds.open(variant);
      await start(session, endpoints, "a", "b");
      session.drop(endpoints, "a");
      session.ask(endpoints, "a");
      assert.deepEqual((await session.take()).names, ["a"]);
    });

    it("a name that appears is sent to who asked for it before", async () => {
      publish();
      const session = xds.open(variant);
      await start(session, endpoints, "later", "a");
      await session.expectQuiet();
      publish({ endpoints: { a: 1, b: 1, later: 1 } });
      assert.deepEqual((await session.take()).names, ["later"]);
    });

    it("a NACK is quiet; the next version of what was rejected comes", async () => {
      publish();
      const session = xds.open(variant);
      for (const typeUrl of [cluster, route]) {
        session.ask(typeUrl, ...(typeUrl === route ? ["r"] : []));
        session.nack(await session.next());
      }
      await session.expectQuiet();
      publish({ cluster: { a: 2, b: 1 }, route: { r: 2 } });
      // All that came with the rejected one is sent with its cure: the client may have none of it.
      assert.deepEqual(await lines(session, 2), ["cluster a b", "route r"]);
    });

    it("types are walled off: a NACK of one, and its nonce, mean nothing to another", async () => {
      publish();
      const session = xds.open(variant);
      session.ask(cluster);
      session.nack(await session.next());
      const routes = await start(session, route, "r");
      session.ack({ ...routes, typeUrl: cluster }); // a nonce of RDS on CDS
      await session.expectQuiet();
      publish({ cluster: { a: 2, b: 2 }, route: { r: 2 } });
      assert.deepEqual(await lines(session, 2), ["cluster a b", "route r"]);
    });

    it("are pushed although the last response is not acknowledged", async () => {
      publish();
      const session = xds.open(variant);
      session.ask(cluster);
      await session.next();
      for (const edition of [2, 3, 4]) {
        publish({ cluster: { a: 1, b: edition } });
        assert.deepEqual((await session.next()).names, sotwOr(["a", "b"], ["b"]));
      }
    });

    it("late and crossing ACKs change nothing", async () => {
      publish();
      const session = xds.open(variant);
      session.ask(cluster);
      const responses: Received[] = [await session.next()];
      for (const edition of [2, 3]) {
        publish({ cluster: { a: 1, b: edition } });
        responses.push(await session.next());
      }
      for (const response of responses) session.ack(response);
      for (const response of responses.reverse()) session.ack(response);
      await session.expectQuiet();
      publish({ cluster: { a: 2, b: 3 } });
      assert.deepEqual((await session.take()).names, sotwOr(["a", "b"], ["a"]));
    });

    it("in quick succession end in the newest, and may skip what is between", async () => {
      publish();
      const session = xds.open(variant);
      await start(session, cluster);
      for (let edition = 2; edition <= 100; edition++) publish({ cluster: { a: 1, b: edition } });
      const fresh = xds.open(variant);
      const { version } = await start(fresh, cluster);
      let count = 1;
      while ((await session.take()).version !== version) count++;
      assert.ok(count <= 99);
      await session.expectQuiet();
    });

    it("come in order: secrets, clusters, endpoints, listeners, routes", async () => {
      publish();
      const session = await startAll();
      publish({
        secret: { s: 2 },
        cluster: { a: 2, b: 1 },
        endpoints: { a: 1, b: 2 },
        listener: { l: 2 },
        route: { r: 2 },
      });
      assert.deepEqual(await lines(session, 5), [
        "secret s",
        sotwOr("cluster a b", "cluster a"),
        "endpoints a b",
        "listener l",
        "route r",
      ]);
    });

    it("take away last: what is gone stays until nothing that is due can refer to it", async () => {
      publish();
      const session = await startAll();
      publish({
        secret: {},
        cluster: { b: 1, c: 1 },
        endpoints: { b: 1, c: 1 },
        route: { r: 2 },
      });
      const want = sotwOr(
        ["cluster a b c", "route r", "cluster b c"],
        ["cluster c", "route r", "cluster -a", "secret -s", "endpoints -a"],
      );
      assert.deepEqual(await lines(session, want.length), want);
      session.drop(endpoints, "a");
      publish({ cluster: { b: 1, c: 1 }, endpoints: { b: 2, c: 1 }, secret: {}, route: { r: 2 } });
      assert.deepEqual(await lines(session, 1), ["endpoints b"]);
    });

    it("take away at once when nothing else is due", async () => {
      publish();
      const session = await startAll();
      publish({ cluster: { b: 1 } });
      assert.deepEqual(await lines(session, 1), [sotwOr("cluster b", "cluster -a")]);
    });

    it("a listener that takes the place of another comes in the response in which that one goes", async () => {
      publish();
      const session = await startAll();
      publish({ listener: { m: 1 }, route: { r: 2 } });
      assert.deepEqual(await lines(session, 2), [sotwOr("listener m", "listener m -l"), "route r"]);
    });

    describe("EDS after CDS", () => {
      it("assignments of changed EDS clusters are sent again, and no others", async () => {
        publish();
        const session = await startAll();
        for (const edition of [2, 3]) {
          publish({ cluster: { a: edition, b: 1 } });
          const want = [sotwOr("cluster a b", "cluster a"), "endpoints a"];
          assert.deepEqual(await lines(session, 2), want);
        }
      });

      it("without waiting for the ACK of either", async () => {
        publish();
        const session = xds.open(variant);
        session.ask(cluster);
        await session.next();
        session.ask(endpoints, "a", "b");
        await session.next();
        publish({ cluster: { a: 2, b: 1 } });
        const [clusters, assignments] = [await session.next(), await session.next()];
        assert.deepEqual([clusters.typeUrl, assignments.typeUrl], [cluster, endpoints]);
      });

      it("nothing if the client does not ask for the assignment", async () => {
        publish();
        const session = xds.open(variant);
        await start(session, cluster);
        await start(session, endpoints, "b");
        publish({ cluster: { a: 2, b: 1 } });
        await session.take();
        await session.expectQuiet();
      });
    });

    describe("going back after a NACK", () => {
      const good = base;
      const bad: Editions = { ...base, cluster: { a: 1, b: 2, c: 1 }, route: { r: 2 } };
      const back = sotwOr(["cluster a b", "route r"], ["cluster b -c", "route r"]);

      for (const [situation, answer] of [
        ["that rejected it, and acknowledged the old version before", "nack"],
        ["that accepted it", "ack"],
        ["that did not answer yet", "none"],
      ] as const) {
        it(`reaches a stream ${situation}`, async () => {
          xds.server.publish(snapshotOfEditions(good));
          const session = xds.open(variant);
          const first = [await start(session, cluster), await start(session, route, "r")];
          xds.server.publish(snapshotOfEditions(bad));
          for (let count = 0; count < 2; count++) {
            const response = await session.next();
            if (answer !== "none") session[answer](response);
          }
          await session.expectQuiet();
          xds.server.publish(snapshotOfEditions(good));
          // Whoever accepted the added cluster keeps it until its routes do not refer to it any more.
          const accepted = sotwOr(
            ["cluster a b c", "route r", "cluster a b"],
            ["cluster b", "route r", "cluster -c"],
          );
          const want = answer === "ack" ? accepted : back;
          const last: Received[] = [];
          while (last.length < want.length) last.push(await session.next());
          assert.deepEqual(last.map(lineOf), want);
          if (variant === "delta") return;
          const versions = new Map(last.map(({ typeUrl, version }) => [typeUrl, version]));
          for (const { typeUrl, version } of first) assert.equal(versions.get(typeUrl), version);
        });
      }

      it("brings what was rejected along with its cure", async () => {
        xds.server.publish(snapshotOfEditions(good));
        const session = xds.open(variant);
        await start(session, endpoints, "a", "b");
        xds.server.publish(snapshotOfEditions({ ...good, endpoints: { a: 2, b: 2 } }));
        session.nack(await session.next());
        await session.expectQuiet();
        // Only a changes, but the client may have taken neither: b is sent as well.
        xds.server.publish(snapshotOfEditions({ ...good, endpoints: { a: 3, b: 2 } }));
        assert.deepEqual((await session.take()).names, ["a", "b"]);
      });

      it("does not rely on what a client says that went in between", async () => {
        xds.server.publish(snapshotOfEditions(good));
        const session = xds.open(variant);
        await start(session, cluster);
        xds.server.publish(snapshotOfEditions(bad));
        const nacked = xds.event(({ kind }) => kind === "nack");
        session.nack(await session.next());
        await nacked;
        const gone = xds.event(({ kind }) => kind === "disconnected");
        session.stream.cancel();
        await gone;
        const snapshot = snapshotOfEditions(good);
        xds.server.publish(snapshot);
        const set = snapshot.roles.get("ingress")?.sets.get(cluster);
        const node = { id: "ingress~test" };
        if (variant === "sotw") {
          const stream = xds.client.sotw();
          stream.send({ node, type_url: cluster, version_info: set?.version ?? "" });
          assert.equal((await stream.next()).resources?.length, 2);
        } else {
          const stream = xds.client.delta();
          const versions = [...(set?.resources.values() ?? [])].map((each) => [
            each.name,
            each.version,
          ]);
          stream.send({
            node,
            type_url: cluster,
            initial_resource_versions: Object.fromEntries(versions) as Record<string, string>,
          });
          const { resources } = await stream.next();
          assert.deepEqual(
            resources?.map(({ name }) => name),
            ["b"],
          );
        }
      });
    });
  });
}

for (const variant of variants) {
  describe(`clusters that are new, ${variant}`, () => {
    let timers: { readonly ms: number; readonly action: () => void; isCancelled: boolean }[] = [];
    const xds = useAdsServer({
      warmingMs: 700,
      after(ms, action) {
        const timer = { ms, action, isCancelled: false };
        timers.push(timer);
        return () => {
          timer.isCancelled = true;
        };
      },
    });
    const before = { secret: { s: 1 }, cluster: { a: 1 }, listener: { l: 1 }, route: { r: 1 } };
    const after = { ...before, cluster: { a: 1, b: 1 }, route: { r: 2 } };

    /** A session that has everything, and the new cluster that it has not acknowledged. */
    async function startWithNewCluster(): Promise<readonly [XdsSession, Received]> {
      timers = [];
      xds.server.publish(snapshotOfEditions(before));
      const session = xds.open(variant);
      for (const [typeUrl, ...names] of [[cluster], [listener], [route, "r"]] as const) {
        session.ask(typeUrl, ...names);
        await session.take();
      }
      xds.server.publish(snapshotOfEditions(after));
      const clusters = await session.next();
      assert.equal(clusters.typeUrl, cluster);
      return [session, clusters];
    }

    it("are warm, by the client's word, before routes may lead to them", async () => {
      const [session, clusters] = await startWithNewCluster();
      // What is asked for first does not wait, and would come behind the routes if they did not.
      session.ask(secret, "s");
      assert.equal((await session.take()).typeUrl, secret);
      session.ack(clusters);
      assert.equal((await session.take()).typeUrl, route);
      assert.deepEqual(
        timers.map(({ ms, isCancelled }) => [ms, isCancelled]),
        [[700, true]],
      );
    });

    it("hold up routes for a while only", async () => {
      const [session] = await startWithNewCluster();
      session.ask(secret, "s");
      assert.equal((await session.take()).typeUrl, secret);
      timers[0]?.action();
      assert.equal((await session.take()).typeUrl, route);
    });

    it("hold up nothing once the client has rejected them", async () => {
      const [session, clusters] = await startWithNewCluster();
      session.nack(clusters);
      assert.equal((await session.take()).typeUrl, route);
    });

    it("hold up no change of what the client has, be it acknowledged or not", async () => {
      const [session, clusters] = await startWithNewCluster();
      session.ack(clusters);
      await session.take();
      const changed = { ...after, cluster: { a: 2, b: 1 }, route: { r: 3 } };
      xds.server.publish(snapshotOfEditions(changed));
      assert.equal((await session.next()).typeUrl, cluster);
      assert.equal((await session.next()).typeUrl, route);
      assert.equal(timers.length, 1);
    });
  });
}

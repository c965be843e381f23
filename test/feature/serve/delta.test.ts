import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { decode, unwrapAny, encode } from "../../../src/envoy/codec.js";
import type { DeltaDiscoveryRequest } from "../../../src/envoy/generated/messages.js";
import { typeUrls } from "../../../src/envoy/type-urls.js";
import type { Snapshot } from "../../../src/snapshot/snapshot.js";
import { snapshotOfEditions } from "../../support/snapshot.js";
import { useAdsServer } from "../../support/xds-server.js";
import { readDelta } from "../../support/xds-session.js";

const { cluster, endpoints, listener, route } = typeUrls;
const node = { id: "ingress~test" };

/** What only the delta variant does. What both do is in subscriptions.test.ts. */
describe("delta", () => {
  const xds = useAdsServer();
  const two = { cluster: { a: 1, b: 1 }, endpoints: { a: 1, b: 1 }, route: { r: 1 } };
  const versionsOf = (snapshot: Snapshot, typeUrl: string): Record<string, string> =>
    Object.fromEntries(
      [...(snapshot.roles.get("ingress")?.sets.get(typeUrl)?.resources.values() ?? [])].map(
        ({ name, version }) => [name, version],
      ),
    );

  /** Sends requests of one type, then asks for another; gives what came of the first before that. */
  async function answersTo(typeUrl: string, ...requests: readonly DeltaDiscoveryRequest[]) {
    const stream = xds.client.delta();
    for (const request of requests) stream.send({ node, type_url: typeUrl, ...request });
    stream.send({ type_url: listener, resource_names_subscribe: ["fence"] });
    const answers: (readonly [names: readonly string[], removed: readonly string[]])[] = [];
    for (;;) {
      const response = readDelta(await stream.next());
      if (response.typeUrl === listener) return answers;
      answers.push([response.names, response.removed]);
    }
  }
  const subscribe = (...names: readonly string[]): DeltaDiscoveryRequest => ({
    resource_names_subscribe: [...names],
  });
  const unsubscribe = (...names: readonly string[]): DeltaDiscoveryRequest => ({
    resource_names_unsubscribe: [...names],
  });

  for (const [situation, requests, want] of [
    ["an empty first subscribe is the wildcard", [subscribe()], [[["a", "b"], []]]],
    ["* is the wildcard", [subscribe("*")], [[["a", "b"], []]]],
    ["* beside a name sends each once", [subscribe("*", "a")], [[["a", "b"], []]]],
    ["a name twice is sent once", [subscribe("a", "a")], [[["a"], []]]],
    ["names get these only", [subscribe("b")], [[["b"], []]]],
    ["an unknown name is answered as removed", [subscribe("a", "x")], [[["a"], ["x"]]]],
    [
      "a name that the client has is answered",
      [subscribe("a"), subscribe("a")],
      [
        [["a"], []],
        [["a"], []],
      ],
    ],
    [
      "* again means everything again",
      [subscribe("*"), subscribe("*")],
      [
        [["a", "b"], []],
        [["a", "b"], []],
      ],
    ],
    [
      "* after a name sends everything",
      [subscribe("a"), subscribe("*")],
      [
        [["a"], []],
        [["a", "b"], []],
      ],
    ],
    ["unsubscribing alone needs no answer", [subscribe("a"), unsubscribe("a")], [[["a"], []]]],
    ["unsubscribing the unknown is ignored", [subscribe("a"), unsubscribe("y")], [[["a"], []]]],
    [
      "a name in both lists stays asked for",
      [subscribe("a"), { ...subscribe("b"), ...unsubscribe("b") }],
      [
        [["a"], []],
        [["b"], []],
      ],
    ],
    [
      "a name that was dropped and is asked for again is sent again",
      [subscribe("a"), unsubscribe("a"), subscribe("a")],
      [
        [["a"], []],
        [["a"], []],
      ],
    ],
    [
      "under the wildcard, unsubscribing a name is answered with it",
      [subscribe("*", "a"), unsubscribe("a")],
      [
        [["a", "b"], []],
        [["a"], []],
      ],
    ],
    [
      "under the wildcard, unsubscribing a name that is not there is answered as removed",
      [subscribe("*", "x"), unsubscribe("x")],
      [
        [["a", "b"], ["x"]],
        [[], ["x"]],
      ],
    ],
    [
      "the legacy wildcard never comes back",
      [subscribe(), unsubscribe("*"), subscribe()],
      [[["a", "b"], []]],
    ],
    [
      "subscription changes count whatever the nonce",
      [
        subscribe("a"),
        { ...subscribe("b"), response_nonce: "of nobody" },
        {
          ...unsubscribe("b"),
          response_nonce: "of nobody",
          error_detail: { code: 3, message: "no" },
        },
        subscribe("b"),
      ],
      [
        [["a"], []],
        [["b"], []],
        [["b"], []],
      ],
    ],
  ] as const) {
    it(`subscribing: ${situation}`, async () => {
      xds.server.publish(snapshotOfEditions(two));
      for (const typeUrl of [cluster, endpoints]) {
        assert.deepEqual(await answersTo(typeUrl, ...requests), want);
      }
    });
  }

  it("subscribing: the wildcard is answered once with nothing if there is nothing", async () => {
    xds.server.publish(snapshotOfEditions({}));
    assert.deepEqual(await answersTo(cluster, {}, {}), [[[], []]]);
  });

  it("subscribing: the legacy wildcard survives added names, and ends with minus *", async () => {
    xds.server.publish(snapshotOfEditions(two));
    const session = xds.open("delta");
    session.ask(cluster);
    await session.take();
    session.ask(cluster, "a");
    await session.take();
    xds.server.publish(snapshotOfEditions({ ...two, cluster: { a: 1, b: 1, c: 1 } }));
    assert.deepEqual((await session.take()).names, ["c"]);
    session.drop(cluster, "*");
    await session.expectQuiet();
    xds.server.publish(snapshotOfEditions({ ...two, cluster: { a: 2, b: 2, c: 2 } }));
    assert.deepEqual((await session.take()).names, ["a"]);
  });

  it("unknown names: stay subscribed, and are sent when they appear", async () => {
    xds.server.publish(snapshotOfEditions(two));
    const session = xds.open("delta");
    session.ask(endpoints, "later");
    assert.deepEqual((await session.take()).removed, ["later"]);
    await session.expectQuiet();
    xds.server.publish(snapshotOfEditions({ ...two, endpoints: { later: 1 } }));
    assert.deepEqual((await session.take()).names, ["later"]);
    xds.server.publish(snapshotOfEditions(two));
    assert.deepEqual((await session.take()).removed, ["later"]);
  });

  it("resources: name as in the body; a version that changes exactly with the content", async () => {
    const snapshots = [1, 2].map((edition) =>
      snapshotOfEditions({ ...two, cluster: { a: 1, b: edition } }),
    );
    const versions = new Map<string, Set<string>>();
    for (const snapshot of snapshots) {
      xds.server.publish(snapshot);
      for (let count = 0; count < 2; count++) {
        const stream = xds.client.delta();
        stream.send({ node, type_url: cluster });
        for (const { name = "", version = "", resource } of (await stream.next()).resources ?? []) {
          assert.ok(resource);
          const { type, value } = unwrapAny(encode("google.protobuf.Any", resource));
          assert.equal(type, "envoy.config.cluster.v3.Cluster");
          assert.equal(decode(type, value).name, name);
          versions.set(name, (versions.get(name) ?? new Set()).add(version));
        }
      }
    }
    assert.deepEqual(
      [...versions].map(([name, seen]) => [name, seen.size]),
      [
        ["a", 1],
        ["b", 2],
      ],
    );
  });

  it("changes: only what changed is sent, and what is gone is named", async () => {
    xds.server.publish(snapshotOfEditions(two));
    const session = xds.open("delta");
    session.ask(cluster);
    await session.take();
    xds.server.publish(snapshotOfEditions({ ...two, cluster: { b: 2, c: 1 } }));
    const { names, removed } = await session.take();
    assert.deepEqual([names, removed], [["b", "c"], ["a"]]);
    await session.expectQuiet();
  });

  describe("initial_resource_versions", () => {
    const initial = (versions: Record<string, string>): DeltaDiscoveryRequest => ({
      initial_resource_versions: versions,
    });

    it("equal to what is served: nothing is sent, not even an empty response", async () => {
      const snapshot = snapshotOfEditions(two);
      xds.server.publish(snapshot);
      for (const request of [{}, subscribe("*"), subscribe("a", "b")]) {
        const versions = initial(versionsOf(snapshot, cluster));
        assert.deepEqual(await answersTo(cluster, { ...request, ...versions }), []);
      }
    });

    it("old, missing or gone: exactly these are sent", async () => {
      const snapshot = snapshotOfEditions({ ...two, cluster: { a: 1, b: 1, c: 1 } });
      xds.server.publish(snapshot);
      const { a = "" } = versionsOf(snapshot, cluster);
      const versions = initial({ a, b: "old", gone: "1" });
      for (const request of [{}, subscribe("*"), subscribe("a", "b", "c", "gone")]) {
        const answers = await answersTo(cluster, { ...request, ...versions });
        assert.deepEqual(answers, [[["b", "c"], ["gone"]]]);
      }
    });

    it("names that are not asked for do not count", async () => {
      xds.server.publish(snapshotOfEditions(two));
      const answers = await answersTo(cluster, { ...subscribe("a"), ...initial({ b: "old" }) });
      assert.deepEqual(answers, [[["a"], []]]);
    });

    it("on a later message of the type: they do not count", async () => {
      const snapshot = snapshotOfEditions(two);
      xds.server.publish(snapshot);
      const answers = await answersTo(
        cluster,
        subscribe("a"),
        { ...subscribe("b"), ...initial(versionsOf(snapshot, cluster)) },
        initial({ a: "old", gone: "1" }),
      );
      assert.deepEqual(answers, [
        [["a"], []],
        [["b"], []],
      ]);
    });

    it("on the first message of a second type: they count", async () => {
      const snapshot = snapshotOfEditions(two);
      xds.server.publish(snapshot);
      const stream = xds.client.delta();
      stream.send({ node, type_url: cluster });
      await stream.next();
      stream.send({ type_url: route, ...subscribe("r"), ...initial(versionsOf(snapshot, route)) });
      stream.send({ type_url: endpoints, ...subscribe("a") });
      assert.equal((await stream.next()).type_url, endpoints);
    });

    it("EDS after CDS: assignments of clusters that changed meanwhile are sent all the same", async () => {
      const before = snapshotOfEditions(two);
      xds.server.publish(snapshotOfEditions({ ...two, cluster: { a: 2, b: 1 } }));
      const stream = xds.client.delta();
      const connect = (typeUrl: string, ...names: readonly string[]): void => {
        const versions = initial(versionsOf(before, typeUrl));
        stream.send({ node, type_url: typeUrl, ...subscribe(...names), ...versions });
      };
      connect(cluster);
      connect(endpoints, "a", "b");
      const [clusters, assignments] = [await stream.next(), await stream.next()];
      assert.deepEqual(readDelta(clusters).names, ["a"]);
      assert.deepEqual([assignments.type_url, readDelta(assignments).names], [endpoints, ["a"]]);
    });
  });
});

import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { typeUrls } from "../../../src/envoy/type-urls.js";
import type { Snapshot } from "../../../src/snapshot/snapshot.js";
import { snapshotOfEditions } from "../../support/snapshot.js";
import { useAdsServer } from "../../support/xds-server.js";
import { readSotw, type Received } from "../../support/xds-session.js";

const { cluster, endpoints, route } = typeUrls;
const node = { id: "ingress~test" };

/** What only the state-of-the-world variant does. What both do is in subscriptions.test.ts. */
describe("state of the world", () => {
  const xds = useAdsServer();
  const twoOfEach = {
    cluster: { a: 1, b: 1 },
    endpoints: { a: 1, b: 1 },
    route: { r: 1, s: 1 },
  };
  const setOf = (snapshot: Snapshot, typeUrl: string) =>
    snapshot.roles.get("ingress")?.sets.get(typeUrl);

  for (const [situation, lists, want] of [
    ["empty from the start is the wildcard", [[]], ["a", "b"]],
    ["* from the start is the wildcard", [["*"]], ["a", "b"]],
    ["* beside a name is the wildcard", [["*", "a"]], ["a", "b"]],
    ["empty after a name is nothing", [["a"], []], undefined],
    ["empty after * is nothing", [["*"], []], undefined],
    ["a name after the legacy wildcard is that name only", [[], ["a"]], ["a"]],
    ["* after names is the wildcard", [["a"], ["*"]], ["a", "b"]],
    ["empty after nothing stays nothing", [["a"], [], []], undefined],
    ["a name after nothing is that name", [["a"], [], ["b"]], ["b"]],
  ] as const) {
    it(`resource_names: ${situation}`, async () => {
      xds.server.publish(snapshotOfEditions({}));
      const stream = xds.client.sotw();
      const [first = [], ...later] = lists;
      stream.send({ node, type_url: endpoints, resource_names: [...first] });
      const { nonce: response_nonce = "" } = await stream.next();
      for (const names of later) {
        stream.send({ type_url: endpoints, response_nonce, resource_names: [...names] });
      }
      stream.send({ type_url: route, resource_names: ["r"] });
      assert.equal((await stream.next()).type_url, route);
      xds.server.publish(snapshotOfEditions(twoOfEach));
      const change = readSotw(await stream.next());
      if (want === undefined) assert.equal(change.typeUrl, route);
      else assert.deepEqual([change.typeUrl, change.names], [endpoints, want]);
    });
  }

  it("resource_names: a name after * sends the rest to nobody, * after a name sends the rest", async () => {
    xds.server.publish(snapshotOfEditions(twoOfEach));
    const session = xds.open("sotw");
    session.ask(endpoints, "b");
    assert.deepEqual((await session.take()).names, ["b"]);
    session.ask(endpoints, "*");
    assert.deepEqual((await session.take()).names, ["a"]);
    session.drop(endpoints, "*");
    await session.expectQuiet();
  });

  it("grouping: CDS responses are complete for what is asked for, others bring what is due", async () => {
    xds.server.publish(snapshotOfEditions(twoOfEach));
    const session = xds.open("sotw");
    session.ask(cluster);
    assert.deepEqual((await session.take()).names, ["a", "b"]);
    session.ask(route, "r", "s");
    assert.deepEqual((await session.take()).names, ["r", "s"]);
    const change = { cluster: { a: 1, b: 2 }, route: { r: 1, s: 2 } };
    xds.server.publish(snapshotOfEditions({ ...twoOfEach, ...change }));
    const seen = [await session.take(), await session.take()];
    assert.deepEqual(
      seen.map(({ typeUrl, names }) => [typeUrl, names]),
      [
        [cluster, ["a", "b"]],
        [route, ["s"]],
      ],
    );
  });

  it("grouping: CDS responses to names hold these names only", async () => {
    xds.server.publish(snapshotOfEditions(twoOfEach));
    const session = xds.open("sotw");
    session.ask(cluster, "a");
    assert.deepEqual((await session.take()).names, ["a"]);
    session.ask(cluster, "b");
    assert.deepEqual((await session.take()).names, ["a", "b"]);
    session.ask(cluster, "missing");
    assert.deepEqual((await session.take()).names, ["a", "b"]);
  });

  it("unknown names: the first request is answered without them", async () => {
    xds.server.publish(snapshotOfEditions(twoOfEach));
    const session = xds.open("sotw");
    session.ask(endpoints, "missing", "a");
    assert.deepEqual((await session.take()).names, ["a"]);
    session.ask(route, "missing");
    assert.deepEqual((await session.take()).names, []);
    await session.expectQuiet();
  });

  it("removal: a complete response without it, an empty one for the last", async () => {
    xds.server.publish(snapshotOfEditions(twoOfEach));
    const session = xds.open("sotw");
    session.ask(cluster);
    await session.take();
    session.ask(route, "r");
    await session.take();
    xds.server.publish(snapshotOfEditions({ ...twoOfEach, cluster: { b: 1 } }));
    assert.deepEqual((await session.take()).names, ["b"]);
    xds.server.publish(snapshotOfEditions({}));
    const last = await session.take();
    assert.deepEqual([last.typeUrl, last.names], [cluster, []]);
    await session.expectQuiet();
  });

  it("version_info: equal content, equal version on every stream, whatever it asks for", async () => {
    const snapshot = snapshotOfEditions(twoOfEach);
    xds.server.publish(snapshot);
    for (const names of [["r"], ["s"], ["r", "s"], ["*"]]) {
      const session = xds.open("sotw");
      session.ask(route, ...names);
      assert.equal((await session.take()).version, setOf(snapshot, route)?.version);
    }
    xds.server.publish(snapshotOfEditions({ ...twoOfEach, cluster: { a: 2 } }));
    const session = xds.open("sotw");
    session.ask(route, "r");
    assert.equal((await session.take()).version, setOf(snapshot, route)?.version);
  });

  describe("nonces", () => {
    const ask = (response_nonce: string, ...resource_names: string[]) => ({
      node,
      type_url: endpoints,
      resource_names,
      response_nonce,
    });

    it("stale: neither answered, nor are its names taken", async () => {
      xds.server.publish(snapshotOfEditions(twoOfEach));
      const stream = xds.client.sotw();
      stream.send(ask("", "a"));
      const { nonce = "" } = await stream.next();
      stream.send(ask("of nobody", "b"));
      stream.send(ask(nonce, "a"));
      stream.send({ type_url: cluster });
      assert.equal((await stream.next()).type_url, cluster);
      xds.server.publish(snapshotOfEditions({ ...twoOfEach, endpoints: { a: 1, b: 2 } }));
      stream.send({ type_url: route });
      assert.equal((await stream.next()).type_url, route);
    });

    it("stale: the nonce before the last one, also with an error", async () => {
      xds.server.publish(snapshotOfEditions(twoOfEach));
      const stream = xds.client.sotw();
      stream.send(ask("", "a"));
      const first = await stream.next();
      xds.server.publish(snapshotOfEditions({ ...twoOfEach, endpoints: { a: 2, b: 1 } }));
      const second = await stream.next();
      stream.send(ask(first.nonce ?? "", "a", "b"));
      stream.send({
        ...ask(first.nonce ?? "", "a", "b"),
        error_detail: { code: 3, message: "late" },
      });
      stream.send(ask(second.nonce ?? "", "a", "b"));
      assert.deepEqual(readSotw(await stream.next()).names, ["b"]);
    });

    it("empty: a newer request takes the place of an older one until a response was seen", async () => {
      xds.server.publish(snapshotOfEditions(twoOfEach));
      const stream = xds.client.sotw();
      stream.send(ask("", "a"));
      stream.send(ask("", "b"));
      assert.deepEqual(readSotw(await stream.next()).names, ["a"]);
      const second = readSotw(await stream.next());
      assert.deepEqual(second.names, ["b"]);
      stream.send(ask(second.nonce, "b"));
      stream.send(ask("", "a")); // a response was seen: stale
      stream.send({ type_url: cluster });
      assert.equal((await stream.next()).type_url, cluster);
    });
  });

  describe("reconnecting", () => {
    const reconnect = (type_url: string, version_info: string, ...resource_names: string[]) => {
      const stream = xds.client.sotw();
      const response_nonce = "of another stream";
      stream.send({ node, type_url, version_info, response_nonce, resource_names });
      return stream;
    };

    it("skips what a wildcard has at the served version, and sends the next one", async () => {
      const snapshot = snapshotOfEditions(twoOfEach);
      xds.server.publish(snapshot);
      const stream = reconnect(cluster, setOf(snapshot, cluster)?.version ?? "");
      stream.send({ type_url: route, resource_names: ["r"] });
      assert.equal((await stream.next()).type_url, route);
      xds.server.publish(snapshotOfEditions({ ...twoOfEach, cluster: { a: 2, b: 1 } }));
      assert.deepEqual(readSotw(await stream.next()).names, ["a", "b"]);
    });

    it("answers names at the served version", async () => {
      const snapshot = snapshotOfEditions(twoOfEach);
      xds.server.publish(snapshot);
      for (const typeUrl of [cluster, endpoints]) {
        const stream = reconnect(typeUrl, setOf(snapshot, typeUrl)?.version ?? "", "a");
        assert.deepEqual(readSotw(await stream.next()).names, ["a"]);
      }
    });

    it("sends everything to a wildcard with an unknown version", async () => {
      xds.server.publish(snapshotOfEditions(twoOfEach));
      const stream = reconnect(cluster, "of another control plane");
      assert.deepEqual(readSotw(await stream.next()).names, ["a", "b"]);
    });
  });

  it("names that are added with a NACK are sent, and nothing else", async () => {
    xds.server.publish(snapshotOfEditions(twoOfEach));
    const stream = xds.client.sotw();
    stream.send({ node, type_url: endpoints, resource_names: ["a"] });
    const { nonce = "", version_info } = await stream.next();
    stream.send({
      type_url: endpoints,
      resource_names: ["a", "b"],
      response_nonce: nonce,
      error_detail: { code: 3, message: "no" },
    });
    const { names, version } = readSotw(await stream.next());
    assert.deepEqual([names, version], [["b"], version_info]);
  });

  it("a NACK with the current version_info is one all the same", async () => {
    xds.server.publish(snapshotOfEditions(twoOfEach));
    const session = xds.open("sotw");
    session.ask(cluster);
    const first: Received = await session.take();
    xds.server.publish(snapshotOfEditions({ ...twoOfEach, cluster: { a: 2, b: 1 } }));
    const second = await session.next();
    const nacked = xds.event(({ kind }) => kind === "nack");
    session.nack(second, "no such thing");
    const event = await nacked;
    assert.ok(event.kind === "nack");
    assert.deepEqual([event.version, event.message], [second.version, "no such thing"]);
    assert.notEqual(first.version, second.version);
    await session.expectQuiet();
  });
});

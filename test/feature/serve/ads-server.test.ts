import assert from "node:assert/strict";
import { afterEach, beforeEach, describe, it } from "node:test";
import { unwrapAny } from "../../../src/envoy/codec.js";
import type { Any } from "../../../src/envoy/generated/messages.js";
import { encode } from "../../../src/envoy/codec.js";
import { typeUrls } from "../../../src/envoy/type-urls.js";
import { createAdsServer, type AdsServer } from "../../../src/serve/ads-server.js";
import type { ServeEvent } from "../../../src/serve/serve-events.js";
import {
  createAdsClient,
  type AdsClient,
  type DeltaStream,
  type SotwStream,
} from "../../support/ads-client.js";
import { snapshotOf, type Messages } from "../../support/snapshot.js";

const node = { id: "ingress~test" };
const { cluster, endpoints, listener, route } = typeUrls;

function messages(...names: readonly string[]): Messages {
  return {
    cluster: Object.fromEntries(names.map((name) => [name, { name, type: 3 as const }])),
    endpoints: Object.fromEntries(names.map((name) => [name, { cluster_name: name }])),
    route: { r: { name: "r" } },
    listener: { l: { name: "l" } },
  };
}

function namesOf(resources: readonly Any[] | undefined): readonly string[] {
  return (resources ?? []).map((any) => {
    const { value } = unwrapAny(encode("google.protobuf.Any", any));
    return Buffer.from(value.subarray(2, 2 + (value[1] ?? 0))).toString(); // field 1 is the name
  });
}

describe("the xDS server", () => {
  let server: AdsServer;
  let client: AdsClient;
  let port: number;
  let events: ServeEvent[];

  beforeEach(async () => {
    server = createAdsServer({ port: 0, now: Date.now });
    ({ port } = await server.listen());
    client = createAdsClient(port);
    events = [];
    server.onEvent((event) => events.push(event));
  });
  afterEach(async () => {
    client.close();
    await server.close();
  });

  /** Proves that nothing more is on its way: a type nobody asked for yet answers next. */
  async function fenceSotw(stream: SotwStream): Promise<void> {
    stream.send({ node, type_url: listener });
    assert.equal((await stream.next()).type_url, listener);
  }
  async function fenceDelta(stream: DeltaStream): Promise<void> {
    stream.send({ node, type_url: listener });
    assert.equal((await stream.next()).type_url, listener);
  }

  describe("state of the world", () => {
    it("2: ends a stream whose request has no type_url with INVALID_ARGUMENT", async () => {
      const stream = client.sotw();
      stream.send({ node });
      assert.equal((await stream.ended).code, 3);
    });

    it("4: ends a stream without a node id with INVALID_ARGUMENT", async () => {
      const stream = client.sotw();
      stream.send({ type_url: cluster });
      const { code, details } = await stream.ended;
      assert.equal(code, 3);
      assert.match(details, /node\.id/);
    });

    it("6: leaves other types alone when an unknown one is asked for", async () => {
      server.publish(snapshotOf(messages("a")));
      const stream = client.sotw();
      stream.send({ node, type_url: "type.googleapis.com/no.such.Type" });
      stream.send({ node, type_url: cluster });
      assert.deepEqual(namesOf((await stream.next()).resources), ["a"]);
    });

    it("15: ends with OK after a half-close", async () => {
      server.publish(snapshotOf(messages("a")));
      const stream = client.sotw();
      stream.send({ node, type_url: cluster });
      await stream.next();
      stream.halfClose();
      assert.equal((await stream.ended).code, 0);
      assert.deepEqual(server.envoys(), []);
    });

    it("16: answers an unknown method with UNIMPLEMENTED", async () => {
      const stream = client.sotw("/envoy.api.v2.ClusterDiscoveryService/StreamClusters");
      assert.equal((await stream.ended).code, 12);
    });

    it("17, 19: empty names are the wildcard until something was named, then nothing", async () => {
      server.publish(snapshotOf(messages("a", "b")));
      const stream = client.sotw();
      stream.send({ node, type_url: cluster });
      const first = await stream.next();
      assert.deepEqual(namesOf(first.resources), ["a", "b"]);
      const ack = { type_url: cluster, response_nonce: first.nonce ?? "" };
      stream.send({ ...ack, resource_names: ["a"] });
      stream.send({ ...ack, resource_names: [] });
      await fenceSotw(stream);
      server.publish(snapshotOf({ ...messages("a", "b", "c"), listener: { m: { name: "m" } } }));
      assert.equal((await stream.next()).type_url, listener);
    });

    it("18: takes * beside names, and later", async () => {
      server.publish(snapshotOf(messages("a", "b")));
      const stream = client.sotw();
      stream.send({ node, type_url: endpoints, resource_names: ["b"] });
      const first = await stream.next();
      assert.deepEqual(namesOf(first.resources), ["b"]);
      stream.send({
        type_url: endpoints,
        response_nonce: first.nonce ?? "",
        resource_names: ["*", "b"],
      });
      assert.deepEqual(namesOf((await stream.next()).resources), ["a"]);
    });

    it("23, 24: sends names that are added or asked for again, at an unchanged version", async () => {
      server.publish(snapshotOf(messages("a", "b")));
      const stream = client.sotw();
      stream.send({ node, type_url: endpoints, resource_names: ["a"] });
      let last = await stream.next();
      const ask = (...resource_names: readonly string[]): void => {
        const { nonce: response_nonce = "", version_info = "" } = last;
        stream.send({ type_url: endpoints, version_info, response_nonce, resource_names });
      };
      ask("a", "b");
      last = await stream.next();
      assert.deepEqual(namesOf(last.resources), ["b"]);
      ask("a");
      ask("a", "b");
      last = await stream.next();
      assert.deepEqual(namesOf(last.resources), ["b"]);
    });

    it("11, 12: equal content has an equal version on every stream, in both protocols", async () => {
      server.publish(snapshotOf(messages("a", "b")));
      const versions = new Set<string | undefined>();
      for (let count = 0; count < 2; count++) {
        const stream = client.sotw();
        stream.send({ node, type_url: cluster });
        versions.add((await stream.next()).version_info);
      }
      const stream = client.delta();
      stream.send({ node, type_url: cluster });
      versions.add((await stream.next()).system_version_info);
      assert.equal(versions.size, 1);
    });

    it("22: sends only the changed one of several named resources", async () => {
      server.publish(snapshotOf(messages("a", "b")));
      const stream = client.sotw();
      stream.send({ node, type_url: endpoints, resource_names: ["a", "b"] });
      assert.deepEqual(namesOf((await stream.next()).resources), ["a", "b"]);
      const edited = { cluster_name: "b", policy: { overprovisioning_factor: { value: 200 } } };
      const before = messages("a", "b");
      server.publish(snapshotOf({ ...before, endpoints: { ...before.endpoints, b: edited } }));
      assert.deepEqual(namesOf((await stream.next()).resources), ["b"]);
    });

    it("61: other streams do not notice one that is cut", async () => {
      server.publish(snapshotOf(messages("a")));
      const other = createAdsClient(port);
      const cut = other.sotw();
      cut.send({ node, type_url: cluster });
      await cut.next();
      const stream = client.sotw();
      stream.send({ node, type_url: cluster });
      await stream.next();
      other.close();
      server.publish(snapshotOf(messages("a", "b")));
      assert.deepEqual(namesOf((await stream.next()).resources), ["a", "b"]);
    });

    it("26, 27, 28: is quiet after ACK and NACK, and sends the next version", async () => {
      server.publish(snapshotOf(messages("a")));
      const stream = client.sotw();
      stream.send({ node, type_url: cluster });
      const first = await stream.next();
      stream.send({
        type_url: cluster,
        version_info: first.version_info ?? "",
        response_nonce: first.nonce ?? "",
        error_detail: { code: 3, message: "no such thing" },
      });
      await fenceSotw(stream);
      const nack = events.find(({ kind }) => kind === "nack");
      assert.ok(nack?.kind === "nack");
      assert.equal(nack.message, "no such thing");
      assert.equal(nack.envoy.nodeId, node.id);
      server.publish(snapshotOf(messages("a", "b")));
      assert.deepEqual(namesOf((await stream.next()).resources), ["a", "b"]);
    });

    it("29: ignores a request with a stale nonce", async () => {
      server.publish(snapshotOf(messages("a", "b")));
      const stream = client.sotw();
      stream.send({ node, type_url: endpoints, resource_names: ["a"] });
      await stream.next();
      stream.send({ type_url: endpoints, response_nonce: "stale", resource_names: ["a", "b"] });
      await fenceSotw(stream);
    });

    it("32: remembers an unknown name and sends it when it appears", async () => {
      server.publish(snapshotOf(messages("a")));
      const stream = client.sotw();
      stream.send({ node, type_url: endpoints, resource_names: ["later"] });
      assert.deepEqual(namesOf((await stream.next()).resources), []);
      await fenceSotw(stream);
      server.publish(snapshotOf(messages("a", "later")));
      assert.deepEqual(namesOf((await stream.next()).resources), ["later"]);
    });

    it("33, 55: adds before it removes: the complete list without the old comes last", async () => {
      server.publish(snapshotOf(messages("old")));
      const stream = client.sotw();
      stream.send({ node, type_url: cluster });
      await stream.next();
      stream.send({ node, type_url: route, resource_names: ["r"] });
      await stream.next();
      server.publish(
        snapshotOf({
          ...messages("new"),
          route: { r: { name: "r", ignore_port_in_host_matching: true } },
        }),
      );
      const seen: [string, readonly string[]][] = [];
      for (let count = 0; count < 3; count++) {
        const response = await stream.next();
        seen.push([response.type_url ?? "", namesOf(response.resources)]);
      }
      assert.deepEqual(seen, [
        [cluster, ["new", "old"]],
        [route, ["r"]],
        [cluster, ["new"]],
      ]);
    });

    it("34: skips the resend to a wildcard that has the served version", async () => {
      const snapshot = snapshotOf(messages("a"));
      server.publish(snapshot);
      const version_info = snapshot.roles.get("ingress")?.sets.get(cluster)?.version ?? "";
      const stream = client.sotw();
      stream.send({ node, type_url: cluster, version_info, response_nonce: "of another stream" });
      await fenceSotw(stream);
      server.publish(snapshotOf(messages("a", "b")));
      assert.deepEqual(namesOf((await stream.next()).resources), ["a", "b"]);
    });

    it("35, 36: sends EDS again after a changed EDS cluster, without waiting for an ACK", async () => {
      server.publish(snapshotOf(messages("a")));
      const stream = client.sotw();
      stream.send({ node, type_url: cluster });
      await stream.next();
      stream.send({ node, type_url: endpoints, resource_names: ["a"] });
      await stream.next();
      const changed = { a: { name: "a", type: 3 as const, connect_timeout: { seconds: 9 } } };
      server.publish(snapshotOf({ ...messages("a"), cluster: changed }));
      assert.equal((await stream.next()).type_url, cluster);
      const again = await stream.next();
      assert.equal(again.type_url, endpoints);
      assert.deepEqual(namesOf(again.resources), ["a"]);
    });

    it("sends an older snapshot again to whoever was sent a newer one, acknowledged or not", async () => {
      const good = snapshotOf(messages("a"));
      server.publish(good);
      const stream = client.sotw();
      stream.send({ node, type_url: cluster });
      const first = await stream.next();
      stream.send({
        type_url: cluster,
        version_info: first.version_info ?? "",
        response_nonce: first.nonce ?? "",
      });
      server.publish(snapshotOf(messages("a", "b")));
      assert.deepEqual(namesOf((await stream.next()).resources), ["a", "b"]);
      server.publish(good);
      const last = await stream.next();
      assert.deepEqual(namesOf(last.resources), ["a"]);
      assert.equal(last.version_info, first.version_info);
    });
  });

  describe("delta", () => {
    const resourceNames = (response: { resources?: readonly { name?: string }[] }): string[] =>
      (response.resources ?? []).map(({ name = "" }) => name);

    it("37: an empty first subscribe is the wildcard; with nothing to serve, one empty response", async () => {
      server.publish(snapshotOf({}));
      const stream = client.delta();
      stream.send({ node, type_url: cluster });
      const first = await stream.next();
      assert.deepEqual(resourceNames(first), []);
      server.publish(snapshotOf(messages("a")));
      assert.deepEqual(resourceNames(await stream.next()), ["a"]);
    });

    it("39, 40: sends only what changed, with its own version", async () => {
      server.publish(snapshotOf(messages("a", "b")));
      const stream = client.delta();
      stream.send({ node, type_url: cluster });
      await stream.next();
      const next = messages("a", "b");
      const b = { name: "b", type: 3 as const, connect_timeout: { seconds: 9 } };
      const snapshot = snapshotOf({ ...next, cluster: { ...next.cluster, b } });
      server.publish(snapshot);
      const response = await stream.next();
      assert.deepEqual(resourceNames(response), ["b"]);
      const served = snapshot.roles.get("ingress")?.sets.get(cluster)?.resources.get("b");
      assert.equal(response.resources?.[0]?.version, served?.version);
    });

    it("42: honours subscription changes of a request with a stale nonce", async () => {
      server.publish(snapshotOf(messages("a", "b")));
      const stream = client.delta();
      stream.send({ node, type_url: endpoints, resource_names_subscribe: ["a"] });
      await stream.next();
      stream.send({
        type_url: endpoints,
        response_nonce: "stale",
        resource_names_subscribe: ["b"],
      });
      assert.deepEqual(resourceNames(await stream.next()), ["b"]);
    });

    it("43, 44, 45: honours initial_resource_versions", async () => {
      const snapshot = snapshotOf(messages("a", "b"));
      server.publish(snapshot);
      const current = snapshot.roles.get("ingress")?.sets.get(cluster)?.resources;
      const stream = client.delta();
      stream.send({
        node,
        type_url: cluster,
        initial_resource_versions: { a: current?.get("a")?.version ?? "", b: "old", gone: "1" },
      });
      const response = await stream.next();
      assert.deepEqual(resourceNames(response), ["b"]);
      assert.deepEqual(response.removed_resources, ["gone"]);
    });

    it("46: tells that a name does not exist, and sends it when it does", async () => {
      server.publish(snapshotOf(messages("a")));
      const stream = client.delta();
      stream.send({ node, type_url: endpoints, resource_names_subscribe: ["later"] });
      assert.deepEqual((await stream.next()).removed_resources, ["later"]);
      server.publish(snapshotOf(messages("a", "later")));
      assert.deepEqual(resourceNames(await stream.next()), ["later"]);
    });

    it("47, 48: answers a name that the client has; unsubscribing is quiet", async () => {
      server.publish(snapshotOf(messages("a", "b")));
      const stream = client.delta();
      stream.send({ node, type_url: endpoints, resource_names_subscribe: ["a"] });
      await stream.next();
      stream.send({ type_url: endpoints, resource_names_subscribe: ["a"] });
      assert.deepEqual(resourceNames(await stream.next()), ["a"]);
      stream.send({ type_url: endpoints, resource_names_unsubscribe: ["a", "never"] });
      await fenceDelta(stream);
    });

    it("49: answers the unsubscribing of a name under the wildcard", async () => {
      server.publish(snapshotOf(messages("a", "b")));
      const stream = client.delta();
      stream.send({ node, type_url: cluster, resource_names_subscribe: ["*", "a"] });
      await stream.next();
      stream.send({ type_url: cluster, resource_names_unsubscribe: ["a"] });
      assert.deepEqual(resourceNames(await stream.next()), ["a"]);
    });

    it("38: a named subscription gets those names only, also for CDS", async () => {
      server.publish(snapshotOf(messages("a", "b")));
      const stream = client.delta();
      stream.send({ node, type_url: cluster, resource_names_subscribe: ["b"] });
      assert.deepEqual(resourceNames(await stream.next()), ["b"]);
      server.publish(snapshotOf({ ...messages("a", "b", "c"), listener: { m: { name: "m" } } }));
      await fenceDelta(stream);
    });

    it("41: is quiet after a NACK until something changes", async () => {
      server.publish(snapshotOf(messages("a")));
      const stream = client.delta();
      stream.send({ node, type_url: cluster });
      const { nonce = "" } = await stream.next();
      const error_detail = { code: 3, message: "no" };
      stream.send({ type_url: cluster, response_nonce: nonce, error_detail });
      await fenceDelta(stream);
      assert.equal(events.filter(({ kind }) => kind === "nack").length, 1);
      server.publish(snapshotOf(messages("a", "b")));
      assert.deepEqual(resourceNames(await stream.next()), ["b"]);
    });

    it("50: the legacy wildcard survives added names and ends with minus *", async () => {
      server.publish(snapshotOf(messages("a")));
      const stream = client.delta();
      stream.send({ node, type_url: cluster });
      await stream.next();
      stream.send({ type_url: cluster, resource_names_subscribe: ["a"] });
      await stream.next();
      server.publish(snapshotOf(messages("a", "b")));
      assert.deepEqual(resourceNames(await stream.next()), ["b"]);
      stream.send({ type_url: cluster, resource_names_unsubscribe: ["*"] });
      await fenceDelta(stream);
      server.publish(snapshotOf({ ...messages("a", "b", "c"), listener: { m: { name: "m" } } }));
      assert.deepEqual(resourceNames(await stream.next()), ["m"]);
    });

    it("58: takes 10,000 names and a megabyte of node metadata in one request", async () => {
      server.publish(snapshotOf(messages("a")));
      const stream = client.delta();
      const names = Array.from({ length: 10_000 }, (_, index) => `name-${index}`);
      const fields = { filler: { string_value: "x".repeat(1024 * 1024) } };
      stream.send({
        node: { ...node, metadata: { fields } },
        type_url: endpoints,
        resource_names_subscribe: ["a", ...names],
      });
      const response = await stream.next();
      assert.deepEqual(resourceNames(response), ["a"]);
      assert.equal(response.removed_resources?.length, names.length);
    });

    it("53, 54, 55: removes last, and pushes no type that did not change", async () => {
      server.publish(snapshotOf(messages("old")));
      const stream = client.delta();
      stream.send({ node, type_url: cluster });
      await stream.next();
      stream.send({ node, type_url: route, resource_names_subscribe: ["r"] });
      await stream.next();
      server.publish(snapshotOf(messages("new")));
      const change = await stream.next();
      assert.deepEqual(resourceNames(change), ["new"]);
      assert.deepEqual(change.removed_resources, ["old"]);
      await fenceDelta(stream);
    });
  });
});

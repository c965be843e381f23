import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { decode, encode, unwrapAny } from "../../../src/envoy/codec.js";
import type {
  Any,
  DeltaDiscoveryResponse,
  DiscoveryResponse,
  Resource,
} from "../../../src/envoy/generated/messages.js";
import { typeUrls } from "../../../src/envoy/type-urls.js";
import { snapshotOfEditions } from "../../support/snapshot.js";
import { useAdsServer } from "../../support/xds-server.js";
import { variants, type Variant } from "../../support/xds-session.js";

const { cluster, endpoints, listener } = typeUrls;
const ttl = "xds.config.supports-resource-ttl";
const wrapped = "xds.config.supports-resource-in-sotw";
const ttlMs = 90_500;
const wrapper = "envoy.service.discovery.v3.Resource";

/** The resources of a response in their wrappers; undefined for each that has none. */
function wrappersOf(
  response: DiscoveryResponse | DeltaDiscoveryResponse,
): readonly (Resource | undefined)[] {
  const resources: readonly (Any | Resource)[] = response.resources ?? [];
  return resources.map((resource) => {
    if ("ttl" in resource) return resource;
    const { type, value } = unwrapAny(encode("google.protobuf.Any", resource as Any));
    return type === wrapper ? decode(wrapper, value) : undefined;
  });
}
const ttlOf = (resource: Resource | undefined): number | undefined =>
  resource?.ttl ? Number(resource.ttl.seconds) * 1000 + (resource.ttl.nanos ?? 0) / 1e6 : undefined;

describe("resources that expire", () => {
  let every: number | undefined;
  let beat = (): void => undefined;
  const xds = useAdsServer({
    resourceTtlMs: ttlMs,
    repeat(everyMs, action) {
      every = everyMs;
      beat = action;
      return () => (beat = () => undefined);
    },
  });
  const two = { cluster: { a: 1, b: 1 }, endpoints: { a: 1, b: 1 } };

  function open(variant: Variant, features: readonly string[]) {
    const stream = xds.client[variant]();
    const node = { id: "ingress~test", client_features: [...features] };
    return {
      send: (request: { type_url: string; response_nonce?: string; error?: string }) => {
        const { error, ...rest } = request;
        stream.send({
          node,
          ...rest,
          ...(error !== undefined && { error_detail: { code: 3, message: error } }),
        });
      },
      next: () => stream.next() as Promise<DiscoveryResponse & DeltaDiscoveryResponse>,
    };
  }

  for (const [variant, features, want] of [
    ["sotw", [], undefined],
    ["sotw", [ttl], undefined],
    ["sotw", [wrapped], undefined],
    ["sotw", [ttl, wrapped], ttlMs],
    ["delta", [], undefined],
    ["delta", [wrapped], undefined],
    ["delta", [ttl], ttlMs],
  ] as const) {
    const which = features.map((name) => name.replace("xds.config.", "")).join(" and ");
    it(`${variant}, a client with ${which || "neither feature"}: ${want ? "expire" : "do not"}`, async () => {
      xds.server.publish(snapshotOfEditions(two));
      const stream = open(variant, features);
      stream.send({ type_url: cluster });
      const resources = wrappersOf(await stream.next());
      assert.deepEqual(resources.map(ttlOf), [want, want]);
      // Heartbeats, or none: then the next thing is the answer to another question.
      beat();
      stream.send({ type_url: endpoints });
      const next = await stream.next();
      assert.equal(next.type_url, want === undefined ? endpoints : cluster);
    });
  }

  it("heartbeats come three times as often as resources expire", () => {
    assert.equal(every, ttlMs / 3);
  });

  for (const variant of variants) {
    it(`a heartbeat is the resource without its body, at the same version, ${variant}`, async () => {
      xds.server.publish(snapshotOfEditions(two));
      const stream = open(variant, [ttl, wrapped]);
      stream.send({ type_url: cluster });
      const first = await stream.next();
      beat();
      const heartbeat = await stream.next();
      const [before, after] = [wrappersOf(first), wrappersOf(heartbeat)];
      assert.deepEqual(
        after.map((each) => [each?.name, each?.version, ttlOf(each)]),
        before.map((each) => [each?.name, each?.version, ttlMs]),
      );
      assert.ok(before.every((each) => each?.resource));
      assert.ok(after.every((each) => !each?.resource));
      assert.notEqual(heartbeat.nonce, first.nonce);
      if (variant === "sotw") {
        assert.equal(heartbeat.version_info, first.version_info);
        // Envoy tells a heartbeat by the version that it has of the type.
        assert.ok(after.every((each) => each?.version === heartbeat.version_info));
      }
    });

    it(`a heartbeat is answered like any response, and quiet, ${variant}`, async () => {
      xds.server.publish(snapshotOfEditions(two));
      const stream = open(variant, [ttl, wrapped]);
      stream.send({ type_url: cluster });
      for (let count = 0; count < 3; count++) {
        const { nonce = "" } = await stream.next();
        stream.send({ type_url: cluster, response_nonce: nonce });
        beat();
      }
      await stream.next();
      stream.send({ type_url: listener });
      assert.equal((await stream.next()).type_url, listener);
    });

    it(`nothing is said of what the client rejected, ${variant}`, async () => {
      xds.server.publish(snapshotOfEditions(two));
      const stream = open(variant, [ttl, wrapped]);
      stream.send({ type_url: endpoints });
      const first = await stream.next();
      stream.send({ type_url: endpoints, response_nonce: first.nonce ?? "" });
      xds.server.publish(snapshotOfEditions({ ...two, endpoints: { a: 1, b: 2 } }));
      const second = await stream.next();
      stream.send({ type_url: endpoints, response_nonce: second.nonce ?? "", error: "no" });
      stream.send({ type_url: listener });
      assert.equal((await stream.next()).type_url, listener);
      beat();
      const heartbeat = await stream.next();
      assert.deepEqual(
        wrappersOf(heartbeat).map((each) => each?.name),
        ["a"],
      );
      if (variant === "sotw") assert.equal(heartbeat.version_info, first.version_info);
    });

    it(`nothing is said of a type without resources, or dropped, ${variant}`, async () => {
      xds.server.publish(snapshotOfEditions({}));
      const stream = open(variant, [ttl, wrapped]);
      stream.send({ type_url: cluster });
      await stream.next();
      beat();
      stream.send({ type_url: listener });
      assert.equal((await stream.next()).type_url, listener);
    });
  }
});

describe("a server whose resources do not expire", () => {
  const xds = useAdsServer();

  for (const variant of variants) {
    it(`sends what a client has with a TTL again, ${variant}`, async () => {
      const snapshot = snapshotOfEditions({ cluster: { a: 1 } });
      xds.server.publish(snapshot);
      const set = snapshot.roles.get("ingress")?.sets.get(cluster);
      const stream = xds.client[variant]();
      const suffix = `+ttl=${ttlMs}ms`;
      const node = { id: "ingress~test", client_features: [ttl, wrapped] };
      const version = set?.resources.get("a")?.version ?? "";
      stream.send({
        node,
        type_url: cluster,
        ...(variant === "sotw"
          ? { version_info: (set?.version ?? "") + suffix }
          : { initial_resource_versions: { a: version + suffix } }),
      });
      assert.deepEqual(wrappersOf(await stream.next()).map(ttlOf), [undefined]);
    });
  }
});

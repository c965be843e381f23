import assert from "node:assert/strict";
import { once } from "node:events";
import { connect as connectTcp } from "node:net";
import { describe, it } from "node:test";
import { status } from "@grpc/grpc-js";
import { typeUrls } from "../../../src/envoy/type-urls.js";
import { messagesOf, snapshotOfEditions, snapshotOfRoles } from "../../support/snapshot.js";
import { adsMethods } from "../../support/ads-client.js";
import { useAdsServer } from "../../support/xds-server.js";
import { nameOf, readResponse, variants } from "../../support/xds-session.js";

const { secret, cluster, endpoints, listener, route } = typeUrls;
const node = { id: "ingress~test" };
const editions = {
  secret: { s: 1 },
  cluster: { a: 1 },
  endpoints: { a: 1 },
  listener: { l: 1 },
  route: { r: 1 },
};

const singles = [
  ["secret", "Secret", secret, "s"],
  ["cluster", "Cluster", cluster, "a"],
  ["endpoint", "Endpoint", endpoints, "a"],
  ["listener", "Listener", listener, "l"],
  ["route", "Route", route, "r"],
] as const;
const singleMethod = (folder: string, noun: string, variant: string): string =>
  `/envoy.service.${folder}.v3.${noun}DiscoveryService/${variant === "sotw" ? "Stream" : "Delta"}${noun}s`;

describe("the xDS services", () => {
  const xds = useAdsServer();

  for (const variant of variants) {
    describe(variant, () => {
      for (const [folder, noun, typeUrl, name] of singles) {
        it(`${noun}DiscoveryService serves its type, named or not, and no other`, async () => {
          xds.server.publish(snapshotOfEditions(editions));
          const method = singleMethod(folder, noun, variant);
          const open = () =>
            variant === "sotw" ? xds.client.sotw(method) : xds.client.delta(method);
          for (const type_url of ["", typeUrl]) {
            const stream = open();
            stream.send({ node, type_url });
            const response = await stream.next();
            assert.equal(response.type_url, typeUrl);
            assert.deepEqual(readResponse(response).names, [name]);
          }
          const stream = open();
          stream.send({ node, type_url: typeUrl === route ? cluster : route });
          assert.equal((await stream.ended).code, status.INVALID_ARGUMENT);
        });
      }

      it("a request without type_url ends the aggregated stream with INVALID_ARGUMENT", async () => {
        const stream = xds.client[variant]();
        stream.send({ node });
        const { code, details } = await stream.ended;
        assert.deepEqual([code, /type_url/.test(details)], [status.INVALID_ARGUMENT, true]);
      });

      for (const [situation, bad] of [
        ["no node", {}],
        ["an empty node id", { node: { id: "", cluster: "ingress" } }],
      ] as const) {
        it(`${situation} ends the stream with INVALID_ARGUMENT`, async () => {
          const stream = xds.client[variant]();
          stream.send({ ...bad, type_url: cluster });
          const { code, details } = await stream.ended;
          assert.deepEqual([code, /node\.id/.test(details)], [status.INVALID_ARGUMENT, true]);
        });
      }

      it("the node of the first request counts for all types, and later copies do not", async () => {
        xds.server.publish(
          snapshotOfRoles({
            ingress: messagesOf(editions),
            edge: messagesOf({ route: { of_edge: 1 } }),
          }),
        );
        const session = xds.open(variant);
        session.ask(cluster);
        assert.deepEqual((await session.take()).names, ["a"]);
        session.ask(route, "r");
        assert.deepEqual((await session.take()).names, ["r"]);
        const stream = xds.client[variant]();
        stream.send({ node, type_url: cluster });
        await stream.next();
        stream.send({ node: { id: "edge~other" }, type_url: route });
        assert.deepEqual(readResponse(await stream.next()).names, ["r"]);
      });

      for (const [id, want] of [
        ["ingress~one", ["l"]],
        ["nobody~one", ["fallback"]],
        ["without-a-role", ["fallback"]],
      ] as const) {
        it(`node "${id}" is served listener "${want.join()}"`, async () => {
          xds.server.publish(
            snapshotOfRoles(
              { ingress: messagesOf(editions) },
              messagesOf({ listener: { fallback: 1 } }),
            ),
          );
          const session = xds.open(variant, id);
          session.ask(listener);
          assert.deepEqual((await session.take()).names, want);
        });
      }

      it("a stream that comes before the first snapshot is held, and served when it is there", async () => {
        const session = xds.open(variant);
        const connected = xds.event(({ kind }) => kind === "connected");
        session.ask(cluster);
        await connected;
        xds.server.publish(snapshotOfEditions(editions));
        assert.deepEqual((await session.take()).names, ["a"]);
      });

      it("an unknown type, and one with nothing to serve, disturb nothing", async () => {
        xds.server.publish(snapshotOfEditions({ ...editions, secret: {} }));
        const session = xds.open(variant);
        session.ask("type.googleapis.com/envoy.service.runtime.v3.Runtime", "x");
        session.ask("no type URL at all");
        session.ask(secret, "s");
        const empty = await session.take();
        assert.deepEqual([empty.typeUrl, empty.names], [secret, []]);
        session.ask(cluster);
        assert.deepEqual((await session.take()).names, ["a"]);
      });

      it("responses name their type, with a nonce that never repeats on the stream", async () => {
        xds.server.publish(snapshotOfEditions(editions));
        const session = xds.open(variant);
        const nonces: string[] = [];
        for (const [, , typeUrl, name] of singles) {
          session.ask(typeUrl, name);
          const response = await session.take();
          assert.equal(response.typeUrl, typeUrl);
          nonces.push(response.nonce);
        }
        for (let edition = 2; edition < 20; edition++) {
          // Back and forth, so that equal responses come again.
          xds.server.publish(snapshotOfEditions({ ...editions, route: { r: edition % 2 } }));
          nonces.push((await session.take()).nonce);
        }
        assert.ok(nonces.every((nonce) => nonce !== ""));
        assert.equal(new Set(nonces).size, nonces.length);
      });

      it("a first request with a nonce of another stream is served", async () => {
        xds.server.publish(snapshotOfEditions(editions));
        const stream = xds.client[variant]();
        stream.send({ node, type_url: cluster, response_nonce: "1" });
        assert.equal((await stream.next()).resources?.length, 1);
      });

      it("a name that is asked for twice is sent once", async () => {
        xds.server.publish(snapshotOfEditions(editions));
        const session = xds.open(variant);
        session.ask(endpoints, "a", "a");
        assert.deepEqual((await session.take()).names, ["a"]);
      });

      it("a half-close ends the call with OK, and its subscriptions", async () => {
        xds.server.publish(snapshotOfEditions(editions));
        const session = xds.open(variant);
        session.ask(cluster);
        await session.take();
        session.stream.halfClose();
        assert.equal((await session.stream.ended).code, status.OK);
        assert.deepEqual(xds.server.envoys(), []);
      });

      it("a half-close before the first request ends the call with OK", async () => {
        const stream = xds.client[variant]();
        stream.halfClose();
        assert.equal((await stream.ended).code, status.OK);
      });

      it("bytes that are no request end their stream only", async () => {
        xds.server.publish(snapshotOfEditions(editions));
        const other = xds.open(variant);
        other.ask(cluster);
        await other.take();
        for (const bytes of [Buffer.from([0xff, 0xff, 0xff]), Buffer.alloc(1000, 0x0b)]) {
          const stream = xds.client[variant]();
          stream.sendBytes(bytes);
          assert.equal((await stream.ended).code, status.INVALID_ARGUMENT);
          const later = xds.open(variant);
          later.ask(cluster);
          await later.take();
          later.stream.sendBytes(bytes);
          assert.equal((await later.stream.ended).code, status.INVALID_ARGUMENT);
        }
        xds.server.publish(snapshotOfEditions({ ...editions, cluster: { a: 2 } }));
        assert.deepEqual((await other.take()).names, ["a"]);
      });

      it("bad UTF-8 in a request does no harm", async () => {
        xds.server.publish(snapshotOfEditions(editions));
        const stream = xds.client[variant]();
        // node { id: "a\xff" }, type_url: "\xc3\x28"
        stream.sendBytes(Buffer.from([0x0a, 4, 0x0a, 2, 0x61, 0xff, ...typeUrlField(variant)]));
        const session = xds.open(variant);
        session.ask(cluster);
        assert.deepEqual((await session.take()).names, ["a"]);
      });
    });
  }

  for (const method of [
    "/envoy.service.discovery.v2.AggregatedDiscoveryService/StreamAggregatedResources",
    "/envoy.api.v2.ClusterDiscoveryService/StreamClusters",
    "/envoy.service.cluster.v3.ClusterDiscoveryService/FetchClusters",
    "/envoy.service.discovery.v3.AggregatedDiscoveryService/NoSuchMethod",
    "/envoy.service.status.v3.ClientStatusDiscoveryService/StreamClientStatus",
  ]) {
    it(`${method} is UNIMPLEMENTED`, async () => {
      assert.equal((await xds.client.sotw(method).ended).code, status.UNIMPLEMENTED);
    });
  }

  it("both variants serve the same set", async () => {
    xds.server.publish(snapshotOfEditions({ ...editions, cluster: { a: 1, b: 2, c: 3 } }));
    const bodies: Buffer[][] = [];
    const sotw = xds.client.sotw();
    sotw.send({ node, type_url: cluster });
    bodies.push((await sotw.next()).resources?.map(({ value }) => Buffer.from(value ?? [])) ?? []);
    const delta = xds.client.delta();
    delta.send({ node, type_url: cluster });
    const { resources = [] } = await delta.next();
    bodies.push(resources.map(({ resource }) => Buffer.from(resource?.value ?? [])));
    assert.equal(bodies[0]?.length, 3);
    assert.deepEqual(bodies[0], bodies[1]);
  });

  it("type_url equals the type of every resource", async () => {
    xds.server.publish(snapshotOfEditions(editions));
    for (const [, , typeUrl] of singles) {
      const sotw = xds.client.sotw();
      sotw.send({ node, type_url: typeUrl });
      const [any] = (await sotw.next()).resources ?? [];
      assert.ok(any);
      assert.equal(any.type_url, typeUrl);
      assert.notEqual(nameOf(any), "");
      const delta = xds.client.delta();
      delta.send({ node, type_url: typeUrl });
      assert.equal((await delta.next()).resources?.[0]?.resource?.type_url, typeUrl);
    }
  });

  for (const [what, noise] of [
    ["HTTP/1", "GET / HTTP/1.1\r\nhost: x\r\n\r\n"],
    ["the start of TLS", Buffer.from([0x16, 3, 1, 2, 0, 1, 0, 1, 0xfc, 3, 3])],
    ["broken HTTP/2", `PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n${"\xff".repeat(100)}`],
  ] as const) {
    it(`noise on the port, ${what}, ends that connection only`, async () => {
      xds.server.publish(snapshotOfEditions(editions));
      const session = xds.open("sotw");
      session.ask(cluster);
      await session.take();
      const socket = connectTcp(xds.port, "127.0.0.1");
      socket.on("error", () => undefined); // a reset is as good as an end
      socket.resume();
      socket.end(noise);
      await once(socket, "close");
      xds.server.publish(snapshotOfEditions({ ...editions, cluster: { a: 2 } }));
      assert.deepEqual((await session.take()).names, ["a"]);
    });
  }

  it("closing ends all streams with UNAVAILABLE, and takes no more", async () => {
    xds.server.publish(snapshotOfEditions(editions));
    const session = xds.open("delta");
    session.ask(cluster);
    await session.take();
    await xds.server.close();
    assert.equal((await session.stream.ended).code, status.UNAVAILABLE);
    assert.equal((await xds.client.sotw(adsMethods.sotw).ended).code, status.UNAVAILABLE);
  });
});

describe("a server with room for two streams", () => {
  const xds = useAdsServer({ maxStreams: 2 });

  it("refuses the third with RESOURCE_EXHAUSTED until one of them goes", async () => {
    xds.server.publish(snapshotOfEditions(editions));
    const sessions = [xds.open("sotw"), xds.open("delta")];
    for (const session of sessions) {
      session.ask(cluster);
      await session.take();
    }
    const third = xds.open("sotw");
    assert.equal((await third.stream.ended).code, status.RESOURCE_EXHAUSTED);
    sessions[0]?.stream.halfClose();
    await sessions[0]?.stream.ended;
    const fourth = xds.open("sotw");
    fourth.ask(cluster);
    assert.deepEqual((await fourth.take()).names, ["a"]);
  });
});

/** `type_url: "\xc3\x28"`: field 4 of a DiscoveryRequest, 2 of a DeltaDiscoveryRequest. */
function typeUrlField(variant: "sotw" | "delta"): readonly number[] {
  return [variant === "sotw" ? 0x22 : 0x12, 2, 0xc3, 0x28];
}

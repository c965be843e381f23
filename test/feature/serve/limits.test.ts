import assert from "node:assert/strict";
import { once } from "node:events";
import { describe, it } from "node:test";
import { decode, encode } from "../../../src/envoy/codec.js";
import type { DeltaDiscoveryRequest } from "../../../src/envoy/generated/messages.js";
import { typeUrls } from "../../../src/envoy/type-urls.js";
import { snapshotOf, snapshotOfEditions } from "../../support/snapshot.js";
import { adsMethods } from "../../support/ads-client.js";
import { openRawCall, readFrames } from "../../support/grpc-frames.js";
import { useAdsServer } from "../../support/xds-server.js";
import { readResponse, readSotw, variants } from "../../support/xds-session.js";

const { cluster, endpoints, route } = typeUrls;
const node = { id: "ingress~test" };
const manyNames = Array.from({ length: 10_000 }, (_, index) => `name-${index}`);
const request = (typeUrl: string): Uint8Array =>
  encode("envoy.service.discovery.v3.DiscoveryRequest", { node, type_url: typeUrl });

describe("large requests", () => {
  const xds = useAdsServer();
  const largeNode = {
    ...node,
    metadata: { fields: { filler: { string_value: "x".repeat(1024 * 1024) } } },
  };

  it("10,000 names and a megabyte of node metadata, sotw", async () => {
    xds.server.publish(snapshotOfEditions({ endpoints: { "name-1": 1, "name-9999": 1 } }));
    const stream = xds.client.sotw();
    stream.send({ node: largeNode, type_url: endpoints, resource_names: manyNames });
    assert.deepEqual(readSotw(await stream.next()).names, ["name-1", "name-9999"]);
  });

  it("10,000 names and a megabyte of node metadata, delta", async () => {
    xds.server.publish(snapshotOfEditions({ endpoints: { "name-1": 1 } }));
    const stream = xds.client.delta();
    stream.send({ node: largeNode, type_url: endpoints, resource_names_subscribe: manyNames });
    const { names, removed } = readResponse(await stream.next());
    assert.deepEqual([names, removed.length], [["name-1"], 9_999]);
  });

  it("initial_resource_versions of a fleet, beyond the 4 MiB that gRPC takes by default", async () => {
    xds.server.publish(snapshotOfEditions({ cluster: { "new-one": 1 } }));
    const stream = xds.client.delta();
    const versions = Array.from({ length: 60_000 }, (_, index) => [
      `cluster-with-a-name-of-some-length-${index}`,
      "0123456789abcdef0123456789abcdef01234567",
    ]);
    stream.send({
      node,
      type_url: cluster,
      initial_resource_versions: Object.fromEntries(versions) as Record<string, string>,
    });
    const { names, removed } = readResponse(await stream.next());
    assert.deepEqual([names, removed.length], [["new-one"], 60_000]);
  });
});

describe("large responses", () => {
  const maxResponseBytes = 64 * 1024;
  const xds = useAdsServer({ maxResponseBytes });
  const names = Array.from({ length: 300 }, (_, index) => `r${String(index).padStart(3, "0")}`);
  const filler = "x".repeat(1000);
  const large = snapshotOf({
    cluster: Object.fromEntries(names.map((name) => [name, { name, alt_stat_name: filler }])),
    endpoints: Object.fromEntries(
      names.map((name) => [
        name,
        {
          cluster_name: name,
          endpoints: [{ locality: { zone: filler } }],
        },
      ]),
    ),
  });

  for (const [variant, typeUrl, isSplit] of [
    ["sotw", endpoints, true],
    ["sotw", cluster, false],
    ["delta", endpoints, true],
    ["delta", cluster, true],
  ] as const) {
    const kind = typeUrl === cluster ? "CDS" : "EDS";
    it(`${kind}, ${variant}: ${isSplit ? "split below the limit" : "complete in one"}`, async () => {
      xds.server.publish(large);
      const stream = xds.client[variant]();
      stream.send({ node, type_url: typeUrl });
      const seen: string[] = [];
      const nonces = new Set<string>();
      const versions = new Set<string>();
      while (seen.length < names.length) {
        const response = await stream.next();
        const bytes = encode(
          `envoy.service.discovery.v3.${variant === "sotw" ? "" : "Delta"}DiscoveryResponse`,
          response,
        ).byteLength;
        assert.equal(bytes <= maxResponseBytes, isSplit);
        const { nonce, version, names: some } = readResponse(response);
        nonces.add(nonce);
        versions.add(version);
        seen.push(...some);
      }
      assert.deepEqual(seen, names);
      assert.equal(versions.size, 1);
      assert.equal(nonces.size > 1, isSplit);
    });
  }

  it("a resource above the limit comes alone", async () => {
    const body = "x".repeat(maxResponseBytes);
    xds.server.publish(
      snapshotOf({
        endpoints: Object.fromEntries(
          ["a", "b", "c"].map((name) => [
            name,
            { cluster_name: name, endpoints: [{ locality: { zone: name === "b" ? body : "" } }] },
          ]),
        ),
      }),
    );
    const session = xds.open("delta");
    session.ask(endpoints);
    const seen = [await session.take(), await session.take(), await session.take()];
    assert.deepEqual(
      seen.map((response) => response.names),
      [["a"], ["b"], ["c"]],
    );
  });

  it("removals are split as well", async () => {
    xds.server.publish(snapshotOf({}));
    const session = xds.open("delta");
    const unknown = names.map((name) => name + filler);
    session.ask(endpoints, ...unknown);
    const seen: string[] = [];
    while (seen.length < unknown.length) seen.push(...(await session.take()).removed);
    assert.deepEqual(seen, [...unknown].sort());
  });

  it("the rest of a split response of a type that is dropped meanwhile is not sent", async () => {
    const zone = "x".repeat(10_000);
    xds.server.publish(
      snapshotOf({
        endpoints: Object.fromEntries(
          names.map((name) => [name, { cluster_name: name, endpoints: [{ locality: { zone } }] }]),
        ),
      }),
    );
    const call = openRawCall(xds.port, adsMethods.delta);
    const frames = readFrames(call.stream);
    const send = (request: DeltaDiscoveryRequest): void => {
      call.send(encode("envoy.service.discovery.v3.DeltaDiscoveryRequest", request));
    };
    const read = async () => {
      const { value } = (await frames.next()) as { value: Buffer };
      return readResponse(decode("envoy.service.discovery.v3.DeltaDiscoveryResponse", value));
    };
    send({ node, type_url: endpoints, resource_names_subscribe: names });
    await read();
    send({ type_url: endpoints, resource_names_unsubscribe: names });
    send({ type_url: cluster });
    // The window of the connection holds no more than the first parts, of about fifty.
    let last = await read();
    let parts = 1;
    while (last.typeUrl === endpoints) {
      parts++;
      last = await read();
    }
    assert.equal(last.typeUrl, cluster);
    assert.ok(parts < 10, `${parts} parts`);
    call.session.destroy();
  });
});

describe("clients that misbehave", () => {
  const xds = useAdsServer();
  const body = "x".repeat(1024 * 1024);
  const largeSnapshot = (edition: number) =>
    snapshotOf({
      cluster: { a: { name: "a", alt_stat_name: body, connect_timeout: { seconds: edition } } },
      route: { r: { name: "r", max_direct_response_body_size_bytes: { value: edition } } },
    });

  for (const variant of variants) {
    it(`one that never reads holds up nobody, and nothing piles up for it, ${variant}`, async () => {
      xds.server.publish(largeSnapshot(0));
      const stuck = openRawCall(xds.port, adsMethods[variant]);
      const connected = xds.event(({ kind }) => kind === "connected");
      stuck.send(
        variant === "sotw"
          ? request(cluster)
          : encode("envoy.service.discovery.v3.DeltaDiscoveryRequest", { node, type_url: cluster }),
      );
      await connected;
      const session = xds.open(variant);
      session.ask(cluster);
      await session.take();
      for (let edition = 1; edition <= 50; edition++) {
        xds.server.publish(largeSnapshot(edition));
        await session.take();
      }
      // When it reads in the end: the response under way at the start, and the newest; none between.
      const type =
        `envoy.service.discovery.v3.${variant === "sotw" ? "" : "Delta"}DiscoveryResponse` as const;
      const seconds: unknown[] = [];
      for await (const frame of readFrames(stuck.stream)) {
        const response = decode(type, frame);
        const [first] = response.resources ?? [];
        const any = first !== undefined && "resource" in first ? first.resource : first;
        const bytes = (any as { value?: Uint8Array }).value ?? new Uint8Array();
        seconds.push(decode("envoy.config.cluster.v3.Cluster", bytes).connect_timeout?.seconds);
        if (Number(seconds.at(-1)) === 50) break;
      }
      assert.deepEqual(seconds.map(Number), [0, 50]);
      stuck.session.destroy();
    });
  }

  it("many that never read hold nobody up for long", async () => {
    xds.server.publish(largeSnapshot(0));
    const session = xds.open("sotw");
    session.ask(cluster);
    await session.take();
    const stuck = Array.from({ length: 60 }, () => openRawCall(xds.port, adsMethods.sotw));
    for (const call of stuck) call.send(request(cluster));
    while (xds.server.envoys().length <= stuck.length) {
      await xds.event(({ kind }) => kind === "connected");
    }
    xds.server.publish(largeSnapshot(1));
    await session.take();
    for (const call of stuck) call.session.destroy();
  });

  it("resets in mid-stream, before and after the first request, leave nothing behind", async () => {
    xds.server.publish(largeSnapshot(0));
    const session = xds.open("delta");
    session.ask(route, "r");
    await session.take();
    for (let round = 0; round < 100; round++) {
      const call = openRawCall(xds.port, adsMethods[round % 2 === 0 ? "sotw" : "delta"]);
      if (round % 3 > 0) call.send(request(cluster));
      if (round % 3 === 1) await once(call.stream, "response").catch(() => undefined);
      if (round % 5 === 0) call.session.destroy();
      else call.stream.close(8); // CANCEL
      if (!call.stream.closed) await once(call.stream, "close");
      call.session.destroy();
    }
    xds.server.publish(largeSnapshot(1));
    assert.deepEqual((await session.take()).names, ["r"]);
    await settled();
    assert.equal(xds.server.envoys().length, 1);
  });

  /** Resolves when the server has seen the end of all streams but one. */
  async function settled(): Promise<void> {
    while (xds.server.envoys().length > 1) {
      await xds.event(({ kind }) => kind === "disconnected");
    }
  }

  it("a thousand streams on one connection, cancelled while they are served", async () => {
    xds.server.publish(largeSnapshot(0));
    const session = xds.open("sotw");
    session.ask(route, "r");
    await session.take();
    const sessions = Array.from({ length: 1_000 }, () => xds.open("delta"));
    for (const each of sessions) each.ask(route, "r");
    await sessions.at(-1)?.take();
    xds.server.publish(largeSnapshot(1));
    for (const each of sessions) each.stream.cancel();
    await Promise.all(sessions.map((each) => each.stream.ended));
    await session.take();
    await settled();
    assert.equal(xds.server.envoys().length, 1);
  });

  it("keepalive pings are answered, however many come, without GOAWAY", async () => {
    xds.server.publish(largeSnapshot(0));
    const { session, stream, send } = openRawCall(xds.port, adsMethods.sotw);
    session.on("goaway", () => assert.fail("GOAWAY"));
    send(request(route));
    const frames = readFrames(stream);
    await frames.next();
    for (let count = 0; count < 100; count++) {
      await new Promise<void>((resolve, reject) => {
        session.ping((error) => {
          if (error) reject(error);
          else resolve();
        });
      });
    }
    xds.server.publish(largeSnapshot(1));
    assert.equal((await frames.next()).done, false);
    session.destroy();
  });
});

describe("a server that pings", () => {
  const xds = useAdsServer({ keepaliveMs: 50 });

  it("keeps the connection of a client that answers", async () => {
    xds.server.publish(snapshotOfEditions({ cluster: { a: 1 } }));
    const { session, stream, send } = openRawCall(xds.port, adsMethods.sotw);
    send(request(cluster));
    const frames = readFrames(stream);
    await frames.next();
    await once(session, "ping");
    await once(session, "ping");
    xds.server.publish(snapshotOfEditions({ cluster: { a: 2 } }));
    assert.equal((await frames.next()).done, false);
    session.destroy();
  });
});

import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { typeUrls } from "../../../src/envoy/type-urls.js";
import { snapshotOfEditions, type Editions } from "../../support/snapshot.js";
import { createAdsClient, type AdsClient } from "../../support/ads-client.js";
import { openRawCall } from "../../support/grpc-frames.js";
import { useAdsServer } from "../../support/xds-server.js";
import { openSession, variants, type Variant, type XdsSession } from "../../support/xds-session.js";
import { encode } from "../../../src/envoy/codec.js";

const { cluster, endpoints, listener, route } = typeUrls;
const nouns = new Map<string, readonly [folder: string, noun: string]>([
  [cluster, ["cluster", "Cluster"]],
  [endpoints, ["endpoint", "Endpoint"]],
  [listener, ["listener", "Listener"]],
  [route, ["route", "Route"]],
]);
const methodOf = (typeUrl: string, variant: Variant): string => {
  const [folder, noun] = nouns.get(typeUrl)!; // a key of the map above
  const verb = variant === "sotw" ? "Stream" : "Delta";
  return `/envoy.service.${folder}.v3.${noun}DiscoveryService/${verb}${noun}s`;
};
const nodeId = "ingress~test";

/** What one stream does on ADS, several streams of one connection do together. */
for (const variant of variants) {
  describe(`single services on one connection, ${variant}`, () => {
    const xds = useAdsServer();
    const base = {
      cluster: { a: 1, b: 1 },
      endpoints: { a: 1, b: 1 },
      listener: { l: 1 },
      route: { r: 1 },
    } satisfies Editions;
    const sotwOr = <T>(sotw: T, delta: T): T => (variant === "sotw" ? sotw : delta);

    async function start(
      client: AdsClient,
      typeUrl: string,
      ...names: readonly string[]
    ): Promise<XdsSession> {
      const session = openSession(client, variant, nodeId, methodOf(typeUrl, variant));
      session.ask(typeUrl, ...names);
      const acked = xds.event((event) => event.kind === "ack" && event.typeUrl === typeUrl);
      await session.take();
      await acked;
      return session;
    }

    it("assignments of changed EDS clusters are sent again, each on its stream", async () => {
      xds.server.publish(snapshotOfEditions(base));
      const clusters = await start(xds.client, cluster);
      const [a, b] = [
        await start(xds.client, endpoints, "a"),
        await start(xds.client, endpoints, "b"),
      ];
      const sent: string[] = [];
      xds.server.onEvent((event) => {
        if (event.kind === "sent") sent.push(event.typeUrl);
      });
      xds.server.publish(snapshotOfEditions({ ...base, cluster: { a: 2, b: 1 } }));
      assert.deepEqual((await clusters.take()).names, sotwOr(["a", "b"], ["a"]));
      assert.deepEqual((await a.take()).names, ["a"]);
      xds.server.publish(snapshotOfEditions({ ...base, endpoints: { a: 1, b: 2 } }));
      assert.deepEqual((await b.take()).names, ["b"]);
      assert.deepEqual(sent.slice(0, 2), [cluster, endpoints]);
    });

    it("a cluster is taken away when the routes that may refer to it are sent", async () => {
      xds.server.publish(snapshotOfEditions(base));
      const clusters = await start(xds.client, cluster);
      const routes = await start(xds.client, route, "r");
      const sent: string[] = [];
      xds.server.onEvent((event) => {
        if (event.kind === "sent") sent.push(event.typeUrl);
      });
      xds.server.publish(snapshotOfEditions({ ...base, cluster: { b: 1, c: 1 }, route: { r: 2 } }));
      const first = await clusters.take();
      assert.deepEqual([first.names, first.removed], [sotwOr(["a", "b", "c"], ["c"]), []]);
      assert.deepEqual((await routes.take()).names, ["r"]);
      const last = await clusters.take();
      assert.deepEqual(
        [last.names, last.removed],
        sotwOr([["b", "c"], []] as const, [[], ["a"]] as const),
      );
      assert.deepEqual(sent, [cluster, route, cluster]);
    });

    it("another client that does not read, of the same node, holds nothing up", async () => {
      const body = Object.fromEntries(
        Array.from({ length: 5_000 }, (_, index) => [`route-${index}`, 1]),
      );
      xds.server.publish(snapshotOfEditions({ ...base, route: body }));
      const stuck = openRawCall(xds.port, methodOf(route, variant));
      const connected = xds.event(({ kind }) => kind === "connected");
      const type =
        `envoy.service.discovery.v3.${variant === "sotw" ? "" : "Delta"}DiscoveryRequest` as const;
      stuck.send(encode(type, { node: { id: nodeId } }));
      await connected;
      const other = createAdsClient(xds.port);
      const clusters = await start(other, cluster);
      xds.server.publish(
        snapshotOfEditions({ ...base, cluster: { b: 1 }, route: { ...body, "route-0": 2 } }),
      );
      const last = await clusters.take();
      assert.deepEqual(
        [last.names, last.removed],
        sotwOr([["b"], []] as const, [[], ["a"]] as const),
      );
      stuck.session.destroy();
      other.close();
    });
  });
}

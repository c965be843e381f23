// Serves the clusters and routes of benchmark P5. It prints its port, then changes one cluster and one route
// for each line it reads: what go-control-plane/main.go does with go-control-plane.
import { createInterface } from "node:readline";
import { createAdsServer } from "../../src/serve/ads-server.js";
import type { Snapshot } from "../../src/snapshot/snapshot.js";
import { snapshotOf, type Messages } from "../support/snapshot.js";

const [size = 1_000, changes = 20] = process.argv.slice(2).map(Number);

/** Gives cluster and route number 7 * edition their edition, and all others edition 0. */
function makeSnapshot(edition: number): Snapshot {
  const cluster: Record<string, NonNullable<Messages["cluster"]>[string]> = {};
  const route: Record<string, NonNullable<Messages["route"]>[string]> = {};
  for (let index = 0; index < size; index++) {
    const own = index === (7 * edition) % size ? edition : 0;
    const number = String(index).padStart(4, "0");
    const name = `cluster-${number}`;
    const socket_address = { address: "10.0.0.1", port_value: 8080 };
    cluster[name] = {
      name,
      connect_timeout: { seconds: 1 + own },
      load_assignment: {
        cluster_name: name,
        endpoints: [{ lb_endpoints: [{ endpoint: { address: { socket_address } } }] }],
      },
    };
    const routes = [{ match: { prefix: `/${own}` }, route: { cluster: name } }];
    route[`route-${number}`] = {
      name: `route-${number}`,
      virtual_hosts: [{ name: "all", domains: ["*"], routes }],
    };
  }
  return snapshotOf({ cluster, route });
}

const snapshots = Array.from({ length: changes + 1 }, (_, edition) => makeSnapshot(edition));
const server = createAdsServer({ port: 0, now: Date.now });
server.publish(snapshots[0]!); // at least one is made above
const { port } = await server.listen();
console.log(port);
let edition = 0;
for await (const _ of createInterface(process.stdin)) {
  const next = snapshots[++edition];
  if (next !== undefined) server.publish(next);
}
await server.close();

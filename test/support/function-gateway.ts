import { once } from "node:events";
import { createServer, request as httpRequest, type IncomingHttpHeaders } from "node:http";
import type { AddressInfo } from "node:net";
import { envoyBootstrap } from "../../src/cli/bootstrap/envoy-bootstrap.js";
import { Cluster_DiscoveryType } from "../../src/envoy/generated/messages.js";
import { typeUrls } from "../../src/envoy/type-urls.js";
import type { Secrets } from "../../src/model/secret.js";
import { createPipeline } from "../../src/pipeline.js";
import { createAdsServer } from "../../src/serve/ads-server.js";
import { clusterResource } from "../../src/snapshot/encode.js";
import { resourceSetOf } from "../../src/snapshot/resource-set.js";
import type { Snapshot, XdsResource } from "../../src/snapshot/snapshot.js";
import { localityOf } from "../../src/translate/endpoints.js";
import type { TranslationPlugin } from "../../src/translate/plugin.js";
import { createPluginSet } from "../../src/translate/plugin-set.js";
import {
  defaultTranslationSettings,
  type TranslationSettings,
} from "../../src/translate/translate.js";
import { poll, startTestEnvoy } from "./envoy-process.js";
import { treeOf, type TreeContent } from "./tree.js";

/** A request as the back end got it. */
export interface Received {
  readonly method: string;
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  /** Names and values in turn, as they came. */
  readonly rawHeaders: readonly string[];
  readonly body: Buffer;
}

/** What the back end answers. */
export interface Answer {
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Buffer;
}

/** A response as the client got it. */
export interface Response {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
  readonly text: string;
}

/** What is sent; `path` goes out as it is. */
export interface Sent {
  readonly method?: string;
  readonly path: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Buffer;
}

/** The whole way from config to traffic: pipeline, xDS server, a real Envoy, and a back end. */
export interface FunctionGateway {
  /** Where the back end is, for upstreams. */
  readonly backendPort: number;
  /** Where clients reach Envoy, once a config is published. */
  readonly port: number;
  /** Of the back end, in the order of arrival. */
  readonly received: Received[];
  /** What the back end does with each request. Default: an empty 200. */
  answer: (request: Received) => Answer;
  /** Builds the config, which has to be without errors, and waits until Envoy serves it. */
  publish(files: Readonly<Record<string, TreeContent>>, secrets?: Secrets): Promise<void>;
  send(request: Sent): Promise<Response>;
  /** Sends, and gives what the back end got; throws with the response if it got nothing. */
  deliver(request: Sent): Promise<Received>;
  admin(path: string): Promise<string>;
  /** Waits until Envoy knows where these upstreams are, which it finds out after the routes to them. */
  resolved(upstreams: readonly string[]): Promise<void>;
  log(): Promise<string>;
  close(): Promise<void>;
}

/** What is served besides what the config says. */
export interface GatewayExtras {
  /**
   * Clusters that Envoy makes by itself, each moved to a port of loopback that speaks HTTP. Envoy makes
   * them when it gets what needs them, so they come after that.
   */
  readonly movedClusters?: readonly { readonly name: string; readonly port: number }[];
}

/**
 * Starts a gateway on free ports of loopback, with an Envoy that has nothing to serve so far. `options`:
 * settings that differ from the usual ones.
 */
export async function startFunctionGateway(
  plugins: readonly TranslationPlugin[],
  options: Partial<TranslationSettings> = {},
  { movedClusters = [] }: GatewayExtras = {},
): Promise<FunctionGateway> {
  const received: Received[] = [];
  const backend = createServer((message, response) => {
    const chunks: Buffer[] = [];
    message.on("data", (chunk: Buffer) => chunks.push(chunk));
    message.on("end", () => {
      const { method = "", url: path = "", headers, rawHeaders } = message;
      const request = { method, path, headers, rawHeaders, body: Buffer.concat(chunks) };
      const isProbe = path.startsWith("/.probe/");
      if (!isProbe) received.push(request);
      const answer = isProbe ? { body: path } : gateway.answer(request);
      response.writeHead(answer.status ?? 200, answer.headers);
      response.end(answer.body);
    });
  });
  await once(backend.listen(0, "127.0.0.1"), "listening");
  const { port: backendPort } = backend.address() as AddressInfo;
  const server = createAdsServer({ port: 0, now: Date.now });
  const xds = await server.listen();
  const settings = {
    ...defaultTranslationSettings,
    bindAddress: "127.0.0.1",
    httpPort: 0,
    httpsPort: 0,
    ...options,
  };
  const pipeline = createPipeline({ plugins: createPluginSet(plugins), settings });
  const envoy = await startTestEnvoy(
    envoyBootstrap({ role: "ingress", name: "test", xds, variant: "delta", adminPort: 0 }),
    { waitUntilReady: false },
  );
  const nacks: string[] = [];
  server.onEvent((event) => {
    if (event.kind === "nack") nacks.push(event.message);
  });
  let builds = 0;
  let port: number | undefined;

  const gateway: FunctionGateway = {
    backendPort,
    get port() {
      return port ?? 0;
    },
    received,
    answer: () => ({}),
    async publish(files, secrets = new Map()) {
      const probe = `/.probe/${++builds}`;
      const tree = treeOf({ ...files, "probe/probe.yaml": probeConfig(backendPort, probe) });
      const build = pipeline.build(tree, { secrets, endpoints: new Map() });
      if (build.diagnostics.some(({ severity }) => severity === "error")) {
        throw new Error(JSON.stringify(build.diagnostics, null, 2));
      }
      server.publish(build.snapshot);
      port ??= await envoy.listenerPort("listener-gloo-rds-http");
      await poll("Envoy to serve the config", async () => {
        if (nacks.length > 0) return nacks[0];
        const { text } = await gateway.send({ path: probe, headers: { host: "probe" } });
        return text === probe ? text : undefined;
      });
      if (nacks.length > 0) throw new Error(nacks.join("\n"));
      // Routes can arrive before the endpoints of clusters that came with them.
      await poll("clusters to be warm", async () => {
        const stats = await envoy.admin("/stats?filter=^cluster_manager.warming_clusters$");
        return / 0$/m.test(stats) ? true : undefined;
      });
      if (movedClusters.length === 0) return;
      const moved = movedClusters.map(({ name, port }) => movedCluster(name, port, builds));
      server.publish(withClusters(build.snapshot, moved));
      await poll("clusters to be moved", async () => {
        const page = await envoy.admin("/clusters");
        const hasMoved = ({ name, port }: { name: string; port: number }): boolean =>
          page.includes(`${name}::127.0.0.1:${port}::`);
        return movedClusters.every(hasMoved) || undefined;
      });
    },
    send: ({ method = "GET", path, headers = {}, body }) =>
      new Promise((resolve, reject) => {
        const isChunked = "transfer-encoding" in headers;
        const length =
          body === undefined || isChunked
            ? {}
            : { "content-length": String(Buffer.byteLength(body)) };
        const outgoing = httpRequest(
          {
            host: "127.0.0.1",
            port,
            method,
            path,
            headers: { ...length, ...headers },
            agent: false,
          },
          (response) => {
            const chunks: Buffer[] = [];
            response.on("data", (chunk: Buffer) => chunks.push(chunk));
            response.on("error", reject);
            response.on("end", () => {
              const whole = Buffer.concat(chunks);
              const { statusCode: status = 0, headers: got } = response;
              resolve({ status, headers: got, body: whole, text: whole.toString() });
            });
          },
        );
        outgoing.on("error", reject);
        // A string would have the headers written in its own encoding.
        outgoing.end(body === undefined ? undefined : Buffer.from(body as string));
      }),
    async deliver(request) {
      const before = received.length;
      const response = await gateway.send(request);
      const got = received[before];
      if (got === undefined) throw new Error(`not delivered: ${response.status} ${response.text}`);
      return got;
    },
    admin: (path) => envoy.admin(path),
    async resolved(upstreams) {
      await poll(`the addresses of ${upstreams.join()}`, async () => {
        const { cluster_statuses: clusters = [] } = JSON.parse(
          await envoy.admin("/clusters?format=json"),
        ) as ClustersPage;
        const known = clusters.filter(({ host_statuses: hosts = [] }) => hosts.length > 0);
        return upstreams.every((own) => known.some(({ name }) => name === own)) || undefined;
      });
    },
    log: () => envoy.log(),
    async close() {
      await envoy.close();
      await server.close();
      backend.close();
    },
  };
  return gateway;
}

/** Adds clusters to what Envoys of the role `ingress` are served. */
function withClusters(snapshot: Snapshot, clusters: readonly XdsResource[]): Snapshot {
  const roles = new Map(snapshot.roles);
  const role = roles.get("ingress");
  const { cluster: type } = typeUrls;
  const own = [...(role?.sets.get(type)?.resources.values() ?? [])];
  if (role === undefined) return snapshot;
  const sets = new Map(role.sets).set(type, resourceSetOf([...own, ...clusters]));
  return { ...snapshot, id: `${snapshot.id}+`, roles: roles.set("ingress", { ...role, sets }) };
}

function movedCluster(name: string, port: number, build: number): XdsResource {
  return clusterResource({
    name,
    // Other bytes than those of the last time, or Envoy would not be sent it again.
    alt_stat_name: `${name}_${build}`,
    type: Cluster_DiscoveryType.STATIC,
    connect_timeout: { seconds: 5 },
    load_assignment: {
      cluster_name: name,
      endpoints: [localityOf([{ address: "127.0.0.1", port }])],
    },
  });
}

interface ClustersPage {
  readonly cluster_statuses?: readonly {
    readonly name: string;
    readonly host_statuses?: readonly unknown[];
  }[];
}

/** A virtual service by which it is seen that a config has arrived. */
function probeConfig(backendPort: number, path: string): string {
  return JSON.stringify({
    upstreams: [
      {
        name: "probe",
        type: "static",
        spec: { hosts: [{ addr: "127.0.0.1", port: backendPort }] },
      },
    ],
    virtual_services: [
      {
        name: "probe",
        domains: ["probe"],
        routes: [
          {
            request_matcher: { path_exact: path },
            single_destination: { upstream: { name: "probe" } },
          },
        ],
      },
    ],
  });
}

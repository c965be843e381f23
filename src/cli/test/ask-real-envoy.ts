import { request as sendRequest, type IncomingHttpHeaders } from "node:http";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Call } from "../../routing/calls.js";
import { chooseChain } from "../../routing/choose-host.js";
import { compileRouteTable } from "../../routing/compile-route-table.js";
import type { Match, Verdict } from "../../routing/match-request.js";
import { splitAuthority, type ClientRequest } from "../../routing/request.js";
import type { ChainRoutes, CompiledRoute, HostRoutes } from "../../routing/route-table.js";
import { judgeMatch, type TestResult } from "../../routing/run-tests.js";
import type { BuiltConfig } from "../check/build-config.js";
import { startEnvoy, type EnvoyProcess } from "../demo/envoy-process.js";
import { PromiseBroken, waitFor } from "../demo/wait-for.js";
import { CommandError } from "../io.js";
import { startEchoBackEnd, type EchoBackEnd, type Received } from "./echo-back-end.js";
import { clusterHeader, listenerNameOf, routeHeader, testBootstrap } from "./test-bootstrap.js";

/** Of destinations by weight, the one that is expected comes by chance; so often it is asked for. */
const maxAttempts = 200;

/**
 * Sends the requests of tests to a real Envoy, one after the other, and judges what it did with them. A
 * test whose request has no way in keeps its result: there is nothing that Envoy could be asked.
 */
export async function askRealEnvoy(
  envoyPath: string,
  built: BuiltConfig,
  results: readonly TestResult[],
  signal: AbortSignal,
): Promise<readonly TestResult[]> {
  const table = compileRouteTable(built);
  const folder = await mkdtemp(join(tmpdir(), "gloo-test-"));
  const backEnd = await startEchoBackEnd();
  let envoy: EnvoyProcess | undefined;
  try {
    const bootstrap = testBootstrap(built.translation, table, backEnd.port);
    envoy = await startEnvoy(envoyPath, bootstrap, folder, signal);
    const ports = await listenerPorts(envoy, bootstrap, signal).catch((cause: unknown) => {
      if (!(cause instanceof PromiseBroken)) throw cause;
      throw new CommandError("Envoy did not open its listeners in time", { cause });
    });
    const asked: TestResult[] = [];
    for (const result of results) {
      signal.throwIfAborted();
      asked.push(await askOne(result, { ports, backEnd, table }));
    }
    return asked;
  } finally {
    await envoy?.close();
    await backEnd.close();
    await rm(folder, { recursive: true, force: true });
  }
}

interface Stage {
  /** By the name of the listener. */
  readonly ports: ReadonlyMap<string, number>;
  readonly backEnd: EchoBackEnd;
  readonly table: ReturnType<typeof compileRouteTable>;
}

async function askOne(result: TestResult, stage: Stage): Promise<TestResult> {
  const { request, match } = result;
  const chain = match && chainOf(match, request, stage);
  if (request === undefined || match?.listener === undefined || chain === undefined) return result;
  const name = listenerNameOf(match.role ?? "", match.listener.name, chain.name);
  const port = stage.ports.get(name);
  if (port === undefined) return result;
  let judged = result;
  for (let attempt = 0; attempt < maxAttempts; attempt++) {
    const seen = await observe(port, request, stage.backEnd);
    const observations = matchesOf(seen, match, chain).map((real) => judgeMatch(result, real));
    judged =
      observations.find(({ failures }) => failures.length === 0) ?? observations[0] ?? result;
    const isByChance =
      judged.match?.route?.outcome.kind === "forward" &&
      judged.match.route.outcome.destinations.filter(({ weight }) => weight > 0).length > 1;
    if (judged.failures.length === 0 || !isByChance) return judged;
  }
  return judged;
}

function chainOf(
  match: Match,
  request: ClientRequest | undefined,
  { table }: Stage,
): ChainRoutes | undefined {
  const listener = table.roles
    .find(({ role }) => role === match.role)
    ?.listeners.find(({ name }) => name === match.listener?.name);
  const { name } = splitAuthority(request?.authority ?? "");
  return listener && chooseChain(listener.chains, match.scheme, name);
}

/** What Envoy did with one request. */
interface Observation {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
  readonly received: Received | undefined;
}

const requestTimeoutMs = 10_000;

function observe(
  port: number,
  { method, scheme, authority, path, headers, body }: ClientRequest,
  backEnd: EchoBackEnd,
): Promise<Observation> {
  backEnd.take();
  const own = Object.entries(headers).filter(([name]) => name.toLowerCase() !== "host");
  return new Promise((resolve, reject) => {
    const fail = (cause: unknown): void => {
      const reason = cause instanceof Error ? cause.message : String(cause);
      reject(new CommandError(`Envoy did not answer ${method} ${path}: ${reason}`, { cause }));
    };
    const outgoing = sendRequest({
      host: "127.0.0.1",
      port,
      method,
      path,
      headers: {
        ...(body !== undefined && { "content-length": String(Buffer.byteLength(body)) }),
        ...Object.fromEntries(own),
        ...(scheme === "https" && { "x-forwarded-proto": "https" }),
        host: authority,
      },
      agent: false,
      timeout: requestTimeoutMs,
    });
    outgoing.once("timeout", () => void outgoing.destroy(new Error("it took too long")));
    outgoing.once("error", fail);
    outgoing.once("response", (response) => {
      let text = "";
      response.setEncoding("utf8").on("data", (part: string) => void (text += part));
      response.once("error", fail);
      response.once("end", () => {
        const { statusCode: status = 0, headers: got } = response;
        resolve({ status, headers: got, body: text, received: backEnd.take() });
      });
    });
    outgoing.end(body);
  });
}

/**
 * An observation in the words of a match. Envoy names the cluster; which of several functions behind it
 * was called is not to be seen, so there is a match for each.
 */
function matchesOf(seen: Observation, predicted: Match, chain: ChainRoutes): readonly Match[] {
  const { route, host } = answerIn(seen, chain);
  const base: Omit<Match, "verdict"> = {
    scheme: predicted.scheme,
    misses: [],
    ...(predicted.role !== undefined && { role: predicted.role }),
    ...(predicted.listener && { listener: predicted.listener }),
    ...(predicted.request && { request: predicted.request }),
    ...(host && { host }),
    ...(route && { route }),
  };
  const { received } = seen;
  if (received === undefined || route?.outcome.kind !== "forward") {
    return [{ ...base, verdict: ownAnswer(seen, route) }];
  }
  const { destinations } = route.outcome;
  const total = destinations.reduce((sum, { weight }) => sum + weight, 0);
  const cluster = String(seen.headers[clusterHeader] ?? "");
  return destinations
    .filter((destination) => destination.cluster === cluster && destination.weight > 0)
    .map((destination) => {
      const share = destination.weight / total;
      const call: Call = { destination, share, unknown: [], ...received };
      return { ...base, verdict: { kind: "forwarded", calls: [call] } };
    });
}

function answerIn(
  { headers }: Observation,
  { hosts }: ChainRoutes,
): { readonly route?: CompiledRoute; readonly host?: HostRoutes } {
  const [, name, position] = /^(.*)\/(\d+)$/.exec(String(headers[routeHeader] ?? "")) ?? [];
  const host = hosts.find(({ virtualService }) => virtualService === name);
  const route = host?.routes[Number(position)];
  return { ...(host && { host }), ...(route && { route }) };
}

function ownAnswer(
  { status, headers, body }: Observation,
  route: CompiledRoute | undefined,
): Verdict {
  const { location } = headers;
  if (location !== undefined && status >= 300 && status < 400) {
    return { kind: "redirected", status, location };
  }
  if (route === undefined && status === 404) {
    return { kind: "no-route", why: "no-match", status, reason: "Envoy answers 404" };
  }
  if (route === undefined && status === 400) {
    return { kind: "refused", status, reason: "Envoy answers 400" };
  }
  return { kind: "answered", status, body };
}

interface ListenersPage {
  readonly listener_statuses?: readonly {
    readonly name?: string;
    readonly local_address?: { readonly socket_address?: { readonly port_value?: number } };
  }[];
}

/** Where each listener of the bootstrap ended up. */
async function listenerPorts(
  { adminAddress }: EnvoyProcess,
  bootstrap: { readonly [key: string]: unknown },
  signal: AbortSignal,
): Promise<ReadonlyMap<string, number>> {
  const { listeners } = bootstrap["static_resources"] as { readonly listeners: readonly unknown[] };
  return waitFor("Envoy's listeners", signal, async () => {
    const url = `http://${adminAddress}/listeners?format=json`;
    const response = await fetch(url, { signal }).catch((cause: unknown) => {
      signal.throwIfAborted();
      throw new CommandError("Envoy ended before it could be asked", { cause });
    });
    // The page is Envoy's own.
    const page = (await response.json()) as ListenersPage;
    const ports = new Map(
      (page.listener_statuses ?? []).map(({ name = "", local_address }) => [
        name,
        local_address?.socket_address?.port_value ?? 0,
      ]),
    );
    const isComplete = ports.size >= listeners.length && ![...ports.values()].includes(0);
    // It opens them once it has everything, or has waited for secrets long enough: 15 s.
    const ready = await fetch(`http://${adminAddress}/ready`, { signal });
    return isComplete && ready.ok ? ports : undefined;
  });
}

import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { readdir, readFile } from "node:fs/promises";
import { createInterface, type Interface } from "node:readline";
import { setTimeout as delay } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { builtinPlugins } from "../../src/plugins/index.js";
import { startFunctionGateway, type FunctionGateway } from "../support/function-gateway.js";
import { median, medianOf, type Bench, type BenchRow } from "./bench.js";
import type { Load, Loaded } from "./functions-client.js";
import {
  answers,
  clientBody,
  manyRoutes,
  oneOfEach,
  secrets,
  type Kind,
} from "./functions-config.js";

const rounds = 9;
const sliceMs = 400;
const connections = 16;
const pipelined = 8;
const functionCount = 1_000;
/** Until what Envoy has freed is given back. */
const settleMs = 500;

/**
 * P8: requests a second through functions, beside a plain route on the same Envoy, and what 1,000 functions
 * cost Envoy in memory. Client and back ends are programs of their own, and cost less than Envoy does.
 */
export const functionsBench: Bench = {
  id: "P8",
  async run() {
    const backend = startProgram("functions-backend.ts");
    try {
      const [ports] = (await once(backend.lines, "line")) as [string];
      const [httpPort = NaN, grpcPort = NaN] = ports.split(" ").map(Number);
      const requests = await measureRequests(httpPort, grpcPort);
      return [...requests, ...(await measureMemory(httpPort))];
    } finally {
      backend.stop();
    }
  },
};

/** One slice of load. CPU is that of Envoy's worker; NaN where there is no `/proc`. */
interface Slice {
  readonly perS: number;
  readonly cpuUs: number;
  /** Part of the time in which the worker ran or waited for a core: near 1, it is what sets the pace. */
  readonly busy: number;
}

/** A function's slice, and the mean of the plain ones before and after it. */
interface Pair {
  readonly own: Slice;
  readonly plain: Slice;
}

async function measureRequests(httpPort: number, grpcPort: number): Promise<readonly BenchRow[]> {
  const client = startProgram("functions-client.ts");
  const { gateway, pid } = await startGateway();
  try {
    await gateway.publish(oneOfEach(httpPort, grpcPort), secrets);
    await gateway.resolved(["rest", "lambda", "grpc"]);
    const port = await listenerPort(gateway);
    const slice = (kind: Kind): Promise<Slice> => measureSlice(client, port, pid, kind);
    const kinds = ["body", "rest", "lambda", "grpc"] as const;
    for (const kind of kinds) await slice(kind); // until connections are open and functions compiled
    const pairs: Record<(typeof kinds)[number], Pair[]> = {
      body: [],
      rest: [],
      lambda: [],
      grpc: [],
    };
    let before = await slice("plain");
    for (let round = 0; round < rounds; round++) {
      for (const kind of kinds) {
        const own = await slice(kind);
        const after = await slice("plain");
        pairs[kind].push({ own, plain: mean(before, after) });
        before = after;
      }
    }
    return [
      ...rowsOf("a REST function with a body template", pairs.body, 0.75),
      ...rowsOf("one with templates for path, header and body", pairs.rest),
      ...rowsOf("a function of AWS Lambda", pairs.lambda),
      ...rowsOf("a unary gRPC function", pairs.grpc),
    ];
  } finally {
    await gateway.close();
    client.stop();
  }
}

async function measureSlice(
  client: Program,
  port: number,
  pid: number | undefined,
  kind: Kind,
): Promise<Slice> {
  const request =
    `POST /${kind}/7 HTTP/1.1\r\nhost: pets\r\ncontent-type: application/json\r\n` +
    `content-length: ${clientBody.length}\r\n\r\n${clientBody}`;
  const load: Load = { port, connections, pipelined, ms: sliceMs, request, answer: answers[kind] };
  const before = await workerTime(pid);
  client.process.stdin?.write(`${JSON.stringify(load)}\n`);
  const line = await Promise.race([once(client.lines, "line"), client.ended]);
  if (line === undefined) throw new Error(`the load of ${kind} has failed`);
  const { requests, ms } = JSON.parse(String(line[0])) as Loaded;
  const after = await workerTime(pid);
  const cpuMs = after.cpuMs - before.cpuMs;
  return {
    perS: (requests / ms) * 1000,
    cpuUs: (cpuMs * 1000) / requests,
    busy: (cpuMs + after.waitMs - before.waitMs) / ms,
  };
}

function mean(a: Slice, b: Slice): Slice {
  return {
    perS: (a.perS + b.perS) / 2,
    cpuUs: (a.cpuUs + b.cpuUs) / 2,
    busy: (a.busy + b.busy) / 2,
  };
}

/** The ratio by the clock, and that by the CPU time of Envoy's worker, which neighbours do not change. */
function rowsOf(what: string, pairs: readonly Pair[], budget?: number): readonly BenchRow[] {
  const middle = (of: (pair: Pair) => number): string => median(pairs.map(of)).toFixed(0);
  const percent = (of: (pair: Pair) => Slice): string => middle((pair) => of(pair).busy * 100);
  const busy = `${percent(({ own }) => own)} and ${percent(({ plain }) => plain)} %`;
  return [
    {
      id: "P8",
      what: `requests/s through ${what}, to a plain route`,
      ...medianOf(pairs.map(({ own, plain }) => own.perS / plain.perS)),
      unit: "x",
      ...(budget !== undefined && { budget, bound: "at-least" }),
      against:
        `${middle(({ own }) => own.perS)}/s; plain: ${middle(({ plain }) => plain.perS)}/s; ` +
        `Envoy's worker ran or wanted to for ${busy} of the time`,
    },
    {
      id: "P8",
      what: `of these, by CPU time of Envoy's worker`,
      ...medianOf(pairs.map(({ own, plain }) => plain.cpuUs / own.cpuUs)),
      unit: "x",
      against: `${middle(({ own }) => own.cpuUs)} µs a request; plain: ${middle(({ plain }) => plain.cpuUs)} µs`,
    },
  ];
}

/** Resident memory of an Envoy before it has the routes, with them, and when each has taken a request. */
interface Footprint {
  readonly beforeMb: number;
  readonly publishedMb: number;
  readonly usedMb: number;
}

async function measureMemory(httpPort: number): Promise<readonly BenchRow[]> {
  const plain = await measureFootprint("plain", httpPort);
  const rest = await measureFootprint("rest", httpPort);
  const row = (what: string, key: "publishedMb" | "usedMb"): BenchRow => ({
    id: "P8",
    what: `resident memory of Envoy, ${functionCount} routes with templates, ${what}`,
    value: rest[key] - rest.beforeMb,
    unit: "MB",
    against:
      `${rest.beforeMb.toFixed(1)} MB without routes; ` +
      `${functionCount} plain routes: ${(plain[key] - plain.beforeMb).toFixed(1)} MB`,
  });
  return [row("published", "publishedMb"), row("when each has run once", "usedMb")];
}

async function measureFootprint(kind: "plain" | "rest", httpPort: number): Promise<Footprint> {
  const { gateway, pid } = await startGateway();
  const settledMb = async (): Promise<number> => {
    await delay(settleMs);
    return residentMb(pid);
  };
  try {
    await gateway.publish({});
    const beforeMb = await settledMb();
    await gateway.publish(manyRoutes(functionCount, kind, httpPort));
    const publishedMb = await settledMb();
    for (let index = 0; index < functionCount; index++) {
      const headers = { "content-type": "application/json" };
      const path = `/${kind}/${index}/7`;
      const { status } = await gateway.send({ method: "POST", path, headers, body: clientBody });
      if (status !== 200) throw new Error(`${kind} route ${index} answers ${status}`);
    }
    return { beforeMb, publishedMb, usedMb: await settledMb() };
  } finally {
    await gateway.close();
  }
}

/** A gateway, and the process of its Envoy: the child that was not there before. */
async function startGateway(): Promise<{ gateway: FunctionGateway; pid: number | undefined }> {
  const before = await childrenOf(process.pid);
  const gateway = await startFunctionGateway(builtinPlugins);
  const pid = (await childrenOf(process.pid)).find((child) => !before.includes(child));
  return { gateway, pid };
}

async function childrenOf(pid: number): Promise<readonly number[]> {
  const text = await readFile(`/proc/${pid}/task/${pid}/children`, "utf8").catch(() => "");
  return text.split(" ").filter(Boolean).map(Number);
}

async function listenerPort(gateway: FunctionGateway): Promise<number> {
  const { listener_statuses: statuses } = JSON.parse(
    await gateway.admin("/listeners?format=json"),
  ) as ListenersPage;
  const http = statuses.find(({ name }) => name === "listener-gloo-rds-http");
  if (http === undefined) throw new Error("Envoy has no listener");
  return http.local_address.socket_address.port_value;
}

interface ListenersPage {
  readonly listener_statuses: readonly {
    readonly name: string;
    readonly local_address: { readonly socket_address: { readonly port_value: number } };
  }[];
}

/** How long a thread has run so far, and how long it has waited for a core. */
interface ThreadTime {
  readonly cpuMs: number;
  readonly waitMs: number;
}

/** Times of the one worker of an Envoy; NaN where there is no `/proc`. */
async function workerTime(pid: number | undefined): Promise<ThreadTime> {
  const tasks = `/proc/${pid}/task`;
  for (const task of await readdir(tasks).catch(() => [])) {
    const name = await readFile(`${tasks}/${task}/comm`, "utf8");
    if (name.trim() !== "wrk:worker_0") continue;
    const [ran, waited] = (await readFile(`${tasks}/${task}/schedstat`, "utf8")).split(" ");
    return { cpuMs: Number(ran) / 1e6, waitMs: Number(waited) / 1e6 };
  }
  return { cpuMs: NaN, waitMs: NaN };
}

async function residentMb(pid: number | undefined): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, "utf8").catch(() => "");
  return Number(/^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1]) / 1000;
}

/** A program of this folder that reads lines and writes lines. */
interface Program {
  readonly process: ChildProcess;
  readonly lines: Interface;
  /** Resolves with nothing when it has ended. */
  readonly ended: Promise<undefined>;
  stop(): void;
}

function startProgram(file: string): Program {
  const program = fileURLToPath(new URL(file, import.meta.url));
  const child = spawn(process.execPath, ["--import", "tsx", program], {
    stdio: ["pipe", "pipe", "inherit"],
  });
  return {
    process: child,
    lines: createInterface(child.stdout),
    ended: once(child, "exit").then(() => undefined),
    stop() {
      child.stdin.end();
      child.kill();
    },
  };
}

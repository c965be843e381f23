import { mkdtemp, rm } from "node:fs/promises";
import { Agent, request } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { CommitDetail } from "../../src/admin/api-types.js";
import { envoyBootstrap } from "../../src/cli/bootstrap/envoy-bootstrap.js";
import { freePort, startLoopbackServer } from "../../src/cli/demo/loopback-server.js";
import { startTestEnvoy } from "../support/envoy-process.js";
import { domainOf } from "../support/tree-t.js";
import { median, medianOf, timeMs, type Bench, type BenchRow } from "./bench.js";
import { startGlooProcess, type GlooProcess } from "./gloo-process.js";
import { createRemoteTree, type RemoteTree } from "./remote-tree.js";

const rounds = 15;
/** Until the code is compiled and Envoy has settled: not counted. */
const warmUp = 3;

/** P1: from the end of `git push` of one line in tree T to a real Envoy that answers the new way. */
export const pushBench: Bench = {
  id: "P1",
  async run() {
    const backend = await startLoopbackServer((incoming, response) => response.end(incoming.url));
    const remote = await createRemoteTree({ host: { addr: "127.0.0.1", port: backend.port } });
    const folder = await mkdtemp(join(tmpdir(), "gloo-bench-"));
    const envoyPort = await freePort();
    const gloo = await startGlooProcess({ repo: remote.url, folder, envoyPort });
    try {
      await gloo.waitUntilReady();
      const xds = { host: "127.0.0.1", port: gloo.adsPort };
      const role = { role: "ingress", name: "bench", variant: "delta", adminPort: 0 } as const;
      const envoy = await startTestEnvoy(envoyBootstrap({ ...role, xds }));
      try {
        return rowsOf(await measure({ remote, gloo, envoyPort }));
      } finally {
        await envoy.close();
      }
    } finally {
      await gloo.close();
      await remote.remove();
      await backend.close();
      await rm(folder, { recursive: true, force: true });
    }
  },
};

interface Round {
  /** From the end of the push to the new answer. */
  readonly answerMs: number;
  /** `git fetch` of the same commit. */
  readonly fetchMs: number;
  readonly durations: CommitDetail["durations"];
}

async function measure(parts: {
  readonly remote: RemoteTree;
  readonly gloo: GlooProcess;
  readonly envoyPort: number;
}): Promise<readonly Round[]> {
  const { remote, gloo, envoyPort } = parts;
  const clone = ["clone", "--quiet", "--bare", "--depth", "1", "--no-local", remote.url];
  await remote.git(...clone, "watcher.git");
  const all: Round[] = [];
  for (let round = 0; round < warmUp + rounds; round++) {
    const index = round * 7;
    const commit = await remote.push(index, `/round${round}/`);
    const answerMs = await timeMs(async () => {
      await gloo.sendHook(commit);
      await untilAnswer(envoyPort, domainOf(index), `/round${round}/x`);
    });
    // The watcher has every earlier commit, as the control plane has, and fetches what that fetched.
    const fetch = ["fetch", "--quiet", remote.url, "main"];
    const fetchMs = await timeMs(() => remote.git("-C", "watcher.git", ...fetch));
    const { durations } = await gloo.commit(commit, ["live"]);
    if (round >= warmUp) all.push({ answerMs, fetchMs, durations });
  }
  return all;
}

/** Asks again and again over one connection, which Envoy keeps open when routes change. */
async function untilAnswer(port: number, host: string, wanted: string): Promise<void> {
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  const end = performance.now() + 30_000;
  try {
    while ((await ask(port, host, agent)) !== wanted) {
      if (performance.now() > end) throw new Error(`${host} never led to ${wanted}`);
    }
  } finally {
    agent.destroy();
  }
}

function ask(port: number, host: string, agent: Agent): Promise<string> {
  return new Promise((resolve, reject) => {
    const options = { host: "127.0.0.1", port, path: "/route0/x", headers: { host }, agent };
    request(options, (response) => {
      let body = "";
      response
        .setEncoding("utf8")
        .on("data", (text: string) => void (body += text))
        .on("end", () => {
          resolve(body);
        });
    })
      .on("error", reject)
      .end();
  });
}

function rowsOf(all: readonly Round[]): readonly BenchRow[] {
  const answers = all.map(({ answerMs }) => answerMs);
  const fetchMs = median(all.map((round) => round.fetchMs));
  const part = (
    what: string,
    msOf: (durations: CommitDetail["durations"]) => number,
  ): BenchRow => ({
    id: "P1",
    what: `of these: ${what}`,
    unit: "ms",
    ...medianOf(all.map(({ durations }) => msOf(durations))),
  });
  return [
    {
      id: "P1",
      what: "git push of one line in T, until a real Envoy answers the new way",
      unit: "x",
      ...medianOf(answers.map((ms) => ms / fetchMs)),
      budget: 2,
      against: `${median(answers).toFixed(0)} ms; git fetch of the same commit: ${fetchMs.toFixed(0)} ms`,
    },
    part("asking the remote and fetching", ({ lsRefs = 0, fetch = 0 }) => lsRefs + fetch),
    part("reading the tree and building", ({ tree = 0, build = 0 }) => tree + build),
    part("writing to disk", ({ persist = 0 }) => persist),
    part("Envoy itself, up to its ACK", ({ firstAck = 0 }) => firstAck),
  ];
}

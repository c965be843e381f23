import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { CommitDetail } from "../../src/admin/api-types.js";
import { freePort } from "../../src/cli/demo/loopback-server.js";
import { typeUrls } from "../../src/envoy/type-urls.js";
import { reconcileMs } from "../../src/reconcile/commits/commit-record.js";
import type { TreeTOptions } from "../support/tree-t.js";
import { median, medianOf, timeMs, type Bench, type BenchRow } from "./bench.js";
import { openDeltaClient } from "./delta-client.js";
import { startGlooProcess } from "./gloo-process.js";
import { createRemoteTree } from "./remote-tree.js";

const rounds = 25;
/** Until the code is compiled: not counted. */
const warmUp = 10;
/** As tree T, a twelfth of it: 1,000 files. */
const smallTree: TreeTOptions = { upstreams: 910, virtualServices: 90, folders: 20 };

/** P4: reconciling a change of one file, by the product's own clocks and by one outside. */
export const oneChangeBench: Bench = {
  id: "P4",
  async run() {
    const [small, large] = [await measure(smallTree), await measure({})];
    return rowsOf(small, large);
  },
};

interface Changes {
  /** The first reconcile: everything is fetched, read, built and published. */
  readonly whole: CommitDetail["durations"];
  readonly changes: readonly CommitDetail["durations"][];
  /** From sending the webhook to a client that has the new routes. */
  readonly outsideMs: readonly number[];
}

async function measure(tree: TreeTOptions): Promise<Changes> {
  const remote = await createRemoteTree(tree);
  const folder = await mkdtemp(join(tmpdir(), "gloo-bench-"));
  const gloo = await startGlooProcess({
    repo: remote.url,
    folder,
    envoyPort: await freePort(),
  });
  try {
    const client = openDeltaClient(gloo.adsPort, "ingress~bench");
    await client.whole;
    const [head = ""] = (await remote.git("ls-remote", remote.url, "refs/heads/main")).split("\t");
    const whole = await gloo.commit(head, ["live"]);
    const changes: CommitDetail["durations"][] = [];
    const outsideMs: number[] = [];
    for (let round = 0; round < warmUp + rounds; round++) {
      const commit = await remote.commit([{ index: round, marker: `/round${round}/` }]);
      const routes = client.next(typeUrls.route);
      const ms = await timeMs(async () => {
        await gloo.sendHook(commit);
        await routes;
      });
      const { durations } = await gloo.commit(commit, ["live"]);
      if (round < warmUp) continue;
      changes.push(durations);
      outsideMs.push(ms);
    }
    client.close();
    return { whole: whole.durations, changes, outsideMs };
  } finally {
    await gloo.close();
    await remote.remove();
    await rm(folder, { recursive: true, force: true });
  }
}

function rowsOf(small: Changes, large: Changes): readonly BenchRow[] {
  const ownSmall = median(small.changes.map(reconcileMs));
  const own = large.changes.map(reconcileMs);
  const buildMs = large.changes.map(({ build = NaN }) => build);
  const wholeBuildMs = large.whole.build ?? NaN;
  const row = { id: "P4" } as const;
  return [
    {
      ...row,
      what: "reconcile of a one-file change in T, to the same in a tree of 1,000 files",
      unit: "x",
      ...medianOf(own.map((ms) => ms / ownSmall)),
      budget: 1.5,
      against: `${text(median(own))}; 1,000 files: ${text(ownSmall)}`,
    },
    {
      ...row,
      what: "the same two from outside: webhook sent until a client has the routes",
      unit: "x",
      ...medianOf(large.outsideMs.map((ms) => ms / median(small.outsideMs))),
      budget: 1.5,
      against: `${text(median(large.outsideMs))}; 1,000 files: ${text(median(small.outsideMs))}`,
    },
    {
      ...row,
      what: "building T after a one-file change, to building all of it (the first build)",
      unit: "x",
      value: wholeBuildMs / median(buildMs),
      budget: 50,
      bound: "at-least",
      against: `${text(median(buildMs))}; all of it: ${text(wholeBuildMs)}`,
    },
    {
      ...row,
      what: "reconcile of a one-file change in T, network included, to the first one",
      unit: "x",
      value: reconcileMs(large.whole) / median(own),
      against: `${text(median(own))}; the first: ${text(reconcileMs(large.whole))}`,
    },
    ...(["lsRefs", "fetch", "tree", "build", "persist", "publish"] as const).map(
      (stage): BenchRow => ({
        ...row,
        what: `of the change in T: ${stage}`,
        unit: "ms",
        ...medianOf(large.changes.map((durations) => durations[stage] ?? 0)),
        against: `1,000 files: ${text(median(small.changes.map((one) => one[stage] ?? 0)))}`,
      }),
    ),
  ];
}

function text(ms: number): string {
  return `${ms < 10 ? ms.toFixed(1) : Math.round(ms)} ms`;
}

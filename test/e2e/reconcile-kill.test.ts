import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { it } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import type { StatusResponse } from "../../src/admin/api-types.js";
import { decode } from "../../src/envoy/codec.js";
import { typeUrls } from "../../src/envoy/type-urls.js";
import { createPipeline } from "../../src/pipeline.js";
import { builtinPlugins } from "../../src/plugins/index.js";
import { createGitRepository } from "../../src/source/create-git-repository.js";
import { createPluginSet } from "../../src/translate/plugin-set.js";
import { defaultTranslationSettings } from "../../src/translate/translate.js";
import { badFiles } from "../support/config-texts.js";
import { createTestRepository, type Changes } from "../support/git-repo.js";
import { startGitServer } from "../support/git-server.js";
import { connectRobotEnvoy, type Holdings } from "../support/robot-envoy.js";
import { startRunningServe } from "../support/serve-process.js";

const rounds = 50;

/** Commit number `index` shows in a cluster, in its endpoints and in a route. */
const numbered = (index: number): Changes => ({
  "upstreams/back.yaml":
    `name: back\ntype: static\nconnection_timeout: ${1000 + index}ms\n` +
    `spec:\n  hosts:\n    - addr: 127.0.0.1\n      port: ${1000 + index}\n`,
  "virtualservices/front.yaml":
    `name: front\nroutes:\n  - request_matcher:\n      path_prefix: /\n` +
    `    prefix_rewrite: /v${index}/\n    single_destination:\n      upstream:\n        name: back\n`,
});

it(`serves the same bytes and versions after each of ${rounds} kills with the remote dead`, async (test) => {
  const git = await createTestRepository();
  const remote = await startGitServer(git.folder);
  const folder = await mkdtemp(join(tmpdir(), "gloo-kill-"));
  const expectedOf = createOracle(git.folder);
  const good: Holdings[] = [];
  const commitGood = async (): Promise<void> => {
    good.push(await expectedOf(await git.commit(numbered(good.length))));
  };
  /** The newest commit of which anything is among what an Envoy has; -1: of none. */
  const newestIn = (held: Holdings): number =>
    good.findLastIndex((expected) =>
      [typeUrls.cluster, typeUrls.endpoints, typeUrls.route].some((typeUrl) =>
        Object.entries(expected[typeUrl] ?? {}).some(
          ([name, content]) => held[typeUrl]?.[name] === content,
        ),
      ),
    );
  const args = ["--repo", remote.url, "--state-dir", join(folder, "state"), "--poll", "off"];
  let observed = -1;
  /** From the request for a reconcile until an Envoy has what is new: any moment of it is hit. */
  let reconcileMs = 0;
  const served = { same: 0, newer: 0, advanced: 0 };

  try {
    await commitGood();
    for (let round = 0; round <= rounds; round++) {
      // The first life has nothing to restore. From then on the remote is dead at each start.
      if (round > 0) remote.setFault(() => ({ kind: "hang-up" }));
      const serve = await startRunningServe(args, {}, "built");
      const robot = connectRobotEnvoy(serve.adsPort, "ingress~1");
      try {
        if (round > 0) {
          const held = await robot.waitFor("all that there is", isComplete);
          const index = good.findIndex((expected) => sameHoldings(expected, held));
          const name = `round ${round}: served is ${index}, was ${observed} of ${good.length - 1}`;
          assert.ok(index >= observed, name);
          served[index > observed ? "newer" : "same"]++;
          observed = index;
          const { serving } = await serve.get<StatusResponse>("/api/v1/status");
          assert.equal(serving?.restored, true, name);
          remote.setFault(undefined);
          if (round % 3 === 2) await git.commit(badFiles);
          await commitGood();
          if (round % 5 === 4) await git.commit(badFiles);
        }
        const sinceMs = performance.now();
        await serve.ask("/api/v1/reconcile", { method: "POST" });
        // The second life is like all that follow: it has something to restore, and a cold start.
        if (round < 2 || round === rounds) {
          await robot.waitFor("the newest good commit", (held) =>
            sameHoldings(good.at(-1) ?? {}, held),
          );
          reconcileMs = performance.now() - sinceMs;
        } else await delay(Math.random() * reconcileMs * 1.6);
        serve.kill("SIGKILL");
        await serve.ended;
        const newest = Math.max(observed, newestIn(robot.holdings()));
        if (newest > observed) served.advanced++;
        observed = newest;
      } finally {
        serve.kill("SIGKILL");
        robot.close();
      }
    }
    test.diagnostic(`${JSON.stringify(served)}, ${Math.round(reconcileMs)} ms a reconcile`);
    assert.equal(served.same + served.newer, rounds);
    // Both what was killed before Envoys had it and what was killed after it.
    assert.ok(served.advanced > 0 && served.advanced < rounds);
  } finally {
    await remote.close();
    await git.remove();
    await rm(folder, { recursive: true, force: true });
  }
});

function isComplete(held: Holdings): boolean {
  const kinds = [typeUrls.cluster, typeUrls.endpoints, typeUrls.listener, typeUrls.route];
  return kinds.every((typeUrl) => Object.keys(held[typeUrl] ?? {}).length > 0);
}

function sameHoldings(expected: Holdings, held: Holdings): boolean {
  return Object.entries(expected).every(
    ([typeUrl, byName]) =>
      Object.keys(held[typeUrl] ?? {}).length === Object.keys(byName).length &&
      Object.entries(byName).every(([name, content]) => held[typeUrl]?.[name] === content),
  );
}

/** What an Envoy of role ingress is to have of a commit, worked out in this process. */
function createOracle(folder: string): (commit: string) => Promise<Holdings> {
  const repository = createGitRepository({ url: folder });
  const { signal } = new AbortController();
  return async (commit) => {
    const tree = await repository.tree(commit, signal);
    const pipeline = createPipeline({
      plugins: createPluginSet(builtinPlugins),
      settings: defaultTranslationSettings,
    });
    const { snapshot } = pipeline.build(tree, { secrets: new Map(), endpoints: new Map() });
    const sets = snapshot.roles.get("ingress")?.sets ?? new Map<string, never>();
    return Object.fromEntries(
      [...sets].map(([typeUrl, { resources }]) => [
        typeUrl,
        Object.fromEntries(
          [...resources.values()].map(({ name, version, any }) => {
            const { value = new Uint8Array() } = decode("google.protobuf.Any", any);
            const hash = createHash("sha256").update(value).digest("hex");
            return [name, `${version} ${hash}`];
          }),
        ),
      ]),
    );
  };
}

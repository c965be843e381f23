import assert from "node:assert/strict";
import { beforeEach, describe, it } from "node:test";
import { createPipeline, type Pipeline } from "../../../../src/pipeline.js";
import { builtinPlugins } from "../../../../src/plugins/index.js";
import { releaseOf } from "../../../../src/reconcile/releases/make-release.js";
import { createStopwatch } from "../../../../src/reconcile/turn/stopwatch.js";
import {
  createVerdicts,
  type Inputs,
  type Verdict,
  type Verdicts,
} from "../../../../src/reconcile/turn/verdicts.js";
import { SourceError } from "../../../../src/source/source-error.js";
import type { CommitInfo, SourceTree } from "../../../../src/source/source-tree.js";
import { createPluginSet } from "../../../../src/translate/plugin-set.js";
import { defaultTranslationSettings } from "../../../../src/translate/translate.js";
import { upstreamYaml, virtualServiceYaml } from "../../../support/config-texts.js";
import { createManualClock } from "../../../support/manual-clock.js";
import { treeOf } from "../../../support/tree.js";

function treeWithPort(port: number, upstream = "back"): SourceTree {
  return treeOf({
    "upstreams/back.yaml": upstreamYaml("back", port),
    "virtualservices/front.yaml": virtualServiceYaml("front", upstream),
  });
}

const inputs: Inputs = { secrets: new Map(), fingerprint: "f", endpoints: new Map() };

describe("verdicts", () => {
  let trees: Map<string, SourceTree | SourceError>;
  let calls: { builds: number; replacements: number; trees: number };
  let crash: Error | undefined;
  let verdicts: Verdicts;

  const create = (maxBuilds?: number): void => {
    const inner = createPipeline({
      plugins: createPluginSet(builtinPlugins),
      settings: defaultTranslationSettings,
    });
    const pipeline: Pipeline = {
      build(tree, given) {
        calls.builds++;
        if (crash !== undefined) throw crash;
        return inner.build(tree, given);
      },
      sealedFiles: (tree) => inner.sealedFiles(tree),
      replaceEndpoints(build, endpoints) {
        calls.replacements++;
        return inner.replaceEndpoints(build, endpoints);
      },
    };
    const repository = {
      tree(oid: string): Promise<SourceTree> {
        calls.trees++;
        const tree = trees.get(oid);
        return tree instanceof SourceError || tree === undefined
          ? Promise.reject(tree ?? new Error(`no commit ${oid}`))
          : Promise.resolve(tree);
      },
    };
    verdicts = createVerdicts({
      repository,
      pipeline,
      ...(maxBuilds === undefined ? {} : { maxBuilds }),
    });
  };
  /** A commit with a tree. */
  const commitOf = (tree: SourceTree, oid = tree.commit.oid): CommitInfo => {
    const commit = { ...tree.commit, oid };
    trees.set(oid, { ...tree, commit });
    return commit;
  };
  const of = (commit: CommitInfo, given = inputs): Promise<Verdict> => {
    const watch = createStopwatch(createManualClock());
    return verdicts.of(commit, given, watch, new AbortController().signal);
  };

  beforeEach(() => {
    trees = new Map();
    calls = { builds: 0, replacements: 0, trees: 0 };
    crash = undefined;
    create();
  });

  it("are remembered by tree, whatever the commit, and given for its name", async () => {
    const tree = treeWithPort(1);
    const first = await of(commitOf(tree));
    const other = commitOf(tree, "b".repeat(40));
    const second = await of(other);
    assert.equal(second, first);
    assert.deepEqual(calls, { builds: 1, replacements: 0, trees: 1 });
    assert.ok(second.made !== undefined);
    assert.equal(releaseOf(other, second.made).snapshot.commit, other.oid);
  });

  it("are given anew for other secrets, and when they are to be forgotten", async () => {
    const commit = commitOf(treeWithPort(1));
    await of(commit);
    await of(commit, { ...inputs, fingerprint: "g" });
    assert.equal(calls.builds, 2);
    verdicts.forget(commit, inputs);
    await of(commit);
    assert.equal(calls.builds, 3);
  });

  it("follow the endpoints without a build", async () => {
    const commit = commitOf(treeWithPort(1));
    const first = await of(commit);
    const endpoints = new Map([["back", [{ address: "10.1.2.3", port: 80 }]]]);
    const second = await of(commit, { ...inputs, endpoints });
    assert.notEqual(second.made?.build.snapshot.id, first.made?.build.snapshot.id);
    await of(commit, { ...inputs, endpoints });
    assert.deepEqual(calls, { builds: 1, replacements: 1, trees: 1 });
  });

  it("forget the oldest builds, and no rejection for their sake", async () => {
    create(2);
    const bad = commitOf(treeWithPort(9, "missing"));
    assert.equal((await of(bad)).errorCount, 1);
    const commits = [1, 2, 3].map((port) => commitOf(treeWithPort(port)));
    for (const commit of commits) await of(commit);
    const isKnown = [bad, ...commits].map((commit) => verdicts.isKnown(commit, inputs));
    assert.deepEqual(isKnown, [true, false, true, true]);
  });

  it("keep what is used from being forgotten", async () => {
    create(2);
    const [a, b, c] = [1, 2, 3].map((port) => commitOf(treeWithPort(port))) as [
      CommitInfo,
      CommitInfo,
      CommitInfo,
    ];
    await of(a);
    await of(b);
    await of(a);
    await of(c);
    assert.deepEqual(
      [a, b, c].map((commit) => verdicts.isKnown(commit, inputs)),
      [true, false, true],
    );
  });

  it("reject a tree that is too large, and one that crashes the pipeline", async () => {
    const large = commitOf(treeWithPort(1));
    trees.set(large.oid, new SourceError("source/too-large", "the tree is too large"));
    const first = await of(large);
    assert.deepEqual([first.made, first.reason], [undefined, "the tree is too large"]);
    crash = new RangeError("Maximum call stack size exceeded");
    const second = await of(commitOf(treeWithPort(2)));
    assert.equal(second.made, undefined);
    assert.match(second.reason ?? "", /could not be judged: Maximum call stack/);
  });

  it("are not given where the repository cannot be read", async () => {
    const commit = commitOf(treeWithPort(1));
    const tree = trees.get(commit.oid);
    trees.set(commit.oid, new SourceError("source/unreachable", "gone"));
    await assert.rejects(of(commit), { code: "source/unreachable" });
    assert.equal(verdicts.isKnown(commit, inputs), false);
    trees.set(commit.oid, tree as SourceTree);
    assert.ok((await of(commit)).made !== undefined);
  });
});

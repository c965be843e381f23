import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { decode } from "../../../src/envoy/codec.js";
import { typeUrls } from "../../../src/envoy/type-urls.js";
import { createResponses, type ResponseForm } from "../../../src/serve/responses.js";
import type { Transition } from "../../../src/serve/type-state.js";
import type { ResourceSet } from "../../../src/snapshot/snapshot.js";
import { snapshotOfEditions } from "../../support/snapshot.js";
import { readDelta, readSotw } from "../../support/xds-session.js";

const { cluster } = typeUrls;
const delta: ResponseForm = { variant: "delta", ttlMs: undefined };
const sotw: ResponseForm = { variant: "sotw", ttlMs: undefined };

function setOf(editions: Readonly<Record<string, number>>): ResourceSet {
  const set = snapshotOfEditions({ cluster: editions }).roles.get("ingress")?.sets.get(cluster);
  assert.ok(set);
  return set;
}
function transitionTo(goal: ResourceSet, change: Partial<Transition> = {}): Transition {
  return {
    goal,
    version: goal.version,
    complete: false,
    changed: [...goal.resources.keys()],
    removed: [],
    renewed: [],
    key: "all of it",
    ...change,
  };
}
const readD = (bytes: Buffer) =>
  readDelta(decode("envoy.service.discovery.v3.DeltaDiscoveryResponse", bytes));
const readS = (bytes: Buffer) =>
  readSotw(decode("envoy.service.discovery.v3.DiscoveryResponse", bytes));

describe("createResponses()", () => {
  const goal = setOf({ a: 1, b: 1, c: 1 });

  it("encodes a transition once, with the same nonce, for all streams in the same situation", () => {
    const responses = createResponses(1e6);
    const [first] = responses.of(cluster, transitionTo(goal), delta);
    const [second] = responses.of(cluster, transitionTo(goal), delta);
    assert.equal(first, second);
    assert.equal(first.withNonceAfter(0).bytes, second.withNonceAfter(0).bytes);
  });

  it("gives a stream that has had the response another nonce for it, and the same bytes else", () => {
    const [shared] = createResponses(1e6).of(cluster, transitionTo(goal), delta);
    const first = shared.withNonceAfter(0);
    const again = shared.withNonceAfter(first.nonce);
    assert.ok(again.nonce > first.nonce);
    const [a, b] = [readD(first.bytes), readD(again.bytes)];
    assert.deepEqual({ ...a, nonce: "" }, { ...b, nonce: "" });
    assert.deepEqual([a.nonce, b.nonce], [String(first.nonce), String(again.nonce)]);
  });

  it("tells transitions, forms and types apart", () => {
    const responses = createResponses(1e6);
    const made = new Set([
      responses.of(cluster, transitionTo(goal), delta)[0],
      responses.of(cluster, transitionTo(goal), sotw)[0],
      responses.of(cluster, transitionTo(goal), { ...delta, ttlMs: 1 })[0],
      responses.of(cluster, transitionTo(goal, { key: "another" }), delta)[0],
      responses.of(typeUrls.route, transitionTo(goal), delta)[0],
      responses.of(cluster, transitionTo(setOf({ a: 1, b: 1, c: 1 })), delta)[0],
    ]);
    assert.equal(made.size, 6);
  });

  it("puts what changed into a response, and all of it into a complete one", () => {
    const responses = createResponses(1e6);
    const change = { changed: ["b"], removed: ["x"] };
    const [some] = responses.of(cluster, transitionTo(goal, change), delta);
    const { names, removed } = readD(some.withNonceAfter(0).bytes);
    assert.deepEqual([names, removed], [["b"], ["x"]]);
    const complete = { changed: ["b"], complete: true };
    const [all] = responses.of(cluster, transitionTo(goal, complete), sotw);
    assert.deepEqual(readS(all.withNonceAfter(0).bytes).names, ["a", "b", "c"]);
  });

  it("splits what may be split, names that are gone last", () => {
    const size = [...goal.resources.values()][0]?.any.byteLength ?? 0;
    const responses = createResponses(2 * size + 60);
    const parts = responses.of(cluster, transitionTo(goal), sotw);
    const names = parts.map((part) => readS(part.withNonceAfter(0).bytes).names);
    assert.deepEqual(names, [["a", "b"], ["c"]]);
    const long = "x".repeat(2 * size);
    const removals = responses.of(cluster, transitionTo(goal, { removed: ["x", long] }), delta);
    assert.deepEqual(readD(removals.at(-1)!.withNonceAfter(0).bytes).removed, [long]); // at least one
    const complete = responses.of(cluster, transitionTo(goal, { complete: true }), sotw);
    assert.equal(complete.length, 1);
  });

  it("forgets what nobody asked for between two calls of age()", () => {
    const responses = createResponses(1e6);
    const [first] = responses.of(cluster, transitionTo(goal), delta);
    responses.age();
    assert.equal(responses.of(cluster, transitionTo(goal), delta)[0], first);
    responses.age();
    responses.age();
    assert.notEqual(responses.of(cluster, transitionTo(goal), delta)[0], first);
  });

  it("remembers no more than the last hundred responses of one set", () => {
    const responses = createResponses(1e6);
    const of = (key: string) => responses.of(cluster, transitionTo(goal, { key }), delta)[0];
    const first = of("0");
    for (let count = 1; count < 100; count++) of(String(count));
    assert.equal(of("0"), first);
    for (let count = 100; count < 200; count++) of(String(count));
    assert.notEqual(of("0"), first);
  });
});

import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { typeUrls } from "../../../src/envoy/type-urls.js";
import { createResourceViews, emptySet } from "../../../src/serve/resource-views.js";
import type { ResourceSet } from "../../../src/snapshot/snapshot.js";
import { snapshotOfEditions } from "../../support/snapshot.js";

function setOf(editions: Readonly<Record<string, number>>): ResourceSet {
  const { roles } = snapshotOfEditions({ route: editions });
  return roles.get("ingress")?.sets.get(typeUrls.route) ?? emptySet;
}
const namesOf = (set: ResourceSet): readonly string[] => [...set.resources.keys()];

describe("createResourceViews()", () => {
  const views = createResourceViews();
  const set = setOf({ a: 1, b: 1, c: 1 });
  const only = (...names: readonly string[]) => ({
    wildcard: false,
    names: views.nameSets.of(names),
  });

  it("select: the part that is asked for, the same object for equal names", () => {
    const part = views.select(set, only("c", "a", "missing"));
    assert.deepEqual(namesOf(part), ["a", "c"]);
    assert.equal(views.select(set, only("missing", "a", "c")), part);
    assert.equal(part.version, setOf({ a: 1, c: 1 }).version);
  });

  it("select: the set itself when that is all of it", () => {
    assert.equal(views.select(set, { wildcard: true, names: views.nameSets.empty }), set);
    assert.equal(views.select(set, only("a", "b", "c", "missing")), set);
    assert.equal(views.select(set, only()), emptySet);
  });

  it("diff: added and changed, and removed, each in order", () => {
    const after = setOf({ a: 1, b: 2, d: 1 });
    const { changed, removed, has } = views.diff(set, after);
    assert.deepEqual([changed, removed], [["b", "d"], ["c"]]);
    assert.deepEqual(["a", "b", "c", "d"].map(has), [false, true, true, true]);
    assert.equal(views.diff(set, after), views.diff(set, after));
    assert.deepEqual(views.diff(set, setOf({ a: 1, b: 1, c: 1 })).changed, []);
  });

  it("union: all of the second, and what only the first has, in order", () => {
    const after = setOf({ a: 2, d: 1 });
    const both = views.union(set, after);
    assert.deepEqual(namesOf(both), ["a", "b", "c", "d"]);
    assert.equal(both.resources.get("a"), after.resources.get("a"));
    assert.equal(views.union(emptySet, after), after);
  });

  it("without: the set itself when there is nothing to leave out", () => {
    assert.equal(views.without(set, new Set()), set);
    assert.deepEqual(namesOf(views.without(set, new Set(["b", "x"]))), ["a", "c"]);
  });
});

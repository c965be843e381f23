import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { typeUrls } from "../../../src/envoy/type-urls.js";
import { diffSnapshots } from "../../../src/snapshot/diff.js";
import { snapshotOf } from "../../support/snapshot.js";

const before = snapshotOf({
  cluster: { kept: { name: "kept" }, gone: { name: "gone" }, edited: { name: "edited" } },
  route: { r: { name: "r" } },
});
const after = snapshotOf({
  cluster: {
    added: { name: "added" },
    edited: { name: "edited", connect_timeout: { seconds: 9 } },
    kept: { name: "kept" },
  },
  route: { r: { name: "r" } },
});

describe("diffSnapshots()", () => {
  it("names what was added, changed and removed, in order", () => {
    assert.deepEqual(
      diffSnapshots(before, after).map(({ typeUrl, name, kind }) => [typeUrl, name, kind]),
      [
        [typeUrls.cluster, "added", "added"],
        [typeUrls.cluster, "edited", "changed"],
        [typeUrls.cluster, "gone", "removed"],
      ],
    );
  });

  it("finds nothing between equal content", () => {
    assert.deepEqual(diffSnapshots(before, before), []);
  });

  it("takes everything as added where nothing was before", () => {
    assert.ok(diffSnapshots(undefined, after).every(({ kind }) => kind === "added"));
    assert.equal(diffSnapshots(undefined, after).length, 4);
  });
});

import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { formatRendered, renderSnapshot } from "../../../../src/cli/render/render-snapshot.js";
import { snapshotOf } from "../../../support/snapshot.js";

const snapshot = snapshotOf({
  cluster: { b: { name: "b", connect_timeout: { seconds: 5 } }, a: { name: "a" } },
  secret: {
    s: { name: "s", generic_secret: { secret: { inline_string: "TOP-SECRET" } } },
  },
});

describe("renderSnapshot()", () => {
  it("gives resources by role, type and name, with sorted keys", () => {
    const rendered = renderSnapshot(snapshot, { type: "cluster" });
    assert.equal(
      formatRendered(rendered, "yaml"),
      "ingress:\n  cluster:\n    a:\n      name: a\n    b:\n      connectTimeout: 5s\n      name: b\n",
    );
    assert.deepEqual(JSON.parse(formatRendered(rendered, "json")), rendered);
  });

  it("hides secret values", () => {
    const text = formatRendered(renderSnapshot(snapshot, {}), "yaml");
    assert.match(text, /inlineString: '\[redacted\]'/);
    assert.doesNotMatch(text, /TOP-SECRET/);
  });

  it("knows the roles that there are", () => {
    assert.throws(() => renderSnapshot(snapshot, { role: "edge" }), {
      name: "CommandError",
      message: 'the config has no role "edge"; roles: ingress',
    });
  });
});

import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { typeUrls } from "../../../src/envoy/type-urls.js";
import { sendOrder, usedBy, usersOf } from "../../../src/serve/send-order.js";

describe("the order of a change", () => {
  it("has every type that is served", () => {
    assert.deepEqual([...sendOrder].sort(), Object.values<string>(typeUrls).sort());
  });

  it("knows the uses of a type in both directions", () => {
    for (const [used, users] of usersOf) {
      for (const user of users) assert.ok(usedBy.get(user)?.includes(used));
    }
    assert.deepEqual(usedBy.get(typeUrls.endpoints), []);
    assert.deepEqual(usedBy.get(typeUrls.route), [typeUrls.cluster, typeUrls.endpoints]);
  });
});

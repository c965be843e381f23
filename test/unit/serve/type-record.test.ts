import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { createResourceViews } from "../../../src/serve/resource-views.js";
import { createTypeRecord, type Unanswered } from "../../../src/serve/type-record.js";
import { createTypeState } from "../../../src/serve/type-state.js";

const response = (version: string, ...names: readonly string[]): Unanswered => ({
  version,
  wireVersion: version,
  snapshotId: `snapshot ${version}`,
  names,
});
const newRecord = () => createTypeRecord(createTypeState("t", new Set(), createResourceViews()));

describe("createTypeRecord()", () => {
  it("gives the response that is answered, once", () => {
    const record = newRecord();
    record.wasSent("1", response("a"));
    assert.equal(record.lastAnswer(), "pending");
    assert.equal(record.takeAnswer("unknown", undefined, 0), undefined);
    assert.equal(record.takeAnswer("1", undefined, 0)?.version, "a");
    assert.equal(record.takeAnswer("1", undefined, 0), undefined);
    assert.equal(record.lastAnswer(), "accepted");
  });

  it("takes an answer to a later response for one to those before it", () => {
    const record = newRecord();
    for (const nonce of ["1", "2", "3"]) record.wasSent(nonce, response(nonce));
    assert.equal(record.takeAnswer("2", undefined, 0)?.version, "2");
    assert.equal(record.takeAnswer("1", "no", 0), undefined);
    assert.equal(record.lastAnswer(), "pending");
    assert.equal(record.takeAnswer("3", "no", 7)?.version, "3");
    assert.equal(record.lastAnswer(), "rejected");
    const { sentVersion, ackedVersion, lastNack } = record.status(undefined);
    assert.deepEqual([sentVersion, ackedVersion], ["3", "2"]);
    assert.deepEqual(lastNack, { version: "3", message: "no", atMs: 7 });
  });

  it("knows what the client holds: what it was sent, or accepted before it rejected that", () => {
    const record = newRecord();
    assert.equal(record.held?.version, undefined);
    record.wasSent("1", response("a"));
    record.takeAnswer("1", undefined, 0);
    record.wasSent("2", response("b"));
    assert.equal(record.held?.version, "b");
    record.takeAnswer("2", "no", 0);
    assert.equal(record.held?.version, "a");
  });

  it("knows which names are accepted: not those that are unanswered or rejected", () => {
    const record = newRecord();
    record.wasSent("1", response("1", "kept"));
    record.takeAnswer("1", undefined, 0);
    record.wasSent("2", response("2", "bad"));
    record.takeAnswer("2", "no", 0);
    record.wasSent("3", response("3", "open"));
    assert.deepEqual(["kept", "bad", "open"].filter(record.accepted()), ["kept"]);
    assert.deepEqual([...record.state.doubted], ["bad"]);
  });

  it("remembers a hundred responses of a client that never answers", () => {
    const record = newRecord();
    for (let nonce = 1; nonce <= 150; nonce++) record.wasSent(String(nonce), response(`${nonce}`));
    assert.equal(record.takeAnswer("50", undefined, 0), undefined);
    assert.equal(record.takeAnswer("51", undefined, 0)?.version, "51");
  });
});

import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { JsonValue } from "../../../../src/lib/json.js";
import { openOrders, type Order } from "../../../../src/reconcile/orders/orders.js";
import type { JsonFile } from "../../../../src/state/json-file.js";
import { madeRecord } from "../../../support/made-reconciler.js";

const ada: Order = { who: "ada", why: undefined, atMs: 5 };
const { commit } = madeRecord("a".repeat(40));

/** A file in memory, which a test can make full. */
function memoryFile(
  initial?: JsonValue,
): JsonFile & { content: JsonValue | undefined; isFull: boolean } {
  const file = {
    initial,
    content: initial,
    isFull: false,
    write(document: () => JsonValue): Promise<void> {
      if (file.isFull) return Promise.reject(new Error("full"));
      // What a disk gives back is text.
      file.content = JSON.parse(JSON.stringify(document())) as JsonValue;
      return Promise.resolve();
    },
    close: () => Promise.resolve(),
  };
  return file;
}

describe("openOrders()", () => {
  it("finds again what was ordered, and each approval", async () => {
    const file = memoryFile();
    const orders = openOrders(file);
    await orders.change({ pin: { ...ada, commit } });
    await orders.change({ suspension: { ...ada, why: "an incident" } });
    await orders.change({ approval: { ...ada, oid: "b".repeat(40) } });
    await orders.change({ suspension: undefined });
    const again = openOrders(memoryFile(file.content));
    assert.equal(again.pin?.commit.oid, commit.oid);
    assert.equal(again.pin.who, "ada");
    assert.equal(again.suspension, undefined);
    assert.equal(again.approvalOf("b".repeat(40))?.who, "ada");
    assert.equal(again.approvalOf("c".repeat(40)), undefined);
  });

  it("changes nothing when it cannot be written, and takes the next order", async () => {
    const file = memoryFile();
    const orders = openOrders(file);
    file.isFull = true;
    await assert.rejects(orders.change({ suspension: ada }), /full/);
    assert.deepEqual([orders.suspension, orders.revision], [undefined, 0]);
    file.isFull = false;
    await orders.change({ suspension: ada });
    assert.deepEqual([orders.suspension, orders.revision], [ada, 1]);
  });

  it("keeps the newest hundred approvals", async () => {
    const orders = openOrders(memoryFile());
    for (let index = 0; index <= 100; index++) {
      await orders.change({ approval: { ...ada, oid: String(index) } });
    }
    assert.equal(orders.approvalOf("0"), undefined);
    assert.equal(orders.approvalOf("1")?.oid, "1");
  });

  for (const [name, document] of [
    ["of another version", { version: 9, suspension: { who: "a", atMs: 1 } }],
    ["that is a list", []],
    ["with a pin without a commit", { version: 1, pin: { who: "a", atMs: 1 }, approvals: [{}] }],
    ["with a suspension by nobody", { version: 1, suspension: { atMs: 1 }, approvals: 5 }],
  ] as const) {
    it(`starts without orders from a document ${name}`, () => {
      const orders = openOrders(memoryFile(document));
      assert.deepEqual([orders.pin, orders.suspension], [undefined, undefined]);
    });
  }
});

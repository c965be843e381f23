import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { createListMemo } from "../../../src/lib/list-memo.js";

describe("createListMemo()", () => {
  it("makes a value again only for an item that is another one", () => {
    const made: string[] = [];
    const memo = createListMemo((item: string) => {
      made.push(item);
      return item.toUpperCase();
    });
    const first = memo(["a", "b", "c"]);
    assert.deepEqual(first, ["A", "B", "C"]);
    assert.equal(memo(["a", "b", "c"]), first);
    assert.deepEqual(memo(["a", "x", "c"]), ["A", "X", "C"]);
    assert.deepEqual(made, ["a", "b", "c", "x"]);
  });

  it("gives after any lists what it would give of the last one alone", () => {
    const value = (item: number) => (item % 3 === 0 ? undefined : item * 2);
    fc.assert(
      fc.property(fc.array(fc.array(fc.nat(9), { maxLength: 6 })), (lists) => {
        const memo = createListMemo(value);
        for (const list of lists) {
          assert.deepEqual(memo(list), list.map(value).filter((own) => own !== undefined)); // prettier-ignore
        }
      }),
    );
  });
});

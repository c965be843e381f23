import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { createClosers } from "../../../src/app/closers.js";

describe("createClosers()", () => {
  it("closes what was opened last first, each although another fails, and once", async () => {
    const events: string[] = [];
    const closers = createClosers((name, cause) => {
      events.push(`${name}: ${(cause as Error).message}`);
    });
    closers.add("first", () => void events.push("first"));
    closers.add("second", () => Promise.reject(new Error("stuck")));
    closers.add("third", async () => {
      await Promise.resolve();
      events.push("third");
    });
    const both = [closers.closeAll(), closers.closeAll()];
    await Promise.all(both);
    assert.deepEqual(events, ["third", "second: stuck", "first"]);
  });
});

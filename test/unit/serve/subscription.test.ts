import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { createNameSets } from "../../../src/serve/name-set.js";
import {
  isIdle,
  stepDelta,
  subscribeSotw,
  wants,
  type Subscription,
} from "../../../src/serve/subscription.js";

const shown = ({ wildcard, names }: Subscription): string =>
  [...(wildcard ? ["*"] : []), ...names.sorted].join(" ");

describe("subscribeSotw()", () => {
  for (const [lists, want] of [
    [[[]], "*"],
    [[["*"]], "*"],
    [[["b", "a"]], "a b"],
    [[["a", "*", "a"]], "* a"],
    [[[], []], "*"],
    [[["a"], []], ""],
    [[["*"], []], ""],
    [[[], ["a"]], "a"],
    [[[], ["a"], []], ""],
    [[["a"], [], ["*"]], "*"],
    [[["a"], ["a", "*"]], "* a"],
  ] as const) {
    it(`${JSON.stringify(lists)} asks for ${JSON.stringify(want)}`, () => {
      const nameSets = createNameSets();
      let subscription: Subscription | undefined;
      for (const names of lists) subscription = subscribeSotw(subscription, names, nameSets);
      assert.ok(subscription);
      assert.equal(shown(subscription), want);
      assert.equal(isIdle(subscription), want === "");
    });
  }

  it("gives the same object for a list that repeats, in whatever order", () => {
    const nameSets = createNameSets();
    const before = subscribeSotw(undefined, ["b", "a"], nameSets);
    assert.equal(subscribeSotw(before, ["a", "b"], nameSets), before);
    assert.notEqual(subscribeSotw(before, ["a", "a"], nameSets), before);
  });
});

describe("stepDelta()", () => {
  for (const [steps, want, asked, askedAll] of [
    [[[[], []]], "*", [], true],
    [[[["*"], []]], "*", [], true],
    [[[[], ["*"]]], "", [], true],
    [[[["b", "a", "a"], []]], "a b", ["b", "a"], false],
    [[[["*", "a"], []]], "* a", ["a"], true],
    [
      [
        [[], []],
        [["a"], []],
      ],
      "* a",
      ["a"],
      false,
    ],
    [
      [
        [[], []],
        [[], ["*"]],
      ],
      "",
      [],
      false,
    ],
    [
      [
        [[], []],
        [[], ["*"]],
        [[], []],
      ],
      "",
      [],
      false,
    ],
    [
      [
        [["a"], []],
        [[], ["a"]],
      ],
      "",
      [],
      false,
    ],
    [
      [
        [["a"], []],
        [[], ["x"]],
      ],
      "a",
      [],
      false,
    ],
    [
      [
        [["a"], []],
        [["a"], ["a"]],
      ],
      "a",
      ["a"],
      false,
    ],
    [
      [
        [["*", "a"], []],
        [[], ["a"]],
      ],
      "*",
      ["a"],
      false,
    ],
    [
      [
        [["*", "a"], []],
        [[], ["*"]],
      ],
      "a",
      [],
      false,
    ],
    [
      [
        [["*", "a"], []],
        [[], ["*", "a"]],
      ],
      "",
      [],
      false,
    ],
    [
      [
        [["a"], []],
        [["*"], []],
      ],
      "* a",
      [],
      true,
    ],
  ] as const) {
    it(`${JSON.stringify(steps)} asks for ${JSON.stringify(want)}`, () => {
      const nameSets = createNameSets();
      let step: ReturnType<typeof stepDelta> | undefined;
      for (const [subscribe, unsubscribe] of steps) {
        step = stepDelta(step?.subscription, subscribe, unsubscribe, nameSets);
      }
      assert.ok(step);
      assert.deepEqual(
        [shown(step.subscription), step.asked, step.askedAll],
        [want, asked, askedAll],
      );
    });
  }
});

describe("wants()", () => {
  it("covers its names, and everything with the wildcard", () => {
    const nameSets = createNameSets();
    const names = subscribeSotw(undefined, ["a"], nameSets);
    assert.deepEqual([wants(names, "a"), wants(names, "b")], [true, false]);
    assert.equal(wants(subscribeSotw(undefined, [], nameSets), "b"), true);
  });
});

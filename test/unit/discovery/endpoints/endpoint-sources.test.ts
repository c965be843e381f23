import assert from "node:assert/strict";
import { afterEach, beforeEach, describe, it } from "node:test";
import {
  createEndpointSources,
  type EndpointSources,
} from "../../../../src/discovery/endpoints/endpoint-sources.js";
import {
  endpointsDocument,
  readSavedEndpoints,
} from "../../../../src/discovery/endpoints/endpoint-table.js";
import type { EndpointsByUpstream } from "../../../../src/model/endpoints.js";
import type { Upstream } from "../../../../src/model/upstream.js";
import type { EndpointWatch } from "../../../../src/translate/plugin.js";
import { createManualClock, settle, type ManualClock } from "../../../support/manual-clock.js";

const one = { address: "10.0.0.1", port: 80 };
const two = { address: "10.0.0.2", port: 80 };

function upstream(name: string, type = "found"): Upstream {
  return { name, type, spec: { zone: { id: 1 } } };
}

describe("createEndpointSources()", () => {
  let clock: ManualClock;
  /** Every call of `watch`, and how to end it. */
  let calls: { readonly watch: EndpointWatch; readonly fail: (cause: unknown) => void }[];
  let shown: EndpointsByUpstream[];
  let problems: Map<string, string>;
  let sources: EndpointSources;

  const create = (initial: EndpointsByUpstream = new Map()): EndpointSources =>
    createEndpointSources({
      sources: new Map([
        [
          "found",
          {
            plugin: "finder",
            source: {
              upstreamTypes: ["found"],
              watch: (watch) =>
                new Promise((_, fail) => {
                  calls.push({ watch, fail });
                }),
            },
          },
        ],
      ]),
      initial,
      clock,
      random: () => 1,
      onChange: (endpoints) => shown.push(endpoints),
      onProblem: (about, sentence) => {
        if (sentence === undefined) problems.delete(about);
        else problems.set(about, sentence);
      },
    });

  beforeEach(() => {
    clock = createManualClock();
    calls = [];
    shown = [];
    problems = new Map();
    sources = create();
  });
  afterEach(() => sources.close());

  /** The watch under way. */
  const watch = (): EndpointWatch => {
    const call = calls.at(-1);
    assert.ok(call, "no watch was begun");
    return call.watch;
  };

  it("begins when something is served, with the upstreams of the source's types", () => {
    assert.equal(calls.length, 0);
    sources.serve([upstream("a"), upstream("b", "other"), upstream("c")]);
    const names = watch()
      .upstreams()
      .map(({ name }) => name);
    assert.deepEqual(names, ["a", "c"]);
  });

  it("lets nobody write to what it hands out", () => {
    sources.serve([upstream("a")]);
    const [given] = watch().upstreams();
    assert.throws(() => ((given?.spec["zone"] as { id: number }).id = 2), TypeError);
    assert.throws(() => (watch().upstreams() as Upstream[]).push(upstream("b")), TypeError);
  });

  it("shows what is reported within a tenth of a second together", async () => {
    sources.serve([upstream("a"), upstream("b")]);
    watch().report("a", [one]);
    await clock.pass(60);
    watch().report("b", [two]);
    assert.equal(shown.length, 0);
    await clock.pass(60);
    assert.deepEqual(
      [...(shown[0] ?? [])],
      [
        ["a", [one]],
        ["b", [two]],
      ],
    );
    watch().report("a", [{ ...one }]);
    await clock.pass(1_000);
    assert.equal(shown.length, 1, "the same again is a change");
  });

  it("tells the source when other upstreams are served, and only then", async () => {
    const [a, b] = [upstream("a"), upstream("b")];
    sources.serve([a]);
    const seen = watch().upstreams();
    let isTold = false;
    void watch()
      .changedFrom(seen)
      .then(() => (isTold = true));
    sources.serve([a, upstream("x", "other")]);
    await settle();
    assert.equal(isTold, false);
    sources.serve([a, b]);
    await settle();
    assert.equal(isTold, true);
    await watch().changedFrom(seen); // what has changed before the question counts
  });

  it("starts a source that fails again, later each time, and keeps what it found", async () => {
    sources.serve([upstream("a")]);
    watch().report("a", [one]);
    await clock.pass(100);
    const first = watch();
    calls[0]?.fail(new Error("the registry is gone\nstack"));
    await settle();
    assert.deepEqual(
      [...problems.values()],
      ['endpoint source "finder": the registry is gone; the endpoints that were found last stay'],
    );
    assert.equal(first.signal.aborted, true);
    first.report("a", [two]); // from what it has left running
    await clock.pass(999);
    assert.equal(calls.length, 1);
    await clock.pass(1);
    assert.equal(calls.length, 2);
    calls[1]?.fail(new Error("the registry is gone"));
    await clock.pass(1_999);
    assert.equal(calls.length, 2);
    await clock.pass(1);
    assert.equal(calls.length, 3);
    assert.deepEqual(sources.current().get("a"), [one]);
    watch().report("a", [one]);
    assert.equal(problems.size, 0);
  });

  it("contains a source that throws at once", async () => {
    sources = createEndpointSources({
      sources: new Map([
        [
          "found",
          {
            plugin: "thrower",
            source: {
              upstreamTypes: ["found"],
              watch: () => {
                throw new TypeError("x is undefined");
              },
            },
          },
        ],
      ]),
      initial: new Map([["a", [one]]]),
      clock,
      random: () => 1,
      onChange: () => assert.fail("nothing was found"),
      onProblem: (about, sentence) => void problems.set(about, String(sentence)),
    });
    sources.serve([upstream("a")]);
    await settle();
    assert.match([...problems.values()].join(), /"thrower": x is undefined/);
    assert.deepEqual(sources.current().get("a"), [one]);
  });

  it("shows a problem of an upstream until there is a report for it, or it is gone", () => {
    sources.serve([upstream("a"), upstream("b")]);
    watch().reportProblem("a", "no answer");
    watch().reportProblem("b", "no answer");
    watch().reportProblem("stranger", "no answer");
    assert.equal(problems.size, 2);
    watch().report("a", [one]);
    sources.serve([upstream("a")]);
    assert.equal(problems.size, 0);
  });

  for (const [what, reported, kept, problem] of [
    ["no list", { a: 1 }, [one], /is no list/],
    ["a name for an address", [{ address: "pets.example", port: 80 }], [one], /no IP address/],
    ["a scope", [{ address: "fe80::1%eth0", port: 80 }], [one], /no IP address/],
    ["port 0 among others", [{ ...two, port: 0 }, two], [two], /endpoint 0 .*"port"/],
    ["weight 0", [{ ...two, weight: 0 }, two], [two], /"weight"/],
    ["a strange health", [{ ...two, health: "fine" }, two], [two], /"health" is none of healthy/],
    ["a key that nobody knows", [{ ...two, name: "x" }], [two], undefined],
    ["no endpoints", [], [], undefined],
  ] as const) {
    it(`takes what is sound of a report with ${what}`, async () => {
      sources.serve([upstream("a")]);
      watch().report("a", [one]);
      watch().report("a", reported as never);
      await clock.pass(100);
      assert.deepEqual(sources.current().get("a"), kept);
      if (problem === undefined) assert.equal(problems.size, 0);
      else assert.match([...problems.values()].join(), problem);
    });
  }

  it("keeps the endpoints of an upstream that goes, for one that comes back", async () => {
    sources.serve([upstream("a")]);
    watch().report("a", [one]);
    await clock.pass(100);
    sources.serve([]);
    watch().report("a", [two]);
    await clock.pass(100);
    assert.deepEqual(sources.current().get("a"), [one]);
  });

  it("begins with what was saved", () => {
    const found = new Map([["a", [{ ...one, zone: "b", weight: 2, health: "draining" as const }]]]);
    const saved = JSON.parse(JSON.stringify(endpointsDocument(found))) as never;
    assert.deepEqual(readSavedEndpoints(saved), found);
    for (const damaged of [undefined, null, 7, [], { upstreams: 7 }]) {
      assert.equal(readSavedEndpoints(damaged).size, 0);
    }
  });

  it("ends its sources when it is closed", async () => {
    sources.serve([upstream("a")]);
    watch().report("a", [one]);
    sources.close();
    await clock.pass(1_000);
    assert.equal(watch().signal.aborted, true);
    assert.equal(shown.length, 0);
    calls[0]?.fail(new Error("aborted"));
    await clock.pass(100_000);
    assert.equal(calls.length, 1);
    assert.equal(problems.size, 0);
  });
});

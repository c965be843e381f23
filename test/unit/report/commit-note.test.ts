import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { typeUrls } from "../../../src/envoy/type-urls.js";
import { mergeNoteLine, noteIdOf, noteLineOn } from "../../../src/report/commit-note.js";
import { madeRecord } from "../../support/made-record.js";

const writer = { context: "gloo/prod", version: "1.2.3" };

describe("noteLineOn()", () => {
  const noteOn = (...record: Parameters<typeof madeRecord>): unknown =>
    JSON.parse(noteLineOn(madeRecord(...record), writer) ?? "null");

  for (const state of ["seen", "validating", "accepted", "publishing"] as const) {
    it(`nothing: ${state}`, () => {
      assert.equal(noteOn(state), null);
    });
  }

  it("says since when a commit is live, what it means, and how many Envoys of each role have it", () => {
    const more = {
      liveAtMs: 1_700_000_000_500,
      snapshotId: "5f1c",
      acknowledgements: { ingress: { count: 3, nodes: ["ingress~1"] } },
    };
    assert.deepEqual(noteOn("live", 1, more), {
      context: "gloo/prod",
      state: "live",
      at: "2023-11-14T22:13:20.500Z",
      snapshot: "5f1c",
      acknowledged: { ingress: 3 },
      errors: 0,
      warnings: 0,
      gloo: "1.2.3",
    });
  });

  it("keeps that a commit was live after another took its place, and says nothing of one that was not", () => {
    const live = noteLineOn(madeRecord("live", 1, { liveAtMs: 5 }), writer);
    assert.equal(noteLineOn(madeRecord("superseded", 1, { liveAtMs: 5 }), writer), live);
    assert.equal(noteOn("superseded"), null);
  });

  it("says what was wrong by code and place, without the words", () => {
    const note = noteOn("rejected") as { readonly diagnostics: readonly string[] };
    assert.deepEqual(note.diagnostics, ["error secret/not-found virtualservices/x.yaml:5:15"]);
    assert.doesNotMatch(JSON.stringify(note), /pets/);
  });

  it("says which Envoy refused what, but not what it says of secrets", () => {
    const refusal = { nodeId: "edge-1", role: "ingress", message: "I will not", atMs: 1 };
    const refusals = [
      { ...refusal, typeUrl: typeUrls.cluster },
      { ...refusal, typeUrl: typeUrls.secret, message: "key s3cr3t" },
    ];
    const note = noteOn("refused", 1, { refusals }) as { readonly refusals: unknown };
    assert.deepEqual(note.refusals, [
      { node: "edge-1", role: "ingress", type: "Cluster", message: "I will not" },
      { node: "edge-1", role: "ingress", type: "Secret" },
    ]);
  });

  it("says what holds a commit back, and until when", () => {
    const hold = { kind: "window", why: "it is Friday", untilMs: 0 } as const;
    const note = noteOn("accepted", 1, { hold }) as Readonly<Record<string, unknown>>;
    assert.equal(note["state"], "held");
    assert.deepEqual(note["hold"], {
      kind: "window",
      why: "it is Friday",
      until: "1970-01-01T00:00:00.000Z",
    });
  });

  it("is one line of printable ASCII, whatever is in it", () => {
    const hold = { kind: "pinned", why: "\u001b[2J\n\u202eähm 🦀" } as const;
    const line = noteLineOn(madeRecord("accepted", 1, { hold }), writer) ?? "";
    assert.match(line, /^[\x20-\x7e]+$/);
    assert.equal((JSON.parse(line) as { hold: { why: string } }).hold.why, hold.why);
  });
});

describe("noteIdOf()", () => {
  const id = (...record: Parameters<typeof madeRecord>) => noteIdOf(madeRecord(...record));

  it("stays while nothing new can be said", () => {
    assert.equal(id("live", 1, { liveAtMs: 5 }), id("superseded", 1, { liveAtMs: 5 }));
    assert.equal(id("publishing"), undefined);
  });

  it("changes with the state, with the roles that take it, with all answers of Envoys, and with what holds a commit back", () => {
    const hold = (kind: "window" | "pinned") => ({ hold: { kind, why: "" } });
    const ids = [
      id("live"),
      id("live", 1, { acknowledgements: { ingress: { count: 1, nodes: [] } } }),
      id("live", 1, { durations: { allAcks: 3 } }),
      id("rejected"),
      id("refused"),
      id("accepted", 1, hold("window")),
      id("accepted", 1, hold("pinned")),
    ];
    assert.equal(new Set(ids).size, ids.length);
  });
});

describe("mergeNoteLine()", () => {
  const ours = '{"context":"gloo/prod","state":"live"}';
  const earlier = '{"context":"gloo/prod","state":"held"}';
  const theirs = '{"context":"gloo/staging","state":"live"}';
  for (const [what, before, want] of [
    ["begins a note", "", `${ours}\n`],
    ["goes below what others wrote", `${theirs}\n`, `${theirs}\n${ours}\n`],
    ["takes the place of its own", `${earlier}\n${theirs}\n`, `${ours}\n${theirs}\n`],
    ["is there once", `${earlier}\n${theirs}\n${earlier}`, `${ours}\n${theirs}\n`],
    [
      "keeps the words of people",
      "Tested by Ada.\n\n{not JSON\n",
      `Tested by Ada.\n\n{not JSON\n${ours}\n`,
    ],
  ] as const) {
    it(what, () => {
      assert.equal(mergeNoteLine(before, ours, "gloo/prod"), want);
    });
  }
});

import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { mapFields, readFields, wireField, wireNumber } from "../../../src/envoy-binary/wire.js";
import { decode, encode } from "../../../src/envoy/codec.js";

describe("readFields()", () => {
  it("gives every field of a message, in order", () => {
    const bytes = encode("envoy.config.cluster.v3.Cluster", {
      name: "a",
      type: 3,
      connect_timeout: { seconds: 5, nanos: 0 },
    });
    const fields = readFields(bytes);
    assert.deepEqual(
      fields?.map(({ number }) => number),
      [1, 2, 4],
    );
    assert.deepEqual(Buffer.concat(fields?.map(({ raw }) => raw) ?? []), Buffer.from(bytes));
  });

  for (const [name, bytes] of [
    ["a length that runs over the end", [0x0a, 0x05, 0x00]],
    ["a cut varint", [0x08, 0x80]],
    ["field number 0", [0x02, 0x00]],
    ["a group", [0x0b]],
  ] as const) {
    it(`refuses ${name}`, () => assert.equal(readFields(Uint8Array.from(bytes)), undefined));
  }

  it("never throws, whatever the bytes", () => {
    fc.assert(fc.property(fc.uint8Array(), (bytes) => void readFields(bytes)));
  });
});

describe("wireField() and wireNumber()", () => {
  it("write what the codec reads", () => {
    const name = "x".repeat(300);
    const bytes = Buffer.concat([wireField(1, name), wireNumber(2, 3), wireNumber(2, 0)]);
    const cluster = decode("envoy.config.cluster.v3.Cluster", bytes);
    assert.equal(cluster.name, name);
    assert.equal(cluster.type ?? 0, 0, "the last one counts");
  });
});

describe("mapFields()", () => {
  const node = encode("envoy.config.core.v3.Node", { id: "a", cluster: "b" });

  it("changes and leaves out fields", () => {
    const changed = mapFields(node, (number, content) =>
      number === 1 ? Buffer.from("other") : number === 2 ? undefined : content,
    );
    const { id, cluster } = decode("envoy.config.core.v3.Node", changed);
    assert.deepEqual([id, cluster || "left out"], ["other", "left out"]);
  });

  it("returns what is not a message as it is", () => {
    const text = Buffer.from("plain");
    const same = mapFields(text, () => undefined);
    assert.equal(same, text);
  });
});

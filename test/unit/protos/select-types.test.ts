import assert from "node:assert/strict";
import { describe, it } from "node:test";
import {
  decodeDescriptorSet,
  encodeDescriptorSet,
} from "../../../src/protos/descriptor-messages.js";
import { ProtoError } from "../../../src/protos/proto-error.js";
import { readProtoSet, type ProtoSet } from "../../../src/protos/proto-set.js";
import { selectTypes } from "../../../src/protos/select-types.js";

const texts: Readonly<Record<string, string>> = {
  "a.proto": `syntax = "proto3"; package a; import "b.proto"; import "google/protobuf/any.proto";
    service S { rpc Get(In) returns (b.Out); rpc Other(Alone) returns (Alone); }
    service Open { rpc Get(Anything) returns (Anything); }
    message In { Inner inner = 1; message Inner { Kind kind = 1; } } enum Kind { ZERO = 0; }
    message Alone {} message Anything { google.protobuf.Any any = 1; } message Refusal { Kind kind = 1; }`,
  "b.proto": `syntax = "proto3"; package b; message Out { Leaf leaf = 1; } message Leaf {} message Asked {}
    service T { rpc Ask(Asked) returns (Asked); }`,
};
const set = readProtoSet("a.proto", (name) =>
  texts[name] === undefined ? undefined : Buffer.from(texts[name]),
);

function select(from: ProtoSet, serviceName: string, ...methods: readonly string[]) {
  const service = from.services.find(({ name }) => name === serviceName);
  assert.ok(service);
  const wanted = service.methods.filter(({ name }) => methods.includes(name));
  return selectTypes("a.proto", from, [{ service, methods: wanted }]);
}

const namesIn = (files: ReturnType<typeof select>) =>
  files.map(({ name, messageType = [], enumType = [], service = [] }) => [
    name,
    ...[...messageType, ...enumType].map((own) => own.name),
    ...service.map((own) => `${own.name}:${(own.method ?? []).map((one) => one.name).join()}`),
  ]);

describe("selectTypes()", () => {
  it("keeps what the methods need and what no method has to do with, each file after its imports", () => {
    assert.deepEqual(namesIn(select(set, "S", "Get")), [
      ["b.proto", "Out", "Leaf"],
      ["a.proto", "In", "Refusal", "Kind", "S:Get"],
    ]);
  });

  it("keeps all types where any of them may be in a field", () => {
    const names = namesIn(select(set, "Open", "Get")).flat();
    for (const name of ["Any", "Alone", "Asked", "Open:Get"]) assert.ok(names.includes(name), name);
  });

  it("gives the same of what was written as a descriptor set", () => {
    const bytes = encodeDescriptorSet(select(set, "S", "Get", "Other"));
    const again = readProtoSet("a.pb", () => bytes);
    assert.deepEqual(encodeDescriptorSet(decodeDescriptorSet(bytes)), bytes);
    assert.deepEqual(namesIn(select(again, "S", "Get")), namesIn(select(set, "S", "Get")));
  });

  it("reports a type that is not in the set", () => {
    const files = set.files.filter(({ name }) => name !== "b.proto");
    const partial = { ...set, files };
    assert.throws(
      () => select(partial, "S", "Get"),
      (error) =>
        error instanceof ProtoError &&
        /lacks the type b\.Out; .*--include_imports/.test(error.message),
    );
  });
});

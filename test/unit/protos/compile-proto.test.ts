import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { compileProto } from "../../../src/protos/compile-proto.js";
import type { FileDescriptor, MessageDescriptor } from "../../../src/protos/descriptor-messages.js";
import { ProtoError } from "../../../src/protos/proto-error.js";

type Texts = Readonly<Record<string, string>>;

function compile(texts: Texts, name = Object.keys(texts)[0] ?? ""): readonly FileDescriptor[] {
  return compileProto(name, (wanted) =>
    texts[wanted] === undefined ? undefined : Buffer.from(texts[wanted]),
  );
}

const messageOf = (text: string): MessageDescriptor => {
  const [file] = compile({ "a.proto": `syntax = "proto3"; package p; ${text}` });
  const message = file?.messageType?.[0];
  assert.ok(message);
  return message;
};

/** `file:line problem`. */
function problemOf(texts: Texts): string {
  try {
    compile(texts);
  } catch (cause) {
    assert.ok(cause instanceof ProtoError, String(cause));
    return `${cause.file}:${cause.line ?? ""} ${cause.message}`;
  }
  return "none";
}

describe("compileProto()", () => {
  it("describes fields of every kind as protoc does", () => {
    const message = messageOf(`
      message M {
        string plain_text = 1;
        optional int32 maybe = 2;
        map<string, M> by_name = 3;
        oneof choice { bool yes = 4; Kind kind = 5; }
        repeated sint64 list = 6 [packed = false];
        string renamed = 7 [json_name = "other"];
        enum Kind { NONE = 0; SOME = -1; }
      }`);
    assert.deepEqual(message.field, [
      { name: "plain_text", number: 1, label: 1, type: 9 },
      { name: "maybe", number: 2, label: 1, type: 5, oneofIndex: 1, proto3Optional: true },
      { name: "by_name", number: 3, label: 3, type: 11, typeName: ".p.M.ByNameEntry" },
      { name: "yes", number: 4, label: 1, type: 8, oneofIndex: 0 },
      { name: "kind", number: 5, label: 1, type: 14, typeName: ".p.M.Kind", oneofIndex: 0 },
      { name: "list", number: 6, label: 3, type: 18, options: { packed: false } },
      { name: "renamed", number: 7, label: 1, type: 9, jsonName: "other" },
    ]);
    // Oneofs that stand for "optional" come last.
    assert.deepEqual(message.oneofDecl, [{ name: "choice" }, { name: "_maybe" }]);
    assert.deepEqual(message.nestedType, [
      {
        name: "ByNameEntry",
        field: [
          { name: "key", number: 1, label: 1, type: 9 },
          { name: "value", number: 2, label: 1, type: 11, typeName: ".p.M" },
        ],
        options: { mapEntry: true },
      },
    ]);
    assert.deepEqual(message.enumType, [
      {
        name: "Kind",
        value: [
          { name: "NONE", number: 0 },
          { name: "SOME", number: -1 },
        ],
      },
    ]);
  });

  it("describes methods, their streams and annotations", () => {
    const [file] = compile({
      "a.proto": `syntax = "proto3"; import "google/api/annotations.proto";
        message M {}
        service S {
          rpc Get(M) returns (stream M) {
            option deprecated = true;
            option (google.api.http) = {
              get: "/a/{b}" response_body: "c"
              additional_bindings { post: "/d" body: "*" }
              additional_bindings { custom { kind: "HEAD" path: "/e" } }
            };
          }
          rpc Put(stream M) returns (M);
        }`,
    });
    assert.deepEqual(file?.service, [
      {
        name: "S",
        method: [
          {
            name: "Get",
            inputType: ".M",
            outputType: ".M",
            serverStreaming: true,
            options: {
              http: {
                get: "/a/{b}",
                responseBody: "c",
                additionalBindings: [
                  { post: "/d", body: "*" },
                  { custom: { kind: "HEAD", path: "/e" } },
                ],
              },
            },
          },
          { name: "Put", inputType: ".M", outputType: ".M", clientStreaming: true },
        ],
      },
    ]);
  });

  it("describes proto2, without extensions", () => {
    const [file] = compile({
      "a.proto": `// No syntax is proto2.
        message M { required string id = 1 [default = "x"]; extensions 100 to 200; }
        extend M { optional string more = 100; }`,
    });
    assert.equal(file?.syntax, "proto2");
    assert.deepEqual(file.messageType?.[0]?.field, [
      { name: "id", number: 1, label: 2, type: 9, defaultValue: "x" },
    ]);
  });

  it("finds imports below every folder of the file, and what comes with protobuf", () => {
    const files = compile({
      "a/b/main.proto": `syntax = "proto3"; import "near.proto"; import "b/mid.proto"; import "far.proto";
        import "google/protobuf/timestamp.proto"; import public "google/protobuf/any.proto";
        message M { Near near = 1; Mid mid = 2; Far far = 3; google.protobuf.Timestamp at = 4; }`,
      "a/b/near.proto": `syntax = "proto3"; message Near {}`,
      "a/b/mid.proto": `syntax = "proto3"; message Mid {}`,
      "far.proto": `syntax = "proto3"; message Far {}`,
    });
    assert.deepEqual(
      files.map(({ name }) => name),
      [
        "a/b/main.proto",
        "a/b/near.proto",
        "a/b/mid.proto",
        "far.proto",
        "google/protobuf/timestamp.proto",
        "google/protobuf/any.proto",
      ],
    );
  });

  for (const [name, texts, want] of [
    [
      "a mistake of syntax",
      { "a.proto": 'syntax = "proto3";\n\nmessage M { string id = }' },
      /^a\.proto:3 /,
    ],
    [
      "one in an import",
      { "a.proto": 'import "b.proto";', "b.proto": "message {" },
      /^b\.proto:1 /,
    ],
    [
      "an import that is not there",
      { "x/a.proto": 'import "b.proto";' },
      /^x\/a\.proto: it imports "b\.proto", which is not there$/,
    ],
    [
      "a type that is not there",
      { "a.proto": "message M { optional N n = 1; }" },
      /no such Type or Enum 'N'/,
    ],
    ["two types of one name", { "a.proto": "message M {} message M {}" }, /duplicate name 'M'/],
    [
      "an edition",
      { "a.proto": '/* " */ // x\nedition = "2023";' },
      /edition 2023 cannot be compiled/,
    ],
    [
      "a group",
      { "a.proto": "message M { optional group G = 1 { optional int32 a = 1; } }" },
      /groups cannot be compiled/,
    ],
    [
      "names that clash in JSON",
      { "a.proto": 'syntax = "proto3"; message M { string a_b = 1; string aB = 2; }' },
      /two fields of "M" are called "aB" in JSON/,
    ],
    [
      "values of enums that clash",
      { "a.proto": "enum A { X = 0; } enum B { X = 0; }" },
      /"X" is a value of two enums/,
    ],
    [
      "an enum that does not begin with 0",
      { "a.proto": 'syntax = "proto3"; enum A { X = 1; }' },
      /first value of enum "A" is not 0/,
    ],
    [
      "a message of very many fields",
      {
        "a.proto": `message M {${Array.from({ length: 6_000 }, (_, i) => `optional int32 f${i} = ${i + 1};`).join("")}}`,
      },
      /^a\.proto: it is too large to be compiled here/,
    ],
    [
      "very many blocks in each other",
      { "a.proto": `${"message M {".repeat(50_000)}` },
      /^a\.proto:/,
    ],
  ] as const) {
    it(`reports ${name}`, () => assert.match(problemOf(texts), want));
  }

  it("is not held up by comments that do not end", () => {
    const started = process.cpuUsage();
    assert.notEqual(problemOf({ "a.proto": `${"/*".repeat(50_000)}*` }), "none");
    assert.notEqual(problemOf({ "b.proto": `${"/**/ ".repeat(50_000)}=` }), "none");
    assert.ok(process.cpuUsage(started).user < 10_000_000);
  });
});

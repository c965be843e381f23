import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, it } from "node:test";
import { load } from "js-yaml";
import { encodeDescriptorSet } from "../../../src/protos/descriptor-messages.js";
import { readProtoSet } from "../../../src/protos/proto-set.js";
import { runCommand } from "../../support/run-program.js";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "gloo-test-"));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const run = (...args: readonly string[]) => runCommand(args, { cwd: folder });
const importProto = (...args: readonly string[]) =>
  run("import", "proto", "--host", "store.example:50051", ...args);

function write(path: string, text: string | Uint8Array): void {
  mkdirSync(join(folder, path, ".."), { recursive: true });
  writeFileSync(join(folder, path), text);
}

const storeProto = `syntax = "proto3";
package store.v1;
import "common/item.proto";
import "google/protobuf/empty.proto";
service Store {
  rpc Get(common.Item) returns (common.Item);
  rpc Watch(google.protobuf.Empty) returns (stream common.Item);
  rpc Upload(stream common.Item) returns (common.Item);
}
`;
const itemProto = `syntax = "proto3";
package common;
message Item { string id = 1; }
service Items { rpc List(Item) returns (Item); }
`;
const upstream = {
  name: "store",
  type: "static",
  spec: { hosts: [{ addr: "store.example", port: 50051 }] },
  service_info: {
    type: "gRPC",
    properties: { service_names: ["Store"], descriptors_file_ref: "store/v1/store.proto" },
  },
  functions: [{ name: "Store.Get" }, { name: "Store.Watch" }],
};

describe("gloo import proto", () => {
  beforeEach(() => {
    write("protos/store/v1/store.proto", storeProto);
    write("protos/common/item.proto", itemProto);
  });

  it("prints an upstream, and on stderr what else it needs and leaves out", async () => {
    const { code, stdout, stderr } = await importProto(
      "-I",
      "protos",
      "--",
      "protos/store/v1/store.proto",
    );
    assert.equal(code, 0);
    assert.match(stdout, /^# Made by `gloo import proto` from protos\/store\/v1\/store\.proto\.\n/);
    assert.deepEqual(load(stdout), upstream);
    assert.match(stderr, /left out: Store\.Upload takes a stream/);
    assert.match(stderr, /files\/store\/v1\/store\.proto, files\/common\/item\.proto/);
  });

  it("writes it with its files, which gloo check accepts", async () => {
    const { code, stdout } = await importProto(
      "protos/store/v1/store.proto",
      "-I",
      "protos",
      "--out",
      "config",
    );
    assert.equal(code, 0);
    assert.equal(
      stdout,
      "upstreams/store.yaml: 2 functions\nfiles/store/v1/store.proto\nfiles/common/item.proto\n",
    );
    assert.equal(readFileSync(join(folder, "config/files/common/item.proto"), "utf8"), itemProto);
    const checked = await run("check", "config", "--no-envoy");
    assert.equal(checked.code, 0, checked.stderr + checked.stdout);
  });

  it("takes several files, and again after they changed", async () => {
    const args = [
      "protos/store/v1/store.proto",
      "protos/common/item.proto",
      "-I",
      "protos",
      "--name",
      "all",
      "--out",
      "config",
    ];
    assert.equal((await importProto(...args)).code, 0);
    const made = () => load(readFileSync(join(folder, "config/upstreams/all.yaml"), "utf8"));
    const properties = { service_names: ["Store", "Items"], descriptors_file_ref: "all.proto" };
    const functions = [{ name: "Store.Get" }, { name: "Store.Watch" }, { name: "Items.List" }];
    const service_info = { type: "gRPC", properties };
    assert.deepEqual(made(), { ...upstream, name: "all", service_info, functions });
    assert.equal((await run("check", "config", "--no-envoy")).code, 0);

    write("protos/common/item.proto", itemProto.replace("List", "Find"));
    const refused = await importProto(...args);
    assert.equal(refused.code, 2);
    assert.match(refused.stderr, /item\.proto" has other content; --force replaces it/);
    assert.deepEqual(made(), { ...upstream, name: "all", service_info, functions });
    assert.equal((await importProto(...args, "--force")).code, 0);
    assert.match(JSON.stringify(made()), /Items\.Find/);
  });

  it("takes a descriptor set", async () => {
    const set = readProtoSet("store.proto", (name) =>
      name === "store.proto"
        ? Buffer.from(storeProto)
        : name === "common/item.proto"
          ? Buffer.from(itemProto)
          : undefined,
    );
    write("store.pb", encodeDescriptorSet(set.files));
    assert.equal((await importProto("store.pb", "--name", "store", "--out", ".")).code, 0);
    assert.match(
      readFileSync(join(folder, "upstreams/store.yaml"), "utf8"),
      /descriptors_file_ref: store\.pb/,
    );
    assert.equal((await run("check", ".", "--no-envoy")).code, 0);
  });

  it("says where a mistake is, and writes nothing", async () => {
    write("broken.proto", 'syntax = "proto3";\nmessage {');
    const broken = await importProto("broken.proto", "--out", "config");
    assert.deepEqual([broken.code, broken.stdout], [1, ""]);
    assert.match(broken.stderr, /^broken\.proto:2: /);
    write("lonely.proto", 'syntax = "proto3";\nimport "nowhere.proto";');
    assert.match((await importProto("lonely.proto")).stderr, /imports "nowhere\.proto"/);
    write("empty.proto", 'syntax = "proto3";');
    assert.equal((await importProto("empty.proto")).code, 1);
  });

  it("cannot do without a file, a host, or a name that names may have", async () => {
    assert.equal((await importProto("missing.proto")).code, 2);
    assert.equal((await run("import", "proto", "x.proto")).code, 2);
    assert.equal((await importProto("../x.proto")).code, 2);
    assert.equal((await importProto("protos/store/v1/store.proto", "--name", "No Name")).code, 2);
  });
});

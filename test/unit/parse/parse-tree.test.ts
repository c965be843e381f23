import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { createParser } from "../../../src/parse/parse-tree.js";
import { treeOf, type TreeContent } from "../../support/tree.js";

function parse(files: Readonly<Record<string, TreeContent>>) {
  const { value, diagnostics } = createParser().parseTree(treeOf(files));
  return {
    found: value.objects.map(({ kind, value: object, wrapped, origin }) => {
      const name = (wrapped ? object["metadata"] : object) as { readonly name?: unknown };
      return `${kind} ${String(name.name)} ${origin.file}:${origin.locate("").line}`;
    }),
    codes: diagnostics.map(({ code, location }) => `${code} ${location?.file}:${location?.line}`),
    value,
  };
}

describe("parseTree()", () => {
  for (const [what, files, found] of [
    [
      "its folder says the kind",
      { "upstreams/a.yaml": "name: a" },
      ["Upstream a upstreams/a.yaml:1"],
    ],
    [
      "the nearest folder says the kind",
      { "roles/x/virtualservices/y/a.yml": "name: a" },
      ["VirtualService a roles/x/virtualservices/y/a.yml:1"],
    ],
    [
      "its own kind goes before that of the folder",
      { "roles/a.yaml": "kind: Upstream\nname: a" },
      ["Upstream a roles/a.yaml:1"],
    ],
    [
      "several documents, and a list",
      { "upstreams/a.yaml": "name: a\n---\n- name: b\n- name: c\n---\n" },
      [
        "Upstream a upstreams/a.yaml:1",
        "Upstream b upstreams/a.yaml:3",
        "Upstream c upstreams/a.yaml:4",
      ],
    ],
    [
      "the Kubernetes form, anywhere",
      { "deploy/a.yaml": "apiVersion: gloo.solo.io/v1\nkind: Role\nmetadata: {name: a}" },
      ["Role a deploy/a.yaml:1"],
    ],
    [
      "the Kubernetes form without a version",
      { "deploy/a.yaml": "kind: Role\nmetadata: {name: a}\nspec: {}" },
      ["Role a deploy/a.yaml:1"],
    ],
    [
      "the combined form",
      { "a.json": '{"upstreams": [{"name": "a"}], "virtualServices": [{"name": "b"}]}' },
      ["Upstream a a.json:1", "VirtualService b a.json:1"],
    ],
    [
      "the combined form in a folder of its own kind",
      { "upstreams/a.yaml": "roles: [{name: a}]" },
      ["Role a upstreams/a.yaml:1"],
    ],
    ["other files are not config", { "a.yaml": "name: a", "b.yaml": "- 1", "c.yaml": "x" }, []],
    [
      "other objects of Kubernetes are not config",
      { "a.yaml": "apiVersion: v1\nkind: Role\nmetadata: {name: a}" },
      [],
    ],
    ["a role of somebody else", { "a.yaml": "roles: [{name: admin}]\nusers: []" }, []],
    [
      "what is left aside",
      {
        "files/upstreams/a.yaml": "name: a",
        "tests/a.yaml": "name: a",
        ".github/upstreams/a.yaml": "name: a",
        "upstreams/a.txt": "name: a",
      },
      [],
    ],
    [
      "what gloo.yaml ignores",
      { "gloo.yaml": "ignore: ['upstreams/old/**']", "upstreams/old/a.yaml": "name: a" },
      [],
    ],
    [
      "what gloo.yaml does not include",
      {
        "gloo.yaml": "include: ['prod/**']",
        "prod/upstreams/a.yaml": "name: a",
        "upstreams/b.yaml": "name: b",
      },
      ["Upstream a prod/upstreams/a.yaml:1"],
    ],
  ] as const) {
    it(`finds objects: ${what}`, () => {
      const parsed = parse(files);
      assert.deepEqual(parsed.found, found);
      assert.deepEqual(parsed.codes, []);
    });
  }

  it("reads what it can of a tree with mistakes, and notes the names of the rest", () => {
    const parsed = parse({
      "upstreams/a.yaml": "name: a",
      "upstreams/broken.yaml": "name: b\nspec: [",
      "virtualservices/two.yaml": "name: c\n---\n7",
    });
    assert.deepEqual(parsed.found, [
      "Upstream a upstreams/a.yaml:1",
      "VirtualService c virtualservices/two.yaml:1",
    ]);
    assert.deepEqual(parsed.codes, [
      "yaml/syntax upstreams/broken.yaml:2",
      "object/not-a-mapping virtualservices/two.yaml:3",
    ]);
    assert.ok(parsed.value.unreadableNames.has("b"));
    assert.ok(parsed.value.unreadableNames.has("broken"));
  });

  it("gives the same objects for files that did not change", () => {
    const parser = createParser();
    const files = { "a/upstreams/a.yaml": "name: a", "b/upstreams/b.yaml": "name: b" };
    const tree = treeOf(files);
    const before = parser.parseTree(tree).value.objects;
    const after = parser.parseTree(treeOf({ ...files, "b/upstreams/b.yaml": "name: c" }, tree));
    assert.equal(after.value.objects[0], before[0]);
    assert.notEqual(after.value.objects[1], before[1]);
  });

  it("reads a file anew when gloo.yaml begins to include it", () => {
    const parser = createParser();
    const files = { "gloo.yaml": "ignore: ['**']", "upstreams/a.yaml": "name: a" };
    const tree = treeOf(files);
    assert.deepEqual(parser.parseTree(tree).value.objects, []);
    const after = parser.parseTree(treeOf({ ...files, "gloo.yaml": "ignore: []" }, tree));
    assert.equal(after.value.objects.length, 1);
  });

  it("locates keys and values below the base path of a Kubernetes list", () => {
    const text = "kind: List\nitems:\n  - kind: Role\n    metadata: {name: a}\n    spec: {x: 1}\n";
    const [object] = createParser().parseTree(treeOf({ "a.yaml": text })).value.objects;
    assert.deepEqual(object?.origin.locate("/spec/x", "key"), {
      file: "a.yaml",
      line: 5,
      column: 12,
    });
    assert.deepEqual(object?.origin.locate(""), { file: "a.yaml", line: 3, column: 5 });
  });
});

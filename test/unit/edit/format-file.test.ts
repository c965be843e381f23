import assert from "node:assert/strict";
import { readdirSync, readFileSync, statSync } from "node:fs";
import { describe, it } from "node:test";
import fc from "fast-check";
import { EditError } from "../../../src/edit/edit-error.js";
import { renderObject } from "../../../src/edit/edit-file.js";
import { readFileContent, scopeOfPath } from "../../../src/edit/file-objects.js";
import { createFormatter } from "../../../src/edit/format-file.js";
import { jsonEqual } from "../../../src/edit/json-equal.js";
import type { JsonObject } from "../../../src/lib/json.js";
import { builtinPlugins } from "../../../src/plugins/index.js";
import { createPluginSet } from "../../../src/translate/plugin-set.js";

const format = createFormatter(createPluginSet(builtinPlugins));
const formatted = (text: string, path = "upstreams/a.yaml", canonical = false): string =>
  format({ path, bytes: Buffer.from(text), scope: scopeOfPath(path, "") }, { canonical });

describe("createFormatter()", () => {
  it("puts keys in the order of the schema, at every level, and keeps comments where they belong", () => {
    const text = `# The pets.

type: "static"    # kind of
spec:
    hosts:
    # The old machine.
    - port: 80
      addr: '10.0.0.1'  # rack 4


    - {port: 81, addr: 10.0.0.2}
connection_timeout:   5s
name:  pets
# The end.
`;
    assert.equal(
      formatted(text),
      `# The pets.

name: pets
type: static # kind of
connection_timeout: 5s
spec:
  hosts:
    # The old machine.
    - addr: 10.0.0.1 # rack 4
      port: 80

    - { addr: 10.0.0.2, port: 81 }

# The end.
`,
    );
  });

  it("quotes what readers of YAML 1.1 would take for something else, and nothing else", () => {
    const text = `name: a
metadata:
  annotations:
    a: yes
    b: 'yes'
    c: "no more"
    d: 1:30
    e: "5"
    f: '*'
    g: "a: b"
    h: ""
`;
    assert.equal(
      formatted(text),
      `name: a
metadata:
  annotations:
    a: "yes"
    b: "yes"
    c: no more
    d: "1:30"
    e: "5"
    f: "*"
    g: "a: b"
    h: ""
`,
    );
  });

  it("leaves the dialect alone, unless it is told to use the canonical one", () => {
    const text = "name: a\nconnectionTimeout: 5s # short\ntype: service\nspec:\n  hosts: []\n";
    const inOrder = "name: a\ntype: service\nconnectionTimeout: 5s # short\nspec:\n  hosts: []\n";
    assert.equal(formatted(text), inOrder);
    assert.equal(
      formatted(text, "upstreams/a.yaml", true),
      inOrder.replace("connectionTimeout", "connection_timeout"),
    );
  });

  it("formats every document, the Kubernetes form, lists and the combined form", () => {
    assert.equal(
      formatted("type: static\nname: a\n---\n# b\ntype: static\nname: b\n"),
      "name: a\ntype: static\n---\n# b\nname: b\ntype: static\n",
    );
    assert.equal(
      formatted(
        "kind: Upstream\nspec: {type: static}\nmetadata: {name: a}\napiVersion: gloo.solo.io/v1\n",
        "all.yaml",
      ),
      "apiVersion: gloo.solo.io/v1\nkind: Upstream\nmetadata: { name: a }\nspec: { type: static }\n",
    );
    assert.equal(
      formatted("upstreams:\n- type: static\n  name: a\n", "all.yaml"),
      "upstreams:\n  - name: a\n    type: static\n",
    );
  });

  it("keeps block text, and anchors that stand before their aliases", () => {
    const text =
      "name: a\nspec:\n  one: &x\n    b: |\n      two\n        three\n    c: >-\n      four\n      five\n  two: *x\n";
    const content = readFileContent("upstreams/a.yaml", Buffer.from(formatted(text)), "Upstream");
    const before = readFileContent("upstreams/a.yaml", Buffer.from(text), "Upstream");
    assert.ok(jsonEqual(content.documents, before.documents));
    assert.match(content.text, /one: &x\n {4}b: \|\n {6}two\n {8}three\n/);
  });

  it("leaves what is no config as it is", () => {
    const text = "services:   {a: 1}\n";
    assert.equal(formatted(text, "docker-compose.yaml"), text);
  });

  it("formats JSON with an indent of two", () => {
    assert.equal(
      formatted('{"type":"static","name":"a"}', "upstreams/a.json"),
      '{\n  "name": "a",\n  "type": "static"\n}\n',
    );
  });

  it("throws for what cannot be read", () => {
    assert.throws(() => formatted("name: [a\n"), EditError);
  });

  it("is stable and keeps the meaning of every config file of the tests and the sample", () => {
    let files = 0;
    let unreadable = 0;
    for (const root of ["../../golden/cases/", "../../../sample-repo/"]) {
      const folder = new URL(root, import.meta.url);
      for (const name of readdirSync(folder, { recursive: true }).map(String)) {
        const url = new URL(name, folder);
        if (!/\.(?:ya?ml|json)$/.test(name) || !statSync(url).isFile()) continue;
        const path = name.replace(/^[^/]+\/in\//, "");
        if (/\/out\//.test(name)) continue;
        const scope = scopeOfPath(path, "");
        if (scope === "none" || scope === "files" || scope === "secrets") continue;
        const file = { path, bytes: readFileSync(url), scope };
        let text: string;
        try {
          text = format(file);
        } catch (cause) {
          assert.ok(cause instanceof EditError, `${name}: ${String(cause)}`);
          unreadable++;
          continue;
        }
        files++;
        const again = { ...file, bytes: Buffer.from(text) };
        assert.equal(format(again), text, name);
        assert.ok(
          jsonEqual(
            readFileContent(path, file.bytes, scope).documents,
            readFileContent(path, again.bytes, scope).documents,
          ),
          name,
        );
        const comments = (of: string): number => (of.match(/(?:^|\s)#/gm) ?? []).length;
        const before = file.bytes.toString("utf8");
        if (!/["'|>]/.test(before)) assert.equal(comments(text), comments(before), name);
      }
    }
    assert.ok(files > 200, `${files} files`);
    assert.ok(unreadable < files / 4, `${unreadable} of ${files} could not be formatted`);
  });

  const scalar = fc.oneof(
    fc.constantFrom("yes", "0o7", "1_000", "2001-01-01", "", " x", "a: b", "- x", "# y", "~"),
    fc.string({ maxLength: 12 }),
    fc.integer(),
    fc.boolean(),
    fc.constant("two\nlines\n"),
  );
  const key = fc.constantFrom("type", "spec", "hosts", "metadata", "functions", "on", "1");
  const { tree } = fc.letrec((tie) => ({
    tree: fc.oneof(
      { depthSize: "small" },
      scalar,
      fc.array(tie("tree"), { maxLength: 3 }),
      fc.dictionary(key, tie("tree"), { maxKeys: 3 }),
    ),
  }));
  it("is stable and keeps the meaning, whatever the object", () => {
    fc.assert(
      fc.property(fc.dictionary(key, tree, { maxKeys: 4 }), fc.boolean(), (rest, asJson) => {
        const value = { ...(rest as JsonObject), name: "a" };
        const path = asJson ? "upstreams/a.json" : "upstreams/a.yaml";
        const text = asJson ? JSON.stringify(value) : renderObject(value);
        const once = formatted(text, path);
        assert.equal(formatted(once, path), once);
        const { objects } = readFileContent(path, Buffer.from(once), "Upstream");
        assert.ok(jsonEqual(objects[0]?.value, value));
      }),
      { numRuns: 300 },
    );
  });
});

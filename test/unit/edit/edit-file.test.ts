import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import {
  addObject,
  removeObject,
  renderObject,
  replaceObject,
} from "../../../src/edit/edit-file.js";
import { readFileContent } from "../../../src/edit/file-objects.js";
import type { JsonObject } from "../../../src/lib/json.js";
import type { Scope } from "../../../src/parse/folder-scope.js";

const fileOf = (text: string, path = "upstreams/a.yaml", scope: Scope = "Upstream") => ({
  path,
  scope,
  bytes: Buffer.from(text),
});
const textOf = (bytes: Uint8Array | undefined): string | undefined =>
  bytes === undefined ? undefined : Buffer.from(bytes).toString("utf8");

/** Changes the object of this name by `change`, which is given a copy of it as written. */
function replaced(
  text: string,
  name: string,
  change: (value: Record<string, any>) => void, // eslint-disable-line @typescript-eslint/no-explicit-any -- the shorter way to write a change
  path?: string,
): string | undefined {
  const file = fileOf(text, path);
  const content = readFileContent(file.path, file.bytes, file.scope);
  const target = content.objects.find((object) => object.name === name);
  assert.ok(target, `no object ${name}`);
  const value = JSON.parse(JSON.stringify(target.value)) as JsonObject;
  change(value);
  return textOf(replaceObject(file, target, value));
}

const commented = `# The pets of the shop.
#   Ask ann before you change the port.

name:   pets      # as in the catalogue
type: static

spec:
    hosts:
        # The first one is the old machine.
        - addr: 10.0.0.1   # rack 4
          port: 80

        - {addr: 10.0.0.2, port: 80}   # rack 5
        # The third one.
        - addr: "10.0.0.3"
          port: 80
connection_timeout: 5s # short
# The end.
`;

describe("replaceObject()", () => {
  it("writes one scalar anew, and copies everything else", () => {
    const made = replaced(commented, "pets", (value) => (value["spec"].hosts[0].port = 8080));
    assert.equal(made, commented.replace("port: 80\n\n", "port: 8080\n\n"));
  });

  it("keeps quotes, and the comment behind a value", () => {
    const made = replaced(commented, "pets", (value) => {
      value["spec"].hosts[2].addr = "10.0.0.33";
      value["connection_timeout"] = "10s";
    });
    assert.equal(
      made,
      commented.replace('"10.0.0.3"', '"10.0.0.33"').replace("5s # short", "10s # short"),
    );
  });

  it("adds a key below the others, in the indent of the file", () => {
    const made = replaced(commented, "pets", (value) => {
      value["service_info"] = { type: "REST", properties: { a: ["yes", 1] } };
    });
    assert.equal(
      made,
      commented.replace(
        "# The end.\n",
        'service_info:\n    type: REST\n    properties:\n        a:\n            - "yes"\n            - 1\n# The end.\n',
      ),
    );
  });

  it("takes a key out with its comments", () => {
    const made = replaced(commented, "pets", (value) => delete value["connection_timeout"]);
    assert.equal(made, commented.replace("connection_timeout: 5s # short\n", ""));
  });

  it("takes out the first key of a list's item", () => {
    const made = replaced(commented, "pets", (value) => delete value["spec"].hosts[0].addr);
    assert.equal(made, commented.replace("- addr: 10.0.0.1   # rack 4\n          port", "- port"));
  });

  it("takes items out with their comments, and adds one", () => {
    const third = '        # The third one.\n        - addr: "10.0.0.3"\n          port: 80\n';
    const first = commented.slice(
      commented.indexOf("        # The first"),
      commented.indexOf("        - {addr"),
    );
    assert.equal(
      replaced(commented, "pets", (value) => value["spec"].hosts.splice(2, 1)),
      commented.replace(third, ""),
    );
    assert.equal(
      replaced(commented, "pets", (value) => value["spec"].hosts.splice(0, 1)),
      commented.replace(first, ""),
    );
    const added = { addr: "10.0.0.4", port: 81 };
    assert.equal(
      replaced(commented, "pets", (value) => value["spec"].hosts.splice(1, 0, added)),
      commented.replace(
        "\n        - {addr",
        "        - addr: 10.0.0.4\n          port: 81\n\n        - {addr",
      ),
    );
  });

  it("moves items with the comments above them", () => {
    const made = replaced(commented, "pets", (value) => value["spec"].hosts.reverse());
    assert.ok(
      made?.includes('hosts:\n        # The third one.\n        - addr: "10.0.0.3"\n'),
      made,
    );
    assert.ok(made?.includes("- {addr: 10.0.0.2, port: 80}   # rack 5\n"), made);
    assert.ok(made?.includes("- addr: 10.0.0.1   # rack 4\n"), made);
  });

  it("writes a flow collection in a line", () => {
    const made = replaced(commented, "pets", (value) => (value["spec"].hosts[1].port = 81));
    assert.equal(
      made,
      commented.replace("{addr: 10.0.0.2, port: 80}   #", "{ addr: 10.0.0.2, port: 81 }   #"),
    );
  });

  it("changes one of several documents", () => {
    const text =
      "# a\nname: a\ntype: static\n---\n# b\nname: b # two\ntype: static\n...\n---\nname: c\n";
    const made = replaced(text, "b", (value) => (value["type"] = "aws"));
    assert.equal(made, text.replace("b # two\ntype: static", "b # two\ntype: aws"));
  });

  it("changes an object in the Kubernetes form, in a list and in the combined form", () => {
    const kubernetes =
      "apiVersion: gloo.solo.io/v1\nkind: Upstream\nmetadata:\n  name: a # here\nspec:\n  type: static\n";
    assert.equal(
      replaced(kubernetes, "a", (value) => (value["spec"].type = "aws")),
      kubernetes.replace("static", "aws"),
    );
    const list = "- name: a # one\n  type: static\n- name: b # two\n  type: static\n";
    assert.equal(
      replaced(list, "b", (value) => (value["type"] = "aws")),
      "- name: a # one\n  type: static\n- name: b # two\n  type: aws\n",
    );
    const combined =
      "# All.\nupstreams:\n# First.\n- name: a\n  type: static\nvirtual_services: []\n";
    assert.equal(
      replaced(combined, "a", (value) => (value["functions"] = [{ name: "f" }])),
      combined.replace("static\n", "static\n  functions:\n  - name: f\n"),
    );
  });

  it("keeps CRLF, a byte order mark, and a file without a final line break", () => {
    const crlf = "\ufeffname: a # one\r\ntype: static\r\nspec:\r\n  hosts: []\r\n";
    const made = replaced(crlf, "a", (value) => (value["connection_timeout"] = "5s"));
    assert.equal(made, `${crlf}connection_timeout: 5s\r\n`);
    assert.equal(
      replaced("name: a\ntype: static", "a", (value) => (value["type"] = "aws")),
      "name: a\ntype: aws",
    );
  });

  it("keeps block scalars that did not change, and writes those that did", () => {
    const text = "name: a\nspec:\n  text: |\n    one\n    two\n  other: >-\n    x\n    y\nend: 1\n";
    assert.equal(
      replaced(text, "a", (value) => (value["end"] = 2)),
      text.replace("end: 1", "end: 2"),
    );
    assert.equal(
      replaced(text, "a", (value) => (value["spec"].text = "one\nthree\n")),
      text.replace("two", "three"),
    );
  });

  it("writes a value where there was none", () => {
    const text = "name: a\nspec: # nothing yet\ntype: static\n";
    const made = replaced(text, "a", (value) => (value["spec"] = { hosts: [] }));
    assert.equal(made, "name: a\nspec:\n  hosts: []\ntype: static\n");
  });

  it("refuses what it cannot keep: an anchor that others use", () => {
    const text = "- name: a\n  spec: &s\n    x: 1\n- name: b\n  spec: *s\n";
    assert.throws(() => replaced(text, "a", (value) => (value["spec"].x = 2)), {
      name: "EditError",
      code: "edit/not-editable",
    });
  });

  it("keeps the indent of JSON", () => {
    const text = '{\n\t"name": "a",\n\t"type": "static"\n}\n';
    assert.equal(
      replaced(text, "a", (value) => (value["type"] = "aws"), "upstreams/a.json"),
      text.replace("static", "aws"),
    );
  });
});

describe("removeObject()", () => {
  const removed = (text: string, name: string): string | undefined => {
    const file = fileOf(text);
    const { objects } = readFileContent(file.path, file.bytes, file.scope);
    const target = objects.find((object) => object.name === name);
    assert.ok(target);
    return textOf(removeObject(file, target));
  };

  it("leaves nothing of a file with one object", () => {
    assert.equal(removed(commented, "pets"), undefined);
    assert.equal(removed("---\nname: a\n---\n", "a"), undefined);
  });

  for (const [name, want] of [
    ["a", "# a\n---\n# b\nname: b\n---\nname: c # three\n"],
    ["b", "# a\nname: a\n---\nname: c # three\n"],
    ["c", "# a\nname: a\n---\n# b\nname: b\n"],
  ] as const) {
    it(`takes document ${name} out of three`, () => {
      assert.equal(removed("# a\nname: a\n---\n# b\nname: b\n---\nname: c # three\n", name), want);
    });
  }

  it("takes an item out of a list, with its comment", () => {
    assert.equal(
      removed("# All.\n- name: a\n# Two.\n- name: b\n- name: c\n", "b"),
      "# All.\n- name: a\n- name: c\n",
    );
    assert.equal(
      removed("upstreams:\n  - name: a\n  - name: b\n", "a"),
      "upstreams:\n  - name: b\n",
    );
  });
});

describe("addObject()", () => {
  it("adds a document, or an item to a list", () => {
    const value = { name: "b", type: "static" };
    assert.equal(
      textOf(addObject(fileOf("# a\nname: a"), value)),
      "# a\nname: a\n---\nname: b\ntype: static\n",
    );
    assert.equal(
      textOf(addObject(fileOf("- name: a # one\n"), value)),
      "- name: a # one\n- name: b\n  type: static\n",
    );
  });
});

describe("an edit", () => {
  const key = fc.constantFrom("a", "b", "spec", "x-y", "on", "1", "with: colon");
  const scalar = fc.oneof(
    fc.constantFrom<string | number | boolean>(
      "yes",
      "0o7",
      "1_000",
      "2001-01-01",
      "",
      " x",
      "a: b",
    ),
    fc.string({ maxLength: 8 }),
    fc.integer(),
    fc.boolean(),
    fc.constant("two\nlines\n"),
    fc.constant("# no comment"),
  );
  const { tree } = fc.letrec((tie) => ({
    tree: fc.oneof(
      { depthSize: "small" },
      scalar,
      fc.array(tie("tree"), { maxLength: 3 }),
      fc.dictionary(key, tie("tree"), { maxKeys: 3 }),
    ),
  }));
  const object = fc
    .dictionary(key, tree, { maxKeys: 4 })
    .map((rest): JsonObject => ({ name: "a", ...(rest as JsonObject) }));

  it("gives what was wanted, for any object and any other", () => {
    fc.assert(
      fc.property(object, object, (before, after) => {
        const file = fileOf(renderObject(before));
        const { objects } = readFileContent(file.path, file.bytes, file.scope);
        const target = objects[0];
        assert.ok(target);
        // Throws where the result does not read back as `after`.
        const bytes = replaceObject(file, target, after);
        const again = readFileContent(file.path, bytes, file.scope);
        assert.equal(
          JSON.stringify(sorted(again.objects[0]?.value)),
          JSON.stringify(sorted(after)),
        );
      }),
      { numRuns: 500 },
    );
  });
});

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .map(([key, inner]): [string, unknown] => [key, sorted(inner)])
      .sort(([a], [b]) => (a < b ? -1 : 1)),
  );
}

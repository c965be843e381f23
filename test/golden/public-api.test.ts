import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { describe, it } from "node:test";
import ts from "typescript";
import * as client from "../../src/client.js";
import * as plugin from "../../src/plugin.js";
import * as index from "../../src/index.js";
import { compareText } from "../../src/lib/compare.js";
import { expectGolden } from "../support/golden.js";

interface PublicName {
  readonly name: string;
  readonly isType: boolean;
}

/** The names that a file of exports gives away. Every one stands there by name. */
function publicNames(file: string): readonly PublicName[] {
  const text = readFileSync(new URL(`../../src/${file}`, import.meta.url), "utf8");
  const source = ts.createSourceFile(file, text, ts.ScriptTarget.ES2022);
  return source.statements.flatMap((statement) => {
    assert.ok(ts.isExportDeclaration(statement), `${file} holds exports only`);
    const clause = statement.exportClause;
    assert.ok(clause, `${file} exports by name`);
    if (ts.isNamespaceExport(clause)) return [{ name: clause.name.text, isType: false }];
    return clause.elements.map((element) => ({
      name: element.name.text,
      isType: statement.isTypeOnly || element.isTypeOnly,
    }));
  });
}

describe("the public API", () => {
  for (const [entry, file, module] of [
    [".", "index.ts", index],
    ["./client", "client.ts", client],
    ["./plugin", "plugin.ts", plugin],
  ] as const) {
    it(`${entry} is what the golden file says`, () => {
      const names = publicNames(file);
      const values = names.filter(({ isType }) => !isType).map(({ name }) => name);
      assert.deepEqual(values.sort(compareText), Object.keys(module).sort(compareText));
      const lines = names.map(({ name, isType }) => `${isType ? "type" : "value"} ${name}\n`);
      expectGolden(
        new URL(`public-api/${file.replace(".ts", ".txt")}`, import.meta.url),
        lines.sort(compareText).join(""),
      );
    });
  }

  it("./plugin has what the built-in plugins use", () => {
    const folder = new URL("../../src/plugins/", import.meta.url);
    const given = new Set([
      ...publicNames("plugin.ts").map(({ name }) => name),
      // The types of the Envoy API are members of `envoy`.
      ...Object.keys(plugin.envoy),
      // A plugin from outside brings its own schemas, and types of what they describe.
      "readSchema",
    ]);
    const missing = new Set<string>();
    for (const name of readdirSync(folder, { recursive: true }).map(String)) {
      if (!/\/.*\.ts$/.test(name)) continue;
      const file = new URL(name, folder);
      const text = readFileSync(file, "utf8");
      for (const [, names = "", path = ""] of text.matchAll(
        /import (?:type )?\{([^}]*)\} from "(\.[^"]+)"/g,
      )) {
        const { href } = new URL(path, file);
        // What lies elsewhere is the plugin's own.
        const isShared = /\/src\/(?:lib|model|envoy|diagnostics|translate)\//.test(href);
        if (!isShared || href.includes("/generated/")) continue;
        for (const part of names.split(",")) {
          const used = part
            .trim()
            .replace(/^type /, "")
            .replace(/ as .*$/, "");
          if (used !== "" && !given.has(used)) missing.add(`${used} (${name})`);
        }
      }
    }
    assert.deepEqual([...missing], []);
  });
});

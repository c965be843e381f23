import assert from "node:assert/strict";
import { existsSync, readFileSync, readdirSync } from "node:fs";
import { dirname, join } from "node:path";
import { describe, it } from "node:test";
import { fileURLToPath } from "node:url";
import { generateDocs } from "../../scripts/generate-docs.mjs";
import { catalog } from "../../src/diagnostics/catalog.js";

const root = fileURLToPath(new URL("../../", import.meta.url));

describe("the generated documents", () => {
  it("are what `npm run generate docs` makes", async () => {
    const files: string[] = [];
    await generateDocs(root, (file, text) => {
      files.push(file);
      const same = existsSync(file) && readFileSync(file, "utf8") === text;
      assert.ok(same, `${file} is out of date: npm run generate docs`);
    });
    assert.equal(files.length, 3);
  });

  it("explain every diagnostic, and no other", () => {
    const text = readFileSync(join(root, "docs/diagnostics.md"), "utf8");
    const explained = [...text.matchAll(/^### (.*)$/gm)].map(([, code]) => code);
    assert.deepEqual(explained, Object.keys(catalog).sort());
  });

  it("give every diagnostic its cause, an example and a cure", () => {
    const text = readFileSync(join(root, "docs/diagnostics.md"), "utf8");
    for (const section of text.split(/^### /m).slice(1)) {
      for (const part of ["**Cause.** ", "**Example.**", "**Cure.** "]) {
        assert.ok(section.includes(part), `${section.split("\n")[0]} has no ${part}`);
      }
    }
  });
});

describe("the links of the documents", () => {
  const documents = ["README.md", "CHANGELOG.md", "proto/README.md"].concat(
    readdirSync(join(root, "docs"), { recursive: true })
      .map((file) => `docs/${String(file)}`)
      .filter((file) => file.endsWith(".md")),
  );

  for (const document of documents) {
    it(`of ${document} lead somewhere`, () => {
      const text = readFileSync(join(root, document), "utf8");
      for (const [, target = ""] of text.matchAll(/\]\(([^)\s]+)\)/g)) {
        if (/^[a-z]+:/.test(target)) continue;
        const [path = "", anchor] = target.split("#");
        const file = path === "" ? join(root, document) : join(root, dirname(document), path);
        assert.ok(existsSync(file), `${document}: ${target}`);
        if (anchor !== undefined) assert.ok(anchorsOf(file).has(anchor), `${document}: ${target}`);
      }
    });
  }
});

/** The anchors that GitHub gives the headings of a document. */
function anchorsOf(file: string): ReadonlySet<string> {
  const headings = readFileSync(file, "utf8").matchAll(/^#+ (.*)$/gm);
  return new Set(
    [...headings].map(([, text = ""]) =>
      text
        .toLowerCase()
        .replaceAll(/[^\p{L}\p{N} _-]/gu, "")
        .replaceAll(" ", "-"),
    ),
  );
}

// Writes the documents that are made from what the code knows: docs/cli.md from the commands' help,
// docs/diagnostics.md from the catalogue, docs/config-reference.md from schemas/.
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import prettier from "prettier";
import { commandsDocument } from "./docs/commands.mjs";
import { configDocument } from "./docs/config-reference.mjs";
import { diagnosticsDocument } from "./docs/diagnostics.mjs";

const documents = {
  "docs/cli.md": commandsDocument,
  "docs/config-reference.md": configDocument,
  "docs/diagnostics.md": diagnosticsDocument,
};

export async function generateDocs(root, write = writeFileSync) {
  for (const [path, make] of Object.entries(documents)) {
    const file = join(root, path);
    const style = await prettier.resolveConfig(file);
    await write(file, await prettier.format(make(root), { ...style, parser: "markdown" }));
  }
}

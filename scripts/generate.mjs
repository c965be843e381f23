// Rewrites generated files: `npm run generate [name …]`; without a name, all but `proto` (it needs Go).
import { dirname } from "node:path";
import { fileURLToPath } from "node:url";

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const generators = {
  proto: async () => (await import("./generate-proto.mjs")).generateProto(root),
  types: async () => (await import("./generate-types.mjs")).generateTypes(root),
  language: async () => (await import("./generate-language-types.mjs")).generateLanguageTypes(root),
  editor: async () => (await import("./generate-editor-schemas.mjs")).generateEditorSchemas(root),
  docs: async () => (await import("./generate-docs.mjs")).generateDocs(root),
};

const asked = process.argv.slice(2);
for (const name of asked.length > 0
  ? asked
  : Object.keys(generators).filter((n) => n !== "proto")) {
  const generate = generators[name];
  if (generate === undefined) {
    console.error(`no generator "${name}"; there are: ${Object.keys(generators).join(", ")}`);
    process.exit(2);
  }
  await generate();
  console.error(`generated: ${name}`);
}

// Bundles src/ into dist/: few files, for most of a start is finding and loading modules. What two entry
// points share lies in dist/chunks/, so that they share its classes; what is loaded late stays late. Packages
// stay outside. docs/decisions/start-up.md says why and what that saves.
import { build } from "esbuild";
import { readFileSync, readdirSync, rmSync } from "node:fs";
import { dirname, join, relative, sep } from "node:path";
import { fileURLToPath } from "node:url";

const root = dirname(dirname(fileURLToPath(import.meta.url)));

/** Modules that ask for their own address. */
const located = new Set();

/** Lets data that lie beside a module be found where they lie beside its type declarations. */
const keepAddresses = {
  name: "keep-addresses",
  setup({ onLoad }) {
    onLoad({ filter: /\.ts$/ }, ({ path }) => {
      const place = relative(join(root, "src"), path).replaceAll(sep, "/");
      const text = readFileSync(path, "utf8");
      if (!text.includes("import.meta.url")) return { contents: text, loader: "ts" };
      located.add(`src/${place}`);
      const address = `new URL("../${place.replace(/\.ts$/, ".js")}", import.meta.url).href`;
      return { contents: text.replaceAll("import.meta.url", address), loader: "ts" };
    });
  },
};

const { metafile } = await build({
  absWorkingDir: root,
  entryPoints: [
    "src/cli/main.ts",
    ...["src/index.ts", "src/plugin.ts", "src/client.ts"],
    // scripts/ensure.mjs calls it.
    "src/envoy-binary/ensure-envoy.ts",
  ],
  outbase: "src",
  outdir: "dist",
  chunkNames: "chunks/[name]-[hash]",
  bundle: true,
  splitting: true,
  packages: "external",
  format: "esm",
  platform: "node",
  target: "node20",
  plugins: [keepAddresses],
  sourcemap: "linked",
  sourcesContent: false,
  metafile: true,
  logLevel: "warning",
});

for (const [file, { inputs }] of Object.entries(metafile.outputs)) {
  const misplaced = Object.keys(inputs).find((input) => located.has(input));
  if (misplaced !== undefined && file.split("/").length !== 3) {
    throw new Error(`${misplaced} asks for its address, and would not find it in ${file}`);
  }
}

// What an earlier build has written and this one has not.
for (const name of readdirSync(join(root, "dist"), { recursive: true }).map(String)) {
  const file = `dist/${name.replaceAll(sep, "/")}`;
  if (/\.js(?:\.map)?$/.test(file) && metafile.outputs[file] === undefined)
    rmSync(join(root, file));
}

import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { pathToFileURL } from "node:url";
import { build } from "esbuild";
import { sourceStack } from "../../../src/app/source-stack.js";

describe("sourceStack()", () => {
  let folder: string;
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), "gloo-test-"));
    await writeFile(
      join(folder, "fail.ts"),
      "interface Longer {\n  readonly than: 'nothing';\n}\nexport const fail = (): Longer => {\n  throw new Error('on purpose');\n};\n",
    );
    await build({
      entryPoints: [join(folder, "fail.ts")],
      outdir: join(folder, "dist"),
      bundle: true,
      format: "esm",
      sourcemap: "linked",
      sourcesContent: false,
    });
  });
  after(() => rm(folder, { recursive: true, force: true }));

  /** As Node has it, without the loader of these tests, which reads maps itself. */
  function stackOf(file: string): string {
    const script = `const { fail } = await import(process.argv[1]);
      try { fail(); } catch (cause) { console.log(cause.stack); }`;
    const args = ["--input-type=module", "--eval", script, pathToFileURL(file).href];
    return spawnSync(process.execPath, args, { encoding: "utf8" }).stdout;
  }

  it("names the line of the source file", () => {
    const stack = stackOf(join(folder, "dist", "fail.js"));
    assert.match(stack, /fail\.js:\d+:\d+/);
    const source = pathToFileURL(join(folder, "fail.ts")).href;
    const mapped = sourceStack(stack);
    assert.ok(mapped.includes(`${source}:5:9`), mapped);
    assert.doesNotMatch(mapped, /fail\.js/);
    assert.equal(sourceStack(stack), mapped);
  });

  it("keeps places of files without a map, and what is no place", () => {
    const stack = `Error: x\n    at f (file:///no/such/file.js:1:2)\n    at node:internal/x:3:4`;
    assert.equal(sourceStack(stack), stack);
  });

  it("keeps a stack whose map is broken", async () => {
    const file = join(folder, "broken.js");
    await writeFile(`${file}.map`, "{");
    const stack = `Error: x\n    at f (${pathToFileURL(file).href}:1:2)`;
    assert.equal(sourceStack(stack), stack);
  });
});

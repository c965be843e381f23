import assert from "node:assert/strict";
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";

/** Whether golden files are to be written anew. CI never sets this. */
export const updatesGolden = process.env["UPDATE_GOLDEN"] === "1";

/** Compares with a checked-in file; undefined: there must be none. `UPDATE_GOLDEN=1` rewrites it. */
export function expectGolden(file: URL, actual: string | undefined): void {
  if (updatesGolden) {
    if (actual === undefined) {
      rmSync(file, { force: true });
      return;
    }
    mkdirSync(new URL(".", file), { recursive: true });
    writeFileSync(file, actual);
    return;
  }
  const expected = existsSync(file) ? readFileSync(file, "utf8") : undefined;
  const hint = `${file.pathname} differs; look at it, and run with UPDATE_GOLDEN=1 if it should`;
  if (expected !== actual) assert.equal(actual, expected, `${hint}\n${diffHint(expected, actual)}`);
}

/** The first line that differs. */
function diffHint(expected = "", actual = ""): string {
  const wanted = expected.split("\n");
  const found = actual.split("\n");
  const line = found.findIndex((text, index) => text !== wanted[index]);
  const at = line < 0 ? found.length : line;
  return `line ${at + 1}:\n  golden: ${wanted[at] ?? "(end)"}\n  actual: ${found[at] ?? "(end)"}`;
}

import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { describe, it } from "node:test";
import { commandReference } from "../../support/command-reference.js";
import { listSettings } from "../../../src/app/setting-infos.js";
import { createProgram } from "../../../src/cli/program.js";
import { recordingIo } from "../../support/recording-io.js";

const file = new URL("../../../docs/cli.md", import.meta.url);

describe("docs/cli.md", () => {
  const program = createProgram(recordingIo(), () => undefined);

  it("is what the commands' help says (UPDATE_GOLDEN=1 rewrites it)", () => {
    const text = commandReference(program);
    if (process.env["UPDATE_GOLDEN"] === "1") writeFileSync(file, text);
    assert.equal(readFileSync(file, "utf8"), text);
  });

  it("shows examples and exit codes for every command", () => {
    const [, ...sections] = commandReference(program).split("\n## gloo ");
    assert.equal(sections.length, program.commands.length);
    for (const section of sections) {
      assert.match(section, /\nExamples:\n {2}# /);
      assert.match(section, /\nExit codes:\n {2}0 {2}/);
    }
  });

  it("names the ports that `gloo serve` listens on by default", () => {
    const port = (name: string): unknown =>
      listSettings().find((setting) => setting.name === name)?.default;
    const text = commandReference(program);
    assert.ok(text.includes(`(default: 127.0.0.1:${String(port("xds_port"))})`));
    assert.ok(text.includes(`(default: "http://127.0.0.1:${String(port("admin_port"))}")`));
  });
});

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { describe, it } from "node:test";
import { listSettings } from "../../../src/app/setting-infos.js";
import { createProgram } from "../../../src/cli/program.js";
import { recordingIo } from "../../support/recording-io.js";

// docs/cli.md is the commands' help, word for word: test/unit/docs.test.ts.
const reference = readFileSync(new URL("../../../docs/cli.md", import.meta.url), "utf8");

describe("every command", () => {
  const program = createProgram(recordingIo(), () => undefined);

  it("has examples and exit codes in its help", () => {
    const [, ...sections] = reference.split("\n## gloo ");
    assert.equal(sections.length, program.commands.length);
    for (const section of sections) {
      assert.match(section, /\nExamples:\n {2}# /);
      assert.match(section, /\nExit codes:\n {2}0 {2}/);
    }
  });

  it("has examples that are commands of gloo, with options that it has", () => {
    for (const command of program.commands) {
      const section = reference.split(`\n## gloo ${command.name()}\n`)[1]?.split("\n## ")[0] ?? "";
      const examples = section.split("\nExamples:\n")[1]?.split("\nExit codes:")[0] ?? "";
      const calls = [...examples.matchAll(/gloo ([a-z]+)([^|&>)\n]*)/g)];
      assert.ok(calls.length > 0, command.name());
      for (const [, name = "", rest = ""] of calls) {
        const called = program.commands.find((one) => one.name() === name);
        assert.ok(called, `gloo ${name}`);
        for (const [flag] of rest.matchAll(/--[a-z-]+/g)) {
          const known = [...called.options, ...program.options].map(({ long }) => long);
          assert.ok(known.includes(flag), `gloo ${name} ${flag}`);
        }
      }
    }
  });

  it("names the ports that `gloo serve` listens on by default", () => {
    const port = (name: string): unknown =>
      listSettings().find((setting) => setting.name === name)?.default;
    assert.ok(reference.includes(`(default: 127.0.0.1:${String(port("xds_port"))})`));
    assert.ok(reference.includes(`(default: "http://127.0.0.1:${String(port("admin_port"))}")`));
  });
});

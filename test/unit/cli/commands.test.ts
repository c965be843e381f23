import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { describe, it } from "node:test";
import type { Command } from "commander";
import { listSettings } from "../../../src/app/setting-infos.js";
import { allCommands, createProgram } from "../../../src/cli/program.js";
import { recordingIo } from "../../support/recording-io.js";

// docs/cli.md is the commands' help, word for word: test/unit/docs.test.ts.
const reference = readFileSync(new URL("../../../docs/cli.md", import.meta.url), "utf8");

describe("every command", () => {
  const program = createProgram(recordingIo(), () => undefined);
  const commands = allCommands(program).slice(1);

  it("has examples and exit codes in its help", () => {
    const [, ...sections] = reference.split("\n## gloo ");
    assert.equal(sections.length, commands.length);
    for (const section of sections) {
      assert.match(section, /\nExamples:\n {2}# /);
      assert.match(section, /\nExit codes:\n {2}0 {2}/);
    }
  });

  it("has examples that are commands of gloo, with options that it has", () => {
    for (const command of commands) {
      const section = reference.split(`\n## ${nameOf(command)}\n`)[1]?.split("\n## ")[0] ?? "";
      const examples = section.split("\nExamples:\n")[1]?.split("\nExit codes:")[0] ?? "";
      const calls = [...examples.matchAll(/gloo ([a-z]+)([^|&>)\n]*)/g)];
      assert.ok(calls.length > 0, command.name());
      for (const [call, name = "", rest = ""] of calls) {
        let called = program;
        for (const word of [name, ...rest.trim().split(" ")]) {
          const inner = commandNamed(called, word);
          if (inner === undefined) break;
          called = inner;
        }
        assert.notEqual(called, program, call);
        // What follows `--` is for another program.
        const [own = ""] = rest.split(" -- ");
        for (const [flag] of own.matchAll(/--[a-z-]+/g)) {
          const known = [...called.options, ...program.options].map(({ long }) => long);
          assert.ok(known.includes(flag), `${call}: ${flag}`);
        }
      }
    }
  });

  it("prints JSON if it prints data", () => {
    // They run until they are stopped, or print what is no data.
    const others = ["serve", "bridge", "demo", "completion"];
    const without = commands
      .filter(({ commands: below }) => below.length === 0)
      .filter(({ options }) => !options.some(({ long }) => long === "--json"))
      .map((command) => command.name());
    assert.deepEqual(without.sort(), others.sort());
  });

  it("names the ports that `gloo serve` listens on by default", () => {
    const port = (name: string): unknown =>
      listSettings().find((setting) => setting.name === name)?.default;
    assert.ok(reference.includes(`(default: 127.0.0.1:${String(port("xds_port"))})`));
    assert.ok(reference.includes(`(default: "http://127.0.0.1:${String(port("admin_port"))}")`));
  });
});

function commandNamed(outer: Command, name: string): Command | undefined {
  return outer.commands.find((one) => one.name() === name);
}

/** As it is called: `gloo import openapi`. */
function nameOf(command: Command): string {
  return command.parent === null ? command.name() : `${nameOf(command.parent)} ${command.name()}`;
}

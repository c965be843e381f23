import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { runProgram } from "../../../src/cli/program.js";
import { recordingIo } from "../../support/recording-io.js";

describe("runProgram()", () => {
  it("says that a bug is one, and ends with 2, also where it is in the making of commands", async () => {
    const io = recordingIo();
    // What `--help` asks of the terminal fails while commands are made.
    const broken = {
      ...io,
      get style(): never {
        throw new Error("no style today");
      },
    };
    const code = await runProgram(["check", "--help"], broken);
    assert.equal(code, 2);
    assert.match(
      io.err(),
      /^gloo: this is a bug in gloo, not in your config; please report it:\nError: no style today/,
    );
  });

  it("ends with 2 for what is no command, and says what there is", async () => {
    const io = recordingIo();
    assert.equal(await runProgram(["chek"], io), 2);
    assert.match(io.err(), /unknown command 'chek'\n\(Did you mean check\?\)/);
  });
});

import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, it } from "node:test";
import { runCommand } from "../../support/run-program.js";
import { testedConfig, writeFiles } from "../../support/tested-config.js";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "gloo-test-"));
  writeFiles(folder, testedConfig);
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const test = (...args: readonly string[]) => runCommand(["test", ...args], { cwd: folder });

const failing = `tests:
  - name: dogs go to the vet
    request: { url: "http://pets.example/dogs" }
    expect:
      upstream: vet
`;

describe("gloo test", () => {
  it("passes where every route does what is expected", async () => {
    const { code, stdout, stderr } = await test();
    assert.deepEqual({ code, stderr }, { code: 0, stderr: "" }, stdout);
    assert.equal(stdout, "5 tests, all passed\n");
  });

  it("lists what passed, on demand, and runs only what a filter chooses", async () => {
    const { code, stdout } = await test("--verbose", "--filter", "DOGS");
    assert.equal(code, 0);
    assert.deepEqual(stdout.split("\n"), [
      'pass tests/pets.yaml:2: dogs go to the kennel: a call of "kennel"',
      'pass tests/pets.yaml:11: dogs are not deleted: no route: no route of virtual service "pets" matches',
      "2 tests, all passed",
      "",
    ]);
  });

  it("ends with 2 for a filter that chooses nothing", async () => {
    const { code, stderr } = await test("--filter", "cats");
    assert.equal(code, 2);
    assert.equal(stderr, 'gloo: no test has "cats" in its name or the path of its file\n');
  });

  it("says of a failure what was got, and where the route stands that answers", async () => {
    writeFiles(folder, { "tests/failing.yaml": failing });
    const { code, stdout } = await test();
    assert.equal(code, 1);
    assert.deepEqual(stdout.split("\n"), [
      "FAIL tests/failing.yaml:2: dogs go to the vet",
      '  tests/failing.yaml:5:17: error test/failed: test "dogs go to the vet": the upstream is "kennel", not "vet"; route 0 of virtual service "pets" answers',
      "    hint: correct the route, or the test if it is out of date; `gloo explain` says why a route does not match",
      "    virtualservices/pets.yaml:4:5: the route that answers",
      "1 of 6 tests failed",
      "",
    ]);
  });

  it("keeps a commit with a failing test from passing gloo check", async () => {
    writeFiles(folder, { "teams/a/tests/failing.yaml": failing });
    const { code, stdout } = await runCommand(["check", "--no-envoy"], { cwd: folder });
    assert.equal(code, 1);
    assert.match(stdout, /^teams\/a\/tests\/failing\.yaml:5:17: error test\/failed: /);
  });

  it("takes no notice of tests that gloo.yaml ignores", async () => {
    writeFiles(folder, { "old/tests/failing.yaml": failing, "gloo.yaml": "ignore: [old/**]\n" });
    assert.equal((await test()).code, 0);
  });

  it("runs nothing of a config with errors", async () => {
    writeFiles(folder, { "upstreams/broken.yaml": "name: broken\ntype: statik\nspec: {}\n" });
    const { code, stdout } = await test();
    assert.equal(code, 1);
    assert.match(stdout, /\nthe config has errors; no test has run\n$/);
  });

  it("says the same as JSON and as a JUnit report", async () => {
    writeFiles(folder, { "tests/failing.yaml": failing });
    const json = await test("--format", "json");
    const report = JSON.parse(json.stdout) as {
      readonly ok: boolean;
      readonly passed: number;
      readonly failed: number;
      readonly tests: readonly { readonly name: string; readonly answer?: unknown }[];
    };
    assert.deepEqual([json.code, report.ok, report.passed, report.failed], [1, false, 5, 1]);
    assert.deepEqual(report.tests[0]?.answer, {
      virtual_service: "pets",
      route: 0,
      location: { file: "virtualservices/pets.yaml", line: 4, column: 5 },
    });
    const junit = await test("--format", "junit");
    assert.match(junit.stdout, /<testsuite name="gloo test" tests="6" failures="1" errors="0">/);
    assert.match(
      junit.stdout,
      /<testcase classname="tests\/failing.yaml" name="dogs go to the vet">/,
    );
  });

  it("says where tests would be if there are none", async () => {
    rmSync(join(folder, "tests"), { recursive: true });
    const { code, stdout } = await test();
    assert.equal(code, 0);
    assert.equal(stdout, "there are no tests: files below a folder named tests\n");
  });
});

import assert from "node:assert/strict";
import { existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, describe, it } from "node:test";
import { fileURLToPath } from "node:url";
import {
  importApi,
  type ImportOptions,
  type ImportResult,
} from "../../../../../src/cli/import/openapi/import-api.js";
import { createLoader } from "../../../../../src/cli/import/openapi/load-document.js";
import { formatProblems } from "../../../../../src/cli/import/openapi/problems.js";
import { expectGolden } from "../../../../support/golden.js";
import { recordingIo } from "../../../../support/recording-io.js";

const fixtures = new URL("../../../../fixtures/openapi/", import.meta.url);

async function importIn(
  cwd: string,
  file: string,
  options: ImportOptions = {},
): Promise<ImportResult> {
  return importApi(file, options, createLoader({ remoteRefs: false }, recordingIo({ cwd })));
}

describe("importApi()", () => {
  for (const name of readdirSync(fixtures)) {
    const folder = new URL(`${name}/`, fixtures);
    const file = ["in.yaml", "in.json"].find((one) => existsSync(new URL(one, folder)));

    it(`makes of ${name} what its golden files say, twice alike`, async () => {
      assert.ok(file, `no document in ${name}`);
      const first = await importIn(fileURLToPath(folder), file);
      assert.ok(first.made, formatProblems(first.problems));
      const problems = formatProblems(first.problems);
      expectGolden(new URL("out/upstream.yaml", folder), first.made.text);
      expectGolden(new URL("out/problems.txt", folder), problems === "" ? undefined : problems);
      assert.deepEqual(await importIn(fileURLToPath(folder), file), first);
    });
  }
});

describe("importApi(), of documents with mistakes", () => {
  const folder = mkdtempSync(join(tmpdir(), "gloo-test-"));
  after(() => rmSync(folder, { recursive: true, force: true }));
  const server: ImportOptions = {
    server: { host: "10.0.0.7", port: 80, tls: false, basePath: "" },
  };
  const operation = (text: string): string =>
    `openapi: 3.0.0\npaths:\n  /pets:\n    get:\n      ${text}\n`;

  for (const [what, text, problem] of [
    ["no version", "info: {}", "1:1: error: this is not an OpenAPI document: it has neither"],
    ["an old version", 'swagger: "1.2"', "1:1: error: version 1.2 of the format is not known"],
    ["a list", "[]", "1:1: error: this is not an OpenAPI document"],
    ["no operation", "openapi: 3.0.0\npaths: {}", "1:1: error: there is no operation"],
    [
      "a reference that leads nowhere",
      operation('parameters: [{ $ref: "#/components/parameters/x" }]'),
      '5:20: error: there is no "#/components/parameters/x"',
    ],
    [
      "a reference to itself",
      operation('requestBody: { $ref: "#/paths/~1pets/get/requestBody" }'),
      "5:20: error: the reference leads on and on",
    ],
    [
      "a reference by an anchor",
      operation('requestBody: { $ref: "#body" }'),
      '5:20: error: "#body" does not name its target by a path',
    ],
    [
      "a reference that is not one",
      operation('requestBody: { $ref: "http://[" }'),
      '5:20: error: "http://[" is not a reference',
    ],
    [
      "a reference to another host",
      operation('requestBody: { $ref: "https://example.com/a.yaml?key=secret#/a" }'),
      '5:20: error: the reference cannot be followed: "https://example.com/a.yaml" is elsewhere',
    ],
    [
      "a reference to a file elsewhere",
      operation('requestBody: { $ref: "/etc/passwd" }'),
      '5:20: error: the reference cannot be followed: "/etc/passwd" is not in',
    ],
    [
      "a reference to no file",
      operation("requestBody: { $ref: nowhere.yaml }"),
      "5:20: error: the reference cannot be followed: there is no such file",
    ],
    [
      "a path that leads to another one",
      "openapi: 3.0.0\npaths:\n  /a/../b:\n    get: { responses: {} }\n",
      '4:10: error: what it comes to is not accepted: "/../" leads to another path',
    ],
  ] as const) {
    it(`reports ${what}, with its place`, async () => {
      writeFileSync(join(folder, "in.yaml"), text);
      const { made, problems } = await importIn(folder, "in.yaml", server);
      assert.equal(made, undefined);
      const [first = ""] = formatProblems(problems).split("\n");
      assert.ok(first.startsWith(`in.yaml:${problem}`), first);
      assert.equal(problems.length, 1);
    });
  }

  for (const [what, text, message] of [
    ["YAML that is none", "openapi: [", "in.yaml:1:11: "],
    ["JSON that is none", '{"openapi": }', "in.yaml:1:13: "],
    ["a key twice", "openapi: 3.0.0\nopenapi: 3.0.1", "in.yaml:2:1: "],
    ["endless aliases", "a: &a [*a]", "in.yaml:1:"],
    ["two documents", "a: 1\n---\nb: 2", '"in.yaml" holds 2 documents, not one'],
    ["nothing", "", '"in.yaml" holds 0 documents, not one'],
  ] as const) {
    it(`refuses ${what}`, async () => {
      writeFileSync(join(folder, "in.yaml"), text);
      await assert.rejects(importIn(folder, "in.yaml", server), (error: Error) => {
        assert.equal(error.name, "CommandError");
        assert.ok(error.message.startsWith(message), error.message);
        return true;
      });
    });
  }

  it("asks for a server where the document names none", async () => {
    writeFileSync(join(folder, "in.yaml"), operation("responses: {}"));
    await assert.rejects(importIn(folder, "in.yaml"), /give --server http:\/\/HOST:PORT/);
    const { made } = await importIn(folder, "in.yaml", server);
    assert.deepEqual(made?.upstream.spec, { hosts: [{ addr: "10.0.0.7", port: 80 }] });
  });

  it("leaves out, with a warning, what would be too much for a template", async () => {
    const parameters = Array.from({ length: 60 }, (_, index) => {
      return `{ name: list${index}, in: query, schema: { type: array, items: {} } }`;
    });
    const fields = Array.from({ length: 400 }, (_, index) => `f${index}: { type: string }`);
    const schema = `{ type: object, required: [f0], properties: { ${fields.join(", ")} } }`;
    const body = `{ content: { application/json: { schema: ${schema} } } }`;
    writeFileSync(
      join(folder, "in.yaml"),
      operation(`parameters: [${parameters.join(", ")}]\n      requestBody: ${body}`),
    );
    const { made, problems } = await importIn(folder, "in.yaml", server);
    assert.equal(made?.upstream.functions?.[0]?.spec?.["body"], undefined);
    assert.match(formatProblems(problems), /body is passed on .* too many fields/);
    assert.match(formatProblems(problems), /the parameters "list\d+", .*"list59" are left out/);
  });

  it("reads schemas that multiply at every level in bounded time", async () => {
    const levels = Array.from({ length: 40 }, (_, level) => {
      const next = `{ $ref: "#/definitions/l${level + 1}" }`;
      return `  l${level}: { allOf: [${next}, ${next}], properties: { p: ${next} } }`;
    });
    const body = '{ name: b, in: body, schema: { $ref: "#/definitions/l0" } }';
    writeFileSync(
      join(folder, "in.yaml"),
      `swagger: "2.0"\npaths: { /a: { post: { parameters: [${body}] } } }\n` +
        `definitions:\n${levels.join("\n")}\n  l40: { properties: { end: { type: string } } }\n`,
    );
    const { made } = await importIn(folder, "in.yaml", server);
    assert.equal(made?.upstream.functions?.length, 1);
  });
});

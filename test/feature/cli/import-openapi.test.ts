import assert from "node:assert/strict";
import { once } from "node:events";
import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, afterEach, before, beforeEach, describe, it } from "node:test";
import { fileURLToPath } from "node:url";
import { load } from "js-yaml";
import { buildOnce } from "../../../src/app/build-once.js";
import type { Upstream } from "../../../src/model/upstream.js";
import { runCommand } from "../../support/run-program.js";
import { treeOf } from "../../support/tree.js";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "gloo-test-"));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const importIn = (...args: readonly string[]) =>
  runCommand(["import", "openapi", ...args], { cwd: folder });

const pets = `openapi: 3.0.0
info: { title: Pets, version: "1" }
servers: [{ url: "http://127.0.0.1:9080/api" }]
paths:
  /pets:
    get: { operationId: list, responses: {} }
`;

function write(path: string, text: string): void {
  mkdirSync(join(folder, path, ".."), { recursive: true });
  writeFileSync(join(folder, path), text);
}

describe("gloo import openapi", () => {
  it("prints an upstream that `gloo check` accepts, with comments", async () => {
    write("in.yaml", pets);
    const { code, stdout, stderr } = await importIn("in.yaml");
    assert.deepEqual({ code, stderr }, { code: 0, stderr: "" });
    assert.match(
      stdout,
      /^# Made by `gloo import openapi` from in\.yaml \(OpenAPI 3\.0\.0\): Pets 1\.\n/,
    );
    assert.deepEqual(load(stdout), {
      name: "pets",
      type: "static",
      spec: { hosts: [{ addr: "127.0.0.1", port: 9080 }] },
      service_info: { type: "REST" },
      functions: [
        { name: "list", spec: { path: "/api/pets", headers: { ":method": "GET" }, body: "" } },
      ],
    });
  });

  it("writes it below a folder, again if it made it, and nothing else", async () => {
    write("in.yaml", pets);
    for (const version of ["1", "2", "2"]) {
      write("in.yaml", pets.replace('"1"', `"${version}"`));
      const { code, stdout } = await importIn("in.yaml", "--out", "config", "--name", "my-pets");
      assert.deepEqual(
        { code, stdout },
        { code: 0, stdout: "upstreams/my-pets.yaml: 1 function\n" },
      );
    }
    const written = readFileSync(join(folder, "config/upstreams/my-pets.yaml"), "utf8");
    assert.match(written, /Pets 2\./);
    const check = await runCommand(["check", "config", "--no-envoy", "--strict"], { cwd: folder });
    assert.deepEqual([check.code, check.stdout], [0, "1 file, nothing wrong\n"]);
    write("config/upstreams/my-pets.yaml", "# by hand\n");
    const { code, stderr } = await importIn("in.yaml", "--out", "config", "--name", "my-pets");
    assert.equal(code, 2);
    assert.match(stderr, /my-pets\.yaml" was not made by an import/);
    assert.equal(
      readFileSync(join(folder, "config/upstreams/my-pets.yaml"), "utf8"),
      "# by hand\n",
    );
  });

  it("makes of the example in the documents what stands there", async () => {
    const page = readFileSync(
      new URL("../../../docs/functions/openapi.md", import.meta.url),
      "utf8",
    );
    const [document = "", upstream] = [...page.matchAll(/^```yaml\n([^]*?)^```$/gm)].map(
      ([, text]) => text ?? "",
    );
    write("petstore.yaml", document);
    const { code, stdout, stderr } = await importIn("petstore.yaml");
    assert.deepEqual({ code, stderr, stdout }, { code: 0, stderr: "", stdout: upstream });
  });

  it("says everything as JSON too", async () => {
    write("in.yaml", `${pets}  wrong: {}\n`);
    const { code, stdout, stderr } = await importIn("in.yaml", "--json");
    assert.deepEqual({ code, stderr }, { code: 0, stderr: "" });
    const { ok, file, upstream, problems } = JSON.parse(stdout) as Record<string, unknown>;
    assert.deepEqual({ ok, file }, { ok: true, file: null });
    assert.equal((upstream as Upstream).functions?.length, 1);
    assert.deepEqual(problems, [
      {
        severity: "warning",
        message: 'the path "wrong" is left out: it does not begin with "/"',
        pointer: "/paths/wrong",
        location: { file: "in.yaml", line: 7, column: 10 },
      },
    ]);
  });

  it("lists warnings on stderr, and ends with 1 and nothing else for errors", async () => {
    write("in.yaml", `${pets}  wrong: {}\n`);
    const warned = await importIn("in.yaml");
    assert.equal(warned.code, 0);
    assert.match(warned.stderr, /^in\.yaml:7:10: warning: the path "wrong" is left out/);
    write("in.yaml", `${pets}    post: { requestBody: { $ref: "#/nowhere" } }\n`);
    const failed = await importIn("in.yaml", "--out", "config");
    assert.deepEqual([failed.code, failed.stdout], [1, ""]);
    assert.equal(failed.stderr, 'in.yaml:7:26: error: there is no "#/nowhere"\n');
    assert.deepEqual(readdirSync(folder), ["in.yaml"]);
    const json = await importIn("in.yaml", "--json");
    assert.deepEqual([json.code, (JSON.parse(json.stdout) as { ok: boolean }).ok], [1, false]);
  });

  for (const [what, args, message] of [
    ["no such file", ["none.yaml"], /^gloo: .*no such file.*\n$/],
    ["a folder", ["."], /^gloo: "\." is not a file\n$/],
    ["an odd name", ["in.yaml", "--name", "Pets!"], /--name "Pets!" is no name/],
    [
      "an odd server",
      ["in.yaml", "--server", "ftp://x"],
      /--server "ftp:\/\/x" is no http\(s\) URL/,
    ],
    ["another scheme", ["ftp://x/y"], /neither a file nor an http\(s\) URL/],
    ["a password in a URL", ["http://u:secret@127.0.0.1/"], /^gloo: the URL holds a password/],
    ["nothing", [], /missing required argument 'where'/],
  ] as const) {
    it(`ends with 2 for ${what}`, async () => {
      write("in.yaml", pets);
      const { code, stdout, stderr } = await importIn(...args);
      assert.deepEqual({ code, stdout }, { code: 2, stdout: "" });
      assert.match(stderr, message);
      assert.doesNotMatch(stderr, /secret/);
    });
  }

  it("reads files that references lead to, but none elsewhere", async () => {
    const refer = (to: string): string =>
      `${pets}    post: { requestBody: { $ref: "${to}#/a" } }\n`;
    write("apis/common.yaml", "a: { content: { application/json: {} } }\n");
    write("apis/pets/near.yaml", "a: { content: { application/json: {} } }\n");
    write("apis/pets/in.yaml", refer("near.yaml"));
    assert.equal((await importIn("apis/pets/in.yaml")).code, 0);
    write("apis/pets/in.yaml", refer("../common.yaml"));
    const { code, stderr } = await importIn("apis/pets/in.yaml");
    assert.equal(code, 1);
    assert.match(stderr, /common\.yaml" is not in apis\/pets \(--ref-root allows more\)\n$/);
    assert.equal((await importIn("apis/pets/in.yaml", "--ref-root", "apis")).code, 0);
    symlinkSync("../common.yaml", join(folder, "apis/pets/link.yaml"));
    write("apis/pets/in.yaml", refer("link.yaml"));
    assert.equal((await importIn("apis/pets/in.yaml")).code, 1);
  });
});

describe("gloo import openapi, of a URL", () => {
  let server: Server;
  let base: string;
  let asked: string[];
  let documents: Readonly<Record<string, string>>;
  before(async () => {
    server = createServer((request, response) => {
      asked.push(request.url ?? "");
      const text = documents[request.url ?? ""];
      response.writeHead(text === undefined ? 404 : 200).end(text);
    });
    await once(server.listen(0, "127.0.0.1"), "listening");
    base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  });
  beforeEach(() => {
    asked = [];
  });
  after(() => {
    server.closeAllConnections();
    server.close();
  });

  it("takes the API to be served there, if the document does not say", async () => {
    const text = pets.replace(/^servers.*$/m, "servers: [{ url: ../api }]");
    documents = { "/v1/openapi.yaml?token=secret": text };
    const { code, stdout, stderr } = await importIn(`${base}/v1/openapi.yaml?token=secret`);
    assert.deepEqual([code, stderr], [0, ""]);
    const { spec, functions } = load(stdout) as Upstream;
    assert.deepEqual(spec, { hosts: [{ addr: "127.0.0.1", port: Number(new URL(base).port) }] });
    assert.equal(functions?.[0]?.spec?.["path"], "/api/pets");
    assert.doesNotMatch(stdout, /secret/);
  });

  it("follows references to URLs only if asked to, and never to files", async () => {
    write("near.yaml", "a: { content: { application/json: {} } }\n");
    const refer = (to: string): string =>
      `${pets}    post: { requestBody: { $ref: "${to}#/a" } }\n`;
    documents = {
      "/in.yaml": refer("more.yaml"),
      "/more.yaml": "a: { content: { application/json: {} } }\n",
      "/file.yaml": refer(`file://${folder}/near.yaml`),
    };
    const refused = await importIn(`${base}/in.yaml`);
    assert.equal(refused.code, 1);
    assert.match(
      refused.stderr,
      /more\.yaml" is elsewhere, and only read with --allow-remote-refs/,
    );
    assert.deepEqual(asked, ["/in.yaml"]);
    assert.equal((await importIn(`${base}/in.yaml`, "--allow-remote-refs")).code, 0);
    const file = await importIn(`${base}/file.yaml`, "--allow-remote-refs");
    assert.equal(file.code, 1);
    assert.match(file.stderr, /is not read: it is neither near nor an http\(s\) URL/);
  });

  it("ends with 2 if nothing answers", async () => {
    documents = {};
    const { code, stderr } = await importIn(`${base}/none.yaml`);
    assert.deepEqual([code, stderr], [2, `gloo: ${base}/none.yaml answers 404\n`]);
    const gone = createServer();
    await once(gone.listen(0, "127.0.0.1"), "listening");
    const { port } = gone.address() as AddressInfo;
    gone.close();
    await once(gone, "close");
    const refused = await importIn(`http://127.0.0.1:${port}/`);
    assert.deepEqual(
      [refused.code, refused.stderr],
      [2, `gloo: http://127.0.0.1:${port}/: ECONNREFUSED\n`],
    );
  });
});

describe("documents of public APIs", () => {
  const examples = fileURLToPath(
    new URL("../../../node_modules/@readme/oas-examples/", import.meta.url),
  );
  const documents = readdirSync(examples, { recursive: true })
    .map(String)
    .filter((name) => /^[23]\.[01]\/(?:json|yaml)\/.*\.(?:json|yaml)$/.test(name))
    // They hold no operations: nothing in them could be a function.
    .filter((name) => !/title\.json$|webhooks\.(?:json|yaml)$/.test(name))
    .sort();

  it("are many, of each version", () => {
    const count = (version: string): number =>
      documents.filter((name) => name.startsWith(version)).length;
    assert.ok(count("2.0") >= 10 && count("3.0") >= 60 && count("3.1") >= 15, documents.join(" "));
  });

  for (const document of documents) {
    it(`${document} is imported, and accepted without a complaint`, async () => {
      const server = ["--server", "https://api.example.com/base"];
      const { code, stdout, stderr } = await importIn(join(examples, document), ...server);
      assert.equal(code, 0, stderr);
      assert.doesNotMatch(stderr, /: error: /);
      const { functions = [] } = load(stdout) as Upstream;
      assert.ok(functions.length > 0);
      const { diagnostics } = await buildOnce(treeOf({ "upstreams/api.yaml": stdout }), {});
      assert.deepEqual(diagnostics, []);
    });
  }
});

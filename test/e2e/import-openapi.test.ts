import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { fileURLToPath } from "node:url";
import type { JsonObject } from "../../src/lib/json.js";
import { builtinPlugins } from "../../src/plugins/index.js";
import {
  startFunctionGateway,
  type FunctionGateway,
  type Received,
} from "../support/function-gateway.js";
import { runCommand } from "../support/run-program.js";

const examples = fileURLToPath(
  new URL("../../node_modules/@readme/oas-examples/", import.meta.url),
);
const fixtures = fileURLToPath(new URL("../fixtures/openapi/", import.meta.url));

let gateway: FunctionGateway;
let folder: string;
before(async () => {
  folder = mkdtempSync(join(tmpdir(), "gloo-test-"));
  gateway = await startFunctionGateway(builtinPlugins);
});
after(async () => {
  rmSync(folder, { recursive: true, force: true });
  await gateway.close();
});

/** Imports a document for the back end of the gateway, and gives the file of the upstream. */
async function importDocument(file: string, name: string, basePath = ""): Promise<string> {
  const server = `http://127.0.0.1:${gateway.backendPort}${basePath}`;
  const args = ["import", "openapi", file, "--name", name, "--server", server, "--out", folder];
  const { code, stderr } = await runCommand(args);
  assert.equal(code, 0, stderr);
  return readFileSync(join(folder, `upstreams/${name}.yaml`), "utf8");
}

const json = { "content-type": "application/json" };
const to = (function_name: string, upstream_name: string): JsonObject => ({
  single_destination: { function: { upstream_name, function_name } },
});

describe("the pet store, imported", () => {
  before(async () => {
    const upstream = await importDocument(`${examples}2.0/json/petstore.json`, "petstore", "/v2");
    const route = (matcher: JsonObject, name: string, parameters?: JsonObject): JsonObject => ({
      request_matcher: matcher,
      ...to(name, "petstore"),
      ...(parameters && { extensions: { parameters } }),
    });
    const routes = [
      route({ path_exact: "/pets", verbs: ["POST"] }, "addPet"),
      route({ path_exact: "/pets", verbs: ["GET"] }, "findPetsByStatus", {
        query: { state: "{status}" },
      }),
      route({ path_regex: "/pets/[^/]+/photo", verbs: ["POST"] }, "uploadFile", {
        path: "/pets/{petId}/photo",
      }),
      route({ path_prefix: "/pets/", verbs: ["GET"] }, "getPetById", { path: "/pets/{petId}" }),
      route({ path_prefix: "/pets/", verbs: ["DELETE"] }, "deletePet", { path: "/pets/{petId}" }),
      route({ path_prefix: "/rename/" }, "updatePetWithForm", {
        path: "/rename/{petId}/{name}",
      }),
      route({ path_exact: "/orders" }, "placeOrder"),
    ];
    await gateway.publish({
      "upstreams/petstore.yaml": upstream,
      "virtualservices/petstore.json": JSON.stringify({ name: "petstore", routes }),
    });
  });

  it("gets what a path names", async () => {
    const { method, path, body } = await gateway.deliver({ path: "/pets/a%20b" });
    assert.deepEqual([method, path, body.length], ["GET", "/v2/pet/a%20b", 0]);
  });

  it("finds by a parameter of the query, whatever it is called here", async () => {
    const { method, path } = await gateway.deliver({ path: "/pets?state=sold%20out&x=1" });
    assert.deepEqual([method, path], ["GET", "/v2/pet/findByStatus?status=sold%20out"]);
  });

  it("sends a body without what is missing, and numbers as they came", async () => {
    const got = await gateway.deliver({
      method: "POST",
      path: "/pets",
      headers: json,
      body: '{"photoUrls": ["a\\"b"], "name": "007", "id": 12345678901234567890, "color": "red"}',
    });
    assert.deepEqual([got.method, got.path], ["POST", "/v2/pet"]);
    assert.equal(got.headers["content-type"], "application/json");
    assert.equal(
      got.body.toString().replaceAll(/\s/g, ""),
      '{"id":12345678901234567890,"name":"007","photoUrls":["a\\"b"]}',
    );
  });

  it("refuses a body without what has to be there", async () => {
    const sent = { method: "POST", path: "/pets", headers: json, body: '{"name": "Rex"}' };
    const { status, text } = await gateway.send(sent);
    assert.deepEqual([status, text], [400, 'bad request: no value for "photoUrls"\n']);
  });

  it("sends a form", async () => {
    const got = await gateway.deliver({ path: "/rename/7/Rex%26Co" });
    assert.deepEqual([got.method, got.path], ["POST", "/v2/pet/7"]);
    assert.equal(got.headers["content-type"], "application/x-www-form-urlencoded");
    assert.equal(got.body.toString(), "name=Rex%26Co");
  });

  it("lets optional headers through", async () => {
    const headers = { api_key: "k1" };
    const got = await gateway.deliver({ method: "DELETE", path: "/pets/7", headers });
    assert.deepEqual([got.method, got.path, got.headers["api_key"]], ["DELETE", "/v2/pet/7", "k1"]);
  });

  it("passes on what no template could write", async () => {
    const headers = { "content-type": "multipart/form-data; boundary=x" };
    const body = "--x\r\n\r\nphoto\r\n--x--\r\n";
    const got = await gateway.deliver({ method: "POST", path: "/pets/7/photo", headers, body });
    assert.deepEqual([got.method, got.path], ["POST", "/v2/pet/7/uploadImage"]);
    assert.deepEqual(
      [got.headers["content-type"], got.body.toString()],
      [headers["content-type"], body],
    );
  });

  it("sends defaults", async () => {
    const sent = { method: "PUT", path: "/orders", headers: json, body: '{"petId": 7}' };
    const { method, body } = await gateway.deliver(sent);
    assert.deepEqual(
      [method, JSON.parse(body.toString())],
      ["POST", { petId: 7, complete: false }],
    );
  });
});

/** What a function gets as its variables, and what the back end gets for it. */
interface Call {
  readonly name: string;
  readonly variables: JsonObject;
  readonly headers?: Readonly<Record<string, string>>;
  readonly path: string;
  /** Headers that it has to have; undefined: must not. */
  readonly got?: Readonly<Record<string, string | undefined>>;
  /** JSON is compared as such. */
  readonly body?: string | JsonObject;
}

const calls: Readonly<Record<string, readonly Call[]>> = {
  swagger2: [
    { name: "getOrder", variables: { id: 1 }, path: "/b/orders/1", body: "" },
    {
      name: "getOrder",
      variables: { id: "a/b", expand: "x&y", api_key: "k", "X-Tenant": "t" },
      headers: { "x-trace": "1" },
      path: "/b/orders/a%2Fb?expand=x%26y&api_key=k",
      got: { "x-tenant": "t", "x-trace": "1" },
    },
    {
      name: "putOrder",
      variables: { id: 1, sku: "5", gift: true, address: { city: "Ulm", x: [1.0] } },
      path: "/b/orders/1",
      body: { sku: "5", gift: true, count: 1, address: { city: "Ulm", x: [1] } },
    },
    {
      name: "get.orders",
      variables: { tags: ["a", "b c"], ids: ["x", "y"], sort: "up,down" },
      path: "/b/orders?limit=20&tags=a&tags=b%20c&ids=x%7Cy&sort=up%2Cdown",
    },
    { name: "get.orders", variables: { limit: 3, tags: [] }, path: "/b/orders?limit=3" },
    {
      name: "addNote",
      variables: { text: "a=b&c", author: "Ann" },
      path: "/b/notes",
      got: { "content-type": "application/x-www-form-urlencoded" },
      body: "text=a%3Db%26c&priority=3&author=Ann",
    },
  ],
  parameters: [
    {
      name: "paths",
      variables: { id: 7, kinds: ["a", "b"], tag: "x;y" },
      path: "/b/items/7/a,b;tag=x%3By",
    },
    {
      name: "queries",
      variables: {
        q: "cats",
        many: "one",
        row: [1, 2],
        spaced: ["a", "b"],
        filter: { kind: "x y", old: true },
        page: { size: 5 },
        where: { a: "b" },
      },
      path:
        "/b/search?q=cats&range%5Bmin%5D=1&many=one&row=1,2&spaced=a%20b" +
        "&filter%5Bkind%5D=x%20y&filter%5Bold%5D=true&size=5&where=%7B%22a%22%3A%22b%22%7D",
    },
    { name: "optional", variables: {}, path: "/b/optional" },
    { name: "optional", variables: { b: 1 }, path: "/b/optional?b=1" },
    { name: "optional", variables: { a: 1, c: 3 }, path: "/b/optional?a=1&c=3" },
    {
      name: "headers",
      variables: { "X-Who": "ann\u0001x", "X-Ids": [1, 2], session: "s1" },
      headers: { cookie: "other=1", "x-version": "8" },
      path: "/b/headers",
      got: { "x-version": "8", "x-who": "ann x", "x-ids": "1,2", cookie: "session=s1" },
    },
    {
      name: "headers",
      variables: { session: "s1; admin=1" },
      headers: { cookie: "other=1", "x-who": "bob" },
      path: "/b/headers",
      got: { "x-version": "7", "x-who": "bob", "x-maybe": undefined, cookie: "other=1" },
    },
    { name: "old", variables: { q: "x" }, path: "/b/old?mode=fast&q=x" },
  ],
  bodies: [
    {
      name: "all-of",
      variables: {
        id: 1,
        name: "Rex",
        breed: null,
        owner: { id: 2, name: "Ann" },
        toys: [{ id: 3, name: "ball" }, { id: 4 }],
        born: null,
      },
      path: "/b/dogs",
      body: {
        name: "Rex",
        kind: "dog",
        breed: null,
        owner: { name: "Ann" },
        toys: [{ name: "ball" }, {}],
        born: null,
      },
    },
    {
      name: "one-of",
      variables: { name: "Tom", kind: "cat", indoor: false },
      path: "/b/pets",
      got: { "content-type": "application/vnd.pets+json" },
      body: { name: "Tom", kind: "cat", indoor: false },
    },
    {
      name: "recursive",
      variables: { value: "12", next: { value: "13" } },
      path: "/b/trees",
      body: { value: "12", next: { value: "13" } },
    },
    { name: "recursive", variables: { value: 12 }, path: "/b/trees", body: { value: 12 } },
    { name: "all-optional", variables: {}, path: "/b/trees", body: {} },
    { name: "all-optional", variables: { b: 1 }, path: "/b/trees", body: { b: 1 } },
    {
      name: "all-optional",
      variables: { c: [null], a: "x" },
      path: "/b/trees",
      body: { a: "x", c: [null] },
    },
    { name: "free-form", variables: { any: [1] }, path: "/b/maps", body: { any: [1] } },
    { name: "odd-names", variables: { method: 1 }, path: "/b/maps", body: { method: 1 } },
    {
      name: "form",
      variables: { id: 1, name: "a b", tags: ["x", "y"], address: { city: "Ulm" } },
      path: "/b/forms",
      body: "name=a%20b&tags=x&tags=y&address=%7B%22city%22%3A%22Ulm%22%7D",
    },
  ],
  openapi31: [
    {
      name: "change",
      variables: { id: "j", note: null, count: null, made: 1, either: "5", maybe: null },
      path: "/b/journeys/j",
      body: { version: 2, note: null, count: null, left: "now", either: "5", maybe: null },
    },
  ],
  names: [
    {
      name: "get.users.{name}.posts.{post.slug}",
      variables: { name: "n", post_slug: "s", query_name: "q", query_2: 2 },
      path: "/b/users/n/posts/s?name=q&2=2",
    },
    {
      name: "same",
      variables: { path_name: "old", post_slug: "s", name: "new" },
      path: "/b/users/old/posts/s",
      body: { name: "new" },
    },
  ],
  hostile: [
    {
      name: "a: b # {{ c }} - d",
      variables: { path__x_: "x", id: "..", q_x_1: "1", ["__proto__"]: "p", list: [{ id: 1 }] },
      path:
        "/b/a%20b/%C3%BC/x/%23/...json?%7B%7B%20q%20%7D%7D%26x%3D1=1" +
        "&odd=%7D%7D%22%27%20%7B%25%20endif%20%25%7D%20%5C%20%0A",
      body: '{"__proto__":"p","constructor":"\\"}}{{x}}","list":[{"id":1}]}',
    },
  ],
};

describe("functions from the fixtures", () => {
  before(async () => {
    const files: Record<string, string> = {};
    const routes: JsonObject[] = [];
    for (const [fixture, wanted] of Object.entries(calls)) {
      const file = `${fixtures}${fixture}/in.${fixture === "openapi31" ? "json" : "yaml"}`;
      files[`upstreams/${fixture}.yaml`] = await importDocument(file, fixture, "/b");
      wanted.forEach(({ name }, index) => {
        routes.push({
          request_matcher: { path_exact: `/${fixture}/${index}` },
          ...to(name, fixture),
        });
      });
    }
    files["virtualservices/all.json"] = JSON.stringify({ name: "all", routes });
    await gateway.publish(files);
  });

  for (const [fixture, wanted] of Object.entries(calls)) {
    wanted.forEach((call, index) => {
      it(`${fixture}: ${call.name} ${JSON.stringify(call.variables).slice(0, 60)}`, async () => {
        const got = await gateway.deliver({
          method: "POST",
          path: `/${fixture}/${index}`,
          headers: { ...json, ...call.headers },
          body: JSON.stringify(call.variables),
        });
        expectCall(got, call);
      });
    });
  }
});

function expectCall(received: Received, { path, got = {}, body }: Call): void {
  assert.equal(received.path, path);
  for (const [name, value] of Object.entries(got))
    assert.equal(received.headers[name], value, name);
  const text = received.body.toString();
  if (typeof body === "object") assert.deepEqual(JSON.parse(text), body);
  else if (body?.startsWith("{")) assert.equal(text.replaceAll(/\s/g, ""), body);
  else if (body !== undefined) assert.equal(text, body);
}

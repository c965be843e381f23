import assert from "node:assert/strict";
import { after, before, beforeEach, describe, it } from "node:test";
import type { JsonObject } from "../../src/lib/json.js";
import { Secret } from "../../src/model/secret.js";
import { builtinPlugins } from "../../src/plugins/index.js";
import { startAzureService, type AzureService } from "../support/azure-service.js";
import { poll } from "../support/envoy-process.js";
import { startFunctionGateway, type FunctionGateway } from "../support/function-gateway.js";
import { expectSample, readSample, sampleRequests } from "../support/sample-page.js";

const ownKey = "S3CR/ET-of-resize==";
const master = "m4ster+key==";
const keys = { "resize-image": ownKey, _master: master };

let azure: AzureService;
let gateway: FunctionGateway;
before(async () => {
  azure = await startAzureService();
  gateway = await startFunctionGateway(builtinPlugins, { upstreamCaFile: azure.caFile });
});
beforeEach(() => {
  azure.received.length = 0;
  azure.keys = keys;
  azure.failures = 0;
  azure.hangs = false;
  azure.functions = {
    "/api/ping": { level: "anonymous" },
    "/api/resize-image": { level: "function", key: "resize-image" },
    "/api/other": { level: "function", key: "other" },
    "/api/purge": { level: "admin" },
    "/images/special": { level: "function", key: "special" },
  };
});
after(async () => {
  await gateway.close();
  await azure.close();
});

const functions = [
  { name: "ping", spec: { function_name: "ping", auth_level: "anonymous" } },
  { name: "resize", spec: { function_name: "resize-image", auth_level: "function" } },
  { name: "other", spec: { function_name: "other", auth_level: "function" } },
  { name: "purge", spec: { function_name: "purge", auth_level: "admin" } },
  {
    name: "special",
    spec: { function_name: "special", auth_level: "function", path: "/images/special" },
  },
  { name: "missing", spec: { function_name: "missing", auth_level: "anonymous" } },
];

/** An upstream with all functions. */
function upstream(name: string): JsonObject {
  const spec = { function_app_name: "shop", secret_ref: "keys", endpoint: azure.url };
  return { name, type: "azure", spec, functions };
}

/** A route from `/<name>/<function>` to each function. */
function routesTo(name: string): readonly JsonObject[] {
  return functions.map((own) => ({
    request_matcher: { path_prefix: `/${name}/${own.name}` },
    single_destination: { function: { upstream_name: name, function_name: own.name } },
  }));
}

async function serve(
  upstreams: readonly JsonObject[],
  routes: readonly JsonObject[],
  own: Readonly<Record<string, string>> = keys,
): Promise<void> {
  const virtual_services = [{ name: "all", routes }];
  await gateway.publish(
    { "config.json": JSON.stringify({ upstreams, virtual_services }) },
    new Map([["keys", new Secret(Object.entries(own))]]),
  );
  await gateway.resolved(upstreams.map(({ name }) => String(name)));
}

/** Calls a function of `app`; its key may still be on its way to Envoy, which then sends nothing. */
async function call(path: string, headers: Record<string, string> = {}) {
  await poll("the keys", async () =>
    (await gateway.send({ path })).text === "the function cannot be called\n" ? undefined : true,
  );
  azure.received.length = 0;
  const response = await gateway.send({ method: "POST", path, headers, body: "body" });
  return { response, request: azure.received[0] };
}

describe("a function of Azure", () => {
  before(() => serve([upstream("app")], routesTo("app")));

  it("gets the request, with the query, at its own path and host", async () => {
    const { response, request } = await call("/app/ping/more?q=1&r=a%20b");
    assert.equal(response.status, 200, response.text);
    assert.equal(`${request?.method} ${request?.path}`, "POST /api/ping?q=1&r=a%20b");
    assert.equal(request?.headers.host, new URL(azure.url).host);
    assert.equal(request?.body.toString(), "body");
  });

  it("has a path of its own if its spec says so", async () => {
    assert.equal((await call("/app/special")).request?.path, "/images/special");
  });

  it("gets no key if its level is anonymous", async () => {
    assert.equal((await call("/app/ping")).request?.headers["x-functions-key"], undefined);
  });

  it("gets its own key if its level is function, and the master key if it has none", async () => {
    const own = await call("/app/resize");
    assert.equal(own.response.status, 200);
    assert.equal(own.request?.headers["x-functions-key"], ownKey);
    const other = await call("/app/other");
    assert.equal(other.response.status, 200);
    assert.equal(other.request?.headers["x-functions-key"], master);
  });

  it("gets the master key if its level is admin", async () => {
    const { response, request } = await call("/app/purge");
    assert.equal(response.status, 200);
    assert.equal(request?.headers["x-functions-key"], master);
  });

  it("gets no key of the client's", async () => {
    const { response, request } = await call("/app/resize", { "x-functions-key": "client" });
    assert.equal(response.status, 200);
    assert.equal(request?.headers["x-functions-key"], ownKey);
  });

  it("that is not there is a 404 of Azure's", async () => {
    assert.equal((await call("/app/missing")).response.status, 404);
  });

  it("shows no key in a dump or a log", async () => {
    await call("/app/resize");
    const shown = (await gateway.admin("/config_dump?include_eds")) + (await gateway.log());
    assert.match(shown, /resize-image~value/);
    for (const key of [ownKey, master]) {
      const encoded = Buffer.from(key).toString("base64");
      assert.ok(!shown.includes(key) && !shown.includes(encoded));
    }
  });
});

describe("keys of Azure functions", () => {
  it("that are wrong are refused by Azure", async () => {
    await serve([upstream("wrong")], routesTo("wrong"), { ...keys, "resize-image": "another" });
    assert.equal((await call("/wrong/resize")).response.status, 401);
  });

  it("change without a change of the config", async () => {
    await serve([upstream("renewed")], routesTo("renewed"));
    assert.equal((await call("/renewed/resize")).response.status, 200);
    const next = { ...keys, "resize-image": "next" };
    azure.keys = next;
    await serve([upstream("renewed")], routesTo("renewed"), next);
    await poll("the new key", async () =>
      (await call("/renewed/resize")).response.status === 200 ? true : undefined,
    );
  });

  it("that are empty send nothing anywhere", async () => {
    await serve([upstream("empty")], routesTo("empty"), { "resize-image": "", _master: "" });
    const headers = { "x-functions-key": ownKey };
    const { status, text } = await gateway.send({ path: "/empty/resize", headers });
    assert.equal(`${status} ${text}`, "502 the function cannot be called\n");
    assert.equal(azure.received.length, 0);
  });
});

describe("a route to functions of Azure", () => {
  it("shares its requests between functions, each with its key, and back ends", async () => {
    const to = (function_name: string) => ({
      destination: { function: { upstream_name: "shared", function_name } },
      weight: 1,
    });
    await serve(
      [
        upstream("shared"),
        {
          name: "back",
          type: "static",
          spec: { hosts: [{ addr: "127.0.0.1", port: gateway.backendPort }] },
        },
      ],
      [
        {
          request_matcher: { path_prefix: "/shared" },
          multiple_destinations: [
            to("ping"),
            to("resize"),
            to("purge"),
            { destination: { upstream: { name: "back" } }, weight: 1 },
          ],
        },
      ],
    );
    const seen = new Set<string>();
    await poll("every destination", async () => {
      azure.received.length = 0;
      gateway.received.length = 0;
      await gateway.send({ path: "/shared" });
      const [{ path = "none", headers = {} } = {}] = [...azure.received, ...gateway.received];
      seen.add(`${path} ${headers["x-functions-key"]}`);
      seen.delete("none undefined"); // the key was still on its way
      return seen.size === 4 ? true : undefined;
    });
    assert.deepEqual([...seen].sort(), [
      "/api/ping undefined",
      `/api/purge ${master}`,
      `/api/resize-image ${ownKey}`,
      "/shared undefined",
    ]);
  });

  it("tries again with the same request", async () => {
    await serve(
      [upstream("again")],
      routesTo("again").map((route) => ({
        ...route,
        extensions: { max_retries: 1 },
      })),
    );
    await call("/again/resize");
    azure.received.length = 0;
    azure.failures = 1;
    const path = "/again/resize?q=1";
    assert.equal((await gateway.send({ method: "POST", path, body: "body" })).status, 200);
    const [first, second, ...more] = azure.received.map(
      (own) => `${own.path} ${own.headers["x-functions-key"]} ${own.body.toString()}`,
    );
    assert.equal(first, `/api/resize-image?q=1 ${ownKey} body`);
    assert.equal(second, first);
    assert.deepEqual(more, []);
  });

  it("ends after its timeout", async () => {
    await serve(
      [upstream("slow")],
      routesTo("slow").map((route) => ({ ...route, extensions: { timeout: "200ms" } })),
    );
    await call("/slow/ping");
    azure.hangs = true;
    assert.equal((await gateway.send({ path: "/slow/ping" })).status, 504);
  });
});

describe("the sample of Azure functions", () => {
  const sample = "azure";
  before(async () => {
    const config = readSample(sample, "upstreams/shop.yaml");
    await gateway.publish(
      {
        "upstreams/shop.yaml": config.replace("spec:", `spec:\n  endpoint: ${azure.url}`),
        "virtualservices/shop.yaml": readSample(sample, "virtualservices/shop.yaml"),
      },
      new Map([["shop-keys", new Secret(Object.entries(keys))]]),
    );
    await gateway.resolved(["shop"]);
  });

  const requests = sampleRequests(sample);
  for (const request of requests) {
    it(request.command, async () => {
      azure.functions = {
        "/api/ping": { level: "anonymous" },
        "/api/resize-image": { level: "function", key: "resize-image" },
        "/api/purge-cache": { level: "admin" },
      };
      await call(request.sent.path);
      azure.received.length = 0;
      const response = await gateway.send(request.sent);
      expectSample(request, azure.received[0], response);
    });
  }

  it("has requests", () => assert.equal(requests.length, 3));
});

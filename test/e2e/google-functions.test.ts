import assert from "node:assert/strict";
import { after, before, beforeEach, describe, it } from "node:test";
import type { JsonObject } from "../../src/lib/json.js";
import { Secret } from "../../src/model/secret.js";
import { builtinPlugins } from "../../src/plugins/index.js";
import { poll } from "../support/envoy-process.js";
import { startFunctionGateway, type FunctionGateway } from "../support/function-gateway.js";
import { startGoogleService, type GoogleService } from "../support/google-service.js";
import { expectSample, readSample, sampleRequests } from "../support/sample-page.js";

let google: GoogleService;
let gateway: FunctionGateway;
before(async () => {
  google = await startGoogleService();
  gateway = await startFunctionGateway(builtinPlugins, { upstreamCaFile: google.caFile });
});
beforeEach(() => {
  google.received.length = 0;
  google.asked.length = 0;
  google.hasTokens = true;
  google.failures = 0;
  google.hangs = false;
  google.functions = {
    "/": "public",
    "/greet": "public",
    "/report": "private",
    "/stock": "private",
  };
});
after(async () => {
  await gateway.close();
  await google.close();
});

const metadata = { id_token: { metadata_upstream: "gce-metadata" } };
const fromSecret = { id_token: { secret_ref: "tokens" } };

/** An upstream with all functions. The dialects of 2018 spell the URL in two ways. */
function upstream(name: string, spec: JsonObject): JsonObject {
  const { url } = google;
  return {
    name,
    type: "google",
    spec: { region: "europe-west1", project_id: "shop-7", endpoint: url, ...spec },
    functions: [
      { name: "greet", spec: { URL: `${url}/greet?dropped=1`, public: true } },
      { name: "home", spec: { url, public: true } },
      { name: "report", spec: { url: `${url}/report` } },
      { name: "stock", spec: { url: `${url}/stock` } },
      { name: "other-audience", spec: { url: `${url}/stock`, audience: "https://other" } },
      { name: "missing", spec: { url: `${url}/missing`, public: true } },
    ],
  };
}

/** A route from `/<name>/<function>` to each function. */
function routesTo(name: string, extensions?: JsonObject): readonly JsonObject[] {
  const { functions } = upstream(name, {}) as { functions: readonly { name: string }[] };
  return functions.map((own) => ({
    request_matcher: { path_prefix: `/${name}/${own.name}` },
    single_destination: { function: { upstream_name: name, function_name: own.name } },
    ...(extensions && { extensions }),
  }));
}

async function serve(
  upstreams: readonly JsonObject[],
  routes: readonly JsonObject[],
  tokens: Readonly<Record<string, string>> = {},
): Promise<void> {
  const all = [...upstreams, staticUpstream("gce-metadata", google.metadataPort)];
  const virtual_services = [{ name: "all", routes }];
  await gateway.publish(
    { "config.json": JSON.stringify({ upstreams: all, virtual_services }) },
    new Map([["tokens", new Secret(Object.entries(tokens))]]),
  );
  await gateway.resolved(upstreams.map(({ name }) => String(name)));
}

function staticUpstream(name: string, port: number): JsonObject {
  return { name, type: "static", spec: { hosts: [{ addr: "127.0.0.1", port }] } };
}

const refusal = "the function cannot be called\n";

/** Calls a function whose token may still be on its way to Envoy, which then sends nothing. */
async function call(path: string, headers: Record<string, string> = {}) {
  await poll("the tokens", async () =>
    (await gateway.send({ path })).text === refusal ? undefined : true,
  );
  google.received.length = 0;
  const response = await gateway.send({ method: "POST", path, headers, body: "body" });
  return { response, request: google.received[0] };
}

describe("a function of Google Cloud", () => {
  before(() =>
    serve(
      [upstream("app", metadata), upstream("open", {})],
      [...routesTo("app"), ...routesTo("open")],
    ),
  );

  it("gets the request, with the query, at its own path and host", async () => {
    const { response, request } = await call("/app/greet/more?q=1&r=a%20b");
    assert.equal(response.status, 200, response.text);
    assert.equal(`${request?.method} ${request?.path}`, "POST /greet?q=1&r=a%20b");
    assert.equal(request?.headers.host, new URL(google.url).host);
    assert.equal(request?.body.toString(), "body");
    assert.equal((await call("/app/home")).request?.path, "/");
  });

  it("gets the client's own credentials if it is public, or no tokens are configured", async () => {
    const authorization = "Bearer client";
    for (const path of ["/app/greet", "/open/greet", "/open/report"]) {
      assert.equal(
        (await call(path, { authorization })).request?.headers.authorization,
        authorization,
      );
    }
  });

  it("that is not there is a 404 of Google's", async () => {
    assert.equal((await call("/app/missing")).response.status, 404);
  });
});

describe("an ID token of the metadata server", () => {
  it("is for the function's URL, in place of the client's own credentials", async () => {
    await serve([upstream("own", metadata)], routesTo("own"));
    const { response, request } = await call("/own/report", { authorization: "Bearer client" });
    assert.equal(response.status, 200, response.text);
    assert.notEqual(request?.headers.authorization, "Bearer client");
    assert.ok(google.asked.every((audience) => audience === `${google.url}/report`));
    assert.equal((await call("/own/stock")).response.status, 200);
  });

  it("is for another audience if the function says so", async () => {
    await serve([upstream("audience", metadata)], routesTo("audience"));
    assert.equal((await call("/audience/other-audience")).response.status, 401);
    assert.ok(google.asked.includes("https://other"));
  });

  it("is kept, and asked for again by no further call", async () => {
    await serve([upstream("kept", metadata)], routesTo("kept"));
    await call("/kept/stock");
    // Each of Envoy's workers keeps its own.
    await poll("every worker to have it", async () => {
      const count = google.asked.length;
      for (let n = 0; n < 10; n++) await call("/kept/stock");
      return google.asked.length === count ? true : undefined;
    });
  });

  it("that cannot be had sends nothing to the function", async () => {
    await serve([upstream("none", metadata)], routesTo("none"));
    google.hasTokens = false;
    google.received.length = 0;
    for (const headers of [{}, { authorization: "Bearer client" }]) {
      const { status, text } = await gateway.send({ path: "/none/report", headers });
      assert.equal(`${status} ${text}`, `502 ${refusal}`);
    }
    assert.deepEqual(google.received, []);
    const failures = await gateway.admin("/stats?filter=gcp_authn.token_fetch_failed");
    assert.match(failures, /^filter_chain\.gcp_authn\.token_fetch_failed: [1-9]/m);
    const { status } = await gateway.send({ path: "/none/greet" });
    assert.equal(status, 200);
    google.hasTokens = true;
    assert.equal((await call("/none/report")).response.status, 200);
  });
});

describe("an ID token of a secret", () => {
  it("is the function's own, or the common one", async () => {
    const tokens = {
      report: google.tokenFor(`${google.url}/report`),
      token: google.tokenFor(`${google.url}/stock`),
    };
    await serve([upstream("secret", fromSecret)], routesTo("secret"), tokens);
    assert.equal((await call("/secret/report", { authorization: "no" })).response.status, 200);
    assert.equal((await call("/secret/stock")).response.status, 200);
    const { request } = await call("/secret/greet");
    assert.equal(request?.headers.authorization, undefined);
    const shown = (await gateway.admin("/config_dump?include_eds")) + (await gateway.log());
    for (const token of Object.values(tokens)) {
      const encoded = Buffer.from(token).toString("base64");
      assert.ok(!shown.includes(token) && !shown.includes(encoded));
    }
  });

  it("that has expired is refused by Google until it is renewed", async () => {
    const serveWith = (token: string) =>
      serve([upstream("expired", fromSecret)], routesTo("expired"), { token });
    await serveWith(google.tokenFor(`${google.url}/report`, -60));
    assert.equal((await call("/expired/report")).response.status, 401);
    await serveWith(google.tokenFor(`${google.url}/report`));
    await poll("the new token", async () =>
      (await call("/expired/report")).response.status === 200 ? true : undefined,
    );
  });

  it("that is empty sends nothing to the function", async () => {
    await serve([upstream("empty", fromSecret)], routesTo("empty"), { token: "" });
    const headers = { authorization: "Bearer client" };
    const { status, text } = await gateway.send({ path: "/empty/report", headers });
    assert.equal(`${status} ${text}`, `502 ${refusal}`);
    assert.deepEqual(google.received, []);
  });
});

describe("a route to functions of Google Cloud", () => {
  it("shares its requests between functions, each with its token, and back ends", async () => {
    const to = (upstream_name: string, function_name: string) => ({
      destination: { function: { upstream_name, function_name } },
      weight: 1,
    });
    await serve(
      [
        upstream("one", metadata),
        upstream("two", fromSecret),
        staticUpstream("back", gateway.backendPort),
      ],
      [
        {
          request_matcher: { path_prefix: "/shared" },
          multiple_destinations: [
            to("one", "greet"),
            to("one", "report"),
            to("two", "stock"),
            { destination: { upstream: { name: "back" } }, weight: 1 },
          ],
        },
      ],
      { token: google.tokenFor(`${google.url}/stock`) },
    );
    const seen = new Set<string>();
    await poll("every destination", async () => {
      google.received.length = 0;
      gateway.received.length = 0;
      const { status, text } = await gateway.send({ path: "/shared" });
      const [{ path = "none", headers = {} } = {}] = [...google.received, ...gateway.received];
      if (text !== refusal) seen.add(`${status} ${path} ${headers.authorization !== undefined}`);
      return seen.size === 4 ? true : undefined;
    });
    assert.deepEqual([...seen].sort(), [
      "200 /greet false",
      "200 /report true",
      "200 /shared false",
      "200 /stock true",
    ]);
  });

  it("tries again with the same request", async () => {
    await serve([upstream("again", metadata)], routesTo("again", { max_retries: 1 }));
    await call("/again/report");
    google.received.length = 0;
    google.failures = 1;
    const path = "/again/report?q=1";
    assert.equal((await gateway.send({ method: "POST", path, body: "body" })).status, 200);
    const [first, second, ...more] = google.received.map(
      (own) => `${own.path} ${own.headers.authorization} ${own.body.toString()}`,
    );
    assert.match(first ?? "", /^\/report\?q=1 Bearer [\w.-]+ body$/);
    assert.equal(second, first);
    assert.deepEqual(more, []);
  });

  it("ends after its timeout", async () => {
    await serve([upstream("slow", metadata)], routesTo("slow", { timeout: "200ms" }));
    await call("/slow/greet");
    google.hangs = true;
    assert.equal((await gateway.send({ path: "/slow/greet" })).status, 504);
  });
});

describe("the sample of Google functions", () => {
  const sample = "google";
  before(async () => {
    const origin = "https://europe-west1-shop-7.cloudfunctions.net";
    const config = readSample(sample, "upstreams/shop.yaml");
    assert.ok(config.includes(origin));
    const metadataConfig = readSample(sample, "upstreams/gce-metadata.yaml");
    assert.match(metadataConfig, /port: 80\n/);
    await gateway.publish({
      "upstreams/shop.yaml": config
        .replaceAll(origin, google.url)
        .replace("spec:", `spec:\n  endpoint: ${google.url}`),
      "upstreams/gce-metadata.yaml": metadataConfig
        .replace("metadata.google.internal", "127.0.0.1")
        .replace("port: 80", `port: ${google.metadataPort}`),
      "virtualservices/shop.yaml": readSample(sample, "virtualservices/shop.yaml"),
    });
    await gateway.resolved(["shop"]);
  });

  const requests = sampleRequests(sample);
  for (const request of requests) {
    it(request.command, async () => {
      await call(request.sent.path);
      google.received.length = 0;
      const response = await gateway.send(request.sent);
      expectSample(request, google.received[0], response);
    });
  }

  it("has requests", () => assert.equal(requests.length, 2));
});

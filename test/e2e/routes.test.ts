import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { after, before, describe, it } from "node:test";
import { builtinPlugins } from "../../src/plugins/index.js";
import { startFunctionGateway, type FunctionGateway } from "../support/function-gateway.js";

/** What a route has besides its matcher and the upstream `back`. */
type RouteFields = Readonly<Record<string, unknown>>;

function route(request_matcher: object, fields: RouteFields = {}): object {
  return { request_matcher, single_destination: { upstream: { name: "back" } }, ...fields };
}

function eventRoute(event_matcher: object): object {
  return { event_matcher, single_destination: { upstream: { name: "back" } } };
}

/** A route that is recognised by a header that it adds to the request. */
function marked(mark: string, request_matcher: object, fields: RouteFields = {}): object {
  const add_request_headers = [{ key: "x-mark", value: mark }];
  return route(request_matcher, { extensions: { add_request_headers }, ...fields });
}

function upstream(name: string, addr: string, port: number): object {
  return { name, type: "static", spec: { hosts: [{ addr, port }] } };
}

function virtualService(domain: string, routes: readonly object[]): object {
  return { domains: [domain], routes };
}

/** The headers of an event in binary mode. */
function cloudEvent(type: string, version = "1.0"): Readonly<Record<string, string>> {
  return { "ce-specversion": version, "ce-type": type, "ce-id": "1", "ce-source": "/pets" };
}

function structuredEvent(contentType: string) {
  const body = '{"specversion": "1.0", "type": "pet.new", "id": "1", "source": "/pets"}';
  return { headers: { "content-type": contentType }, body };
}

describe("routes in a real Envoy", () => {
  let gateway: FunctionGateway;
  let other: Server;

  before(async () => {
    gateway = await startFunctionGateway(builtinPlugins);
    other = createServer(({ url }, response) => {
      if (url !== "/slow") response.end("other");
    });
    await once(other.listen(0, "127.0.0.1"), "listening");
    const { port: otherPort } = other.address() as AddressInfo;
    const weighted = (name: string, weight: number) => ({
      destination: { upstream: { name } },
      weight,
    });
    const config = {
      upstreams: [
        upstream("back", "127.0.0.1", gateway.backendPort),
        upstream("other", "127.0.0.1", otherPort),
        upstream("named", "localhost", gateway.backendPort),
      ],
      virtual_services: [
        virtualService("*", [marked("default", { path_prefix: "" })]),
        virtualService("Pets.example", [marked("exact-domain", { path_prefix: "/" })]),
        virtualService("*.pets.example", [marked("suffix-domain", { path_prefix: "/" })]),
        virtualService("pets.*", [marked("prefix-domain", { path_prefix: "/" })]),
        virtualService("[::1]:8080", [marked("ipv6-domain", { path_prefix: "/" })]),
        virtualService("match.example", [
          marked("header", { path_prefix: "/h", headers: { "X-Kind": "cat" } }),
          marked("header-regex", { path_prefix: "/h", headers: { "x-kind": "d.*g" } }),
          marked("header-present", { path_prefix: "/h", headers: { "x-kind": "" } }),
          marked("query", { path_prefix: "/q", query_params: { kind: "cat" } }),
          marked("query-regex", { path_prefix: "/q", query_params: { kind: "d.*g" } }),
          marked("query-present", { path_prefix: "/q", query_params: { kind: "" } }),
          marked("verbs", { path_prefix: "/v", verbs: ["PUT", "POST"] }),
          marked("regex", { path_regex: "/r/[0-9]+" }),
          marked("exact", { path_exact: "/e" }),
          eventRoute({ event_type: "pet.new" }),
          marked("structured", {
            path_exact: "/events",
            headers: { "content-type": String.raw`application/cloudevents\+json.*` },
          }),
          eventRoute({ event_type: "pet.new", format: "cloudevents" }),
          eventRoute({ event_type: 'Größe 100% "new"', format: "cloudevents" }),
          marked("first", { path_prefix: "/f" }),
          marked("second", { path_prefix: "/f/longer" }),
        ]),
        virtualService("rewrite.example", [
          route({ path_prefix: "/a/" }, { prefix_rewrite: "/" }),
          route({ path_exact: "/b" }, { prefix_rewrite: "/c" }),
          route({ path_regex: "/d/[^/]*" }, { prefix_rewrite: "/e\\1" }),
          route({ path_prefix: "/host" }, { extensions: { host_rewrite: "back.internal" } }),
          {
            request_matcher: { path_prefix: "/named-host" },
            single_destination: { upstream: { name: "named" } },
            extensions: { host_rewrite: "back.internal" },
          },
          {
            request_matcher: { path_prefix: "/named" },
            single_destination: { upstream: { name: "named" } },
          },
        ]),
        virtualService("traffic.example", [
          route({ path_prefix: "/retry" }, { extensions: { max_retries: 2 } }),
          route(
            { path_prefix: "/headers" },
            {
              extensions: {
                add_request_headers: [
                  { key: "x-set", value: "new" },
                  { key: "x-more", value: "%PROTOCOL% 100%%", append: true },
                  { key: "x-empty" },
                ],
                remove_request_headers: ["x-gone"],
                add_response_headers: [{ key: "x-answer", value: "%START_TIME(%Y)%" }],
                remove_response_headers: ["x-secret"],
              },
            },
          ),
          route(
            { path_prefix: "/cors" },
            {
              extensions: {
                cors: {
                  allow_origin: ["https://shop.example", "https://*.shop.example"],
                  allow_methods: "GET, PUT",
                  max_age: 1_500_000_000,
                  allow_credentials: true,
                },
              },
            },
          ),
          {
            request_matcher: { path_prefix: "/slow" },
            single_destination: { upstream: { name: "other" } },
            extensions: { timeout: 100_000_000 },
          },
          {
            request_matcher: { path_prefix: "/split" },
            multiple_destinations: [weighted("back", 1), weighted("other", 3)],
          },
        ]),
      ].map((fields, index) => ({ name: `v${index}`, ...fields })),
    };
    await gateway.publish({ "gloo-config.yaml": JSON.stringify(config) });
    await gateway.resolved(["named"]);
  });

  after(async () => {
    await gateway.close();
    other.closeAllConnections();
    other.close();
  });

  const markOf = async (host: string, path: string, sent: object = {}): Promise<unknown> => {
    const before = gateway.received.length;
    const response = await gateway.send({ path, headers: { host }, ...sent });
    const got = gateway.received[before];
    return got === undefined ? response.status : (got.headers["x-mark"] ?? got.path);
  };

  for (const [host, mark] of [
    ["pets.example", "exact-domain"],
    ["PETS.EXAMPLE", "exact-domain"],
    ["a.b.pets.example", "suffix-domain"],
    ["pets.test", "prefix-domain"],
    ["[::1]:8080", "ipv6-domain"],
    ["elsewhere.example", "default"],
  ] as const) {
    it(`chooses the virtual service of ${host}`, async () => {
      assert.equal(await markOf(host, "/x"), mark);
    });
  }

  for (const [path, sent, want] of [
    ["/h", { headers: { "x-kind": "cat" } }, "header"],
    ["/h", { headers: { "x-kind": "dooog" } }, "header-regex"],
    ["/h", { headers: { "x-kind": "a dog" } }, "header-present"],
    ["/h", {}, 404],
    ["/q?kind=cat", {}, "query"],
    ["/q?x=1&kind=dg", {}, "query-regex"],
    ["/q?kind=", {}, "query-present"],
    ["/q?other=cat", {}, 404],
    ["/v", { method: "POST" }, "verbs"],
    ["/v", { method: "GET" }, 404],
    ["/r/12?q=/r/x", {}, "regex"],
    ["/r/12/x", {}, 404],
    ["/x/r/12", {}, 404],
    ["/e?q=1", {}, "exact"],
    ["/e/", {}, 404],
    ["/events", { method: "POST", headers: { "x-event-type": "pet.new" } }, "/events"],
    ["/events", { method: "POST", headers: { "x-event-type": "pet.newer" } }, 404],
    ["/events", { method: "POST", headers: cloudEvent("pet.new") }, "/events"],
    ["/events", { method: "POST", headers: cloudEvent("pet.newer") }, 404],
    ["/events", { method: "POST", headers: cloudEvent("pet.new", "0.3") }, 404],
    ["/event", { method: "POST", headers: cloudEvent("pet.new") }, 404],
    [
      "/events",
      { method: "POST", headers: cloudEvent("Gr%C3%B6%C3%9Fe%20100%25%20%22new%22") },
      "/events",
    ],
    // A route above those for events takes what they would, too.
    [
      "/events",
      { method: "POST", ...structuredEvent("application/cloudevents+json") },
      "structured",
    ],
    ["/events", { method: "POST", ...structuredEvent("application/cloudevents-batch+json") }, 415],
    ["/f/longer", {}, "first"],
  ] as const) {
    it(`matches ${JSON.stringify(sent)} ${path}: ${want}`, async () => {
      const headers = { host: "match.example", ...("headers" in sent ? sent.headers : {}) };
      assert.equal(await markOf("match.example", path, { ...sent, headers }), want);
    });
  }

  for (const [path, want, host] of [
    ["/a/pets?q=/a/", "/pets?q=/a/", "rewrite.example"],
    ["/b?q=1", "/c?q=1", "rewrite.example"],
    ["/d/pets?q=1", "/e\\1?q=1", "rewrite.example"],
    ["/host", "/host", "back.internal"],
    ["/named-host", "/named-host", "back.internal"],
    ["/named", "/named", "localhost"],
  ] as const) {
    it(`rewrites ${path} to ${want} of ${host}`, async () => {
      const got = await gateway.deliver({ path, headers: { host: "rewrite.example" } });
      assert.equal(got.path, want);
      assert.equal(got.headers.host, host);
    });
  }

  it("tries again as often as asked, and only after 5xx", async () => {
    for (const [status, times] of [
      [500, 3],
      [404, 1],
    ] as const) {
      const before = gateway.received.length;
      gateway.answer = () => ({ status });
      const response = await gateway.send({ path: "/retry", headers: { host: "traffic.example" } });
      assert.equal(response.status, status);
      assert.equal(gateway.received.length - before, times);
    }
    gateway.answer = () => ({});
  });

  it("waits no longer than the route says", async () => {
    const response = await gateway.send({ path: "/slow", headers: { host: "traffic.example" } });
    assert.equal(response.status, 504);
  });

  it("sets, adds and removes headers", async () => {
    gateway.answer = () => ({ headers: { "x-secret": "1", "x-answer": "old" } });
    const sent = { "x-set": "old", "x-more": "old", "x-gone": "1" };
    const before = gateway.received.length;
    const response = await gateway.send({
      path: "/headers",
      headers: { host: "traffic.example", ...sent },
    });
    gateway.answer = () => ({});
    const got = gateway.received[before]?.headers ?? {};
    assert.equal(got["x-set"], "new");
    assert.equal(got["x-more"], "old, HTTP/1.1 100%");
    assert.equal(got["x-empty"], "");
    assert.equal(got["x-gone"], undefined);
    assert.match(String(response.headers["x-answer"]), /^20\d\d$/);
    assert.equal(response.headers["x-secret"], undefined);
  });

  for (const [origin, isAllowed] of [
    ["https://shop.example", true],
    ["https://eu.shop.example", true],
    ["https://shopxexample", false],
    ["https://evil.example", false],
  ] as const) {
    it(`answers a preflight request of ${origin}: ${isAllowed}`, async () => {
      const before = gateway.received.length;
      const { headers } = await gateway.send({
        method: "OPTIONS",
        path: "/cors",
        headers: { host: "traffic.example", origin, "access-control-request-method": "PUT" },
      });
      assert.equal(headers["access-control-allow-origin"], isAllowed ? origin : undefined);
      if (!isAllowed) return;
      assert.equal(headers["access-control-allow-methods"], "GET, PUT");
      assert.equal(headers["access-control-max-age"], "1");
      assert.equal(headers["access-control-allow-credentials"], "true");
      assert.equal(gateway.received.length, before);
    });
  }

  it("splits requests by weight", async () => {
    let others = 0;
    for (let sent = 0; sent < 200; sent++) {
      const { text } = await gateway.send({ path: "/split", headers: { host: "traffic.example" } });
      if (text === "other") others++;
    }
    // Of 200 at 3 in 4, 150 are expected; less than 1 in 10^9 runs leaves this range.
    assert.ok(others > 110 && others < 186, `${others} of 200`);
  });
});

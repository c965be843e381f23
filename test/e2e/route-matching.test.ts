import assert from "node:assert/strict";
import { isDeepStrictEqual } from "node:util";
import { after, before, describe, it } from "node:test";
import fc from "fast-check";
import { builtinPlugins } from "../../src/plugins/index.js";
import { compileRouteTable } from "../../src/routing/compile-route-table.js";
import { matchRequest } from "../../src/routing/match-request.js";
import type { ClientRequest } from "../../src/routing/request.js";
import type { RouteTable } from "../../src/routing/route-table.js";
import { startFunctionGateway, type FunctionGateway } from "../support/function-gateway.js";
import { buildFiles } from "../support/route-table.js";

/** Names of hosts, as they stand in domains and in requests: few, so that they meet. */
const hostNames = ["a.test", "b.a.test", "c.b.a.test", "x-a.test", "a.other", "a.test:8080"];
const domains = [...hostNames, "*", "*.a.test", "*.b.a.test", "*-a.test", "a.*", "A.Test"];
const paths = [
  ...["/", "/a", "/a/", "/a/b", "/ab", "/a/b/c", "/A", "/a%2Fb", "/a%20b", "/a//b", "/a/./b"],
  ...["/a/../b", "/../a", "/a/%2e%2e/b", "/a/%2E", "/%61", "/%7Ea", "/a;b=c", "/a\\b", "/a{b}"],
  ...[
    "/a/..",
    "/a%zz",
    "/a%5cb",
    "/a'b\"c",
    "/a|b^c`d",
    "/a<b>",
    "/\u00e9",
    "/a+b",
    "/a=b&c",
    "/%00",
  ],
];
const queries = [
  "",
  "?",
  "?k",
  "?k=",
  "?k=v",
  "?k=v&k=w",
  "?l=1&k=v%20w",
  "?k=vv?k=w",
  "?%6b=v",
  "?=v",
];
const values = ["v", "vw", "v.*", ".*w", "V", "", "v,w"];
const methods = ["GET", "POST", "PUT", "DELETE", "PATCH"];

const pick = <T>(from: readonly T[]): fc.Arbitrary<T> => fc.constantFrom(...from);
const valueMap = (names: readonly string[]) =>
  fc.dictionary(pick(names), pick(["v", "vw", "v.*", ".*w", "V", ""]), { maxKeys: 2 });

const matcher = fc
  .record({
    path: fc.oneof(
      fc.record({ path_prefix: pick(["/", "", "/a", "/a/", "/a/b", "/%2e", "/a%2Fb"]) }),
      fc.record({ path_exact: pick(["/", "/a", "/a/b", "/b", "/a%20b", "/a%2Fb", "/%C3%A9"]) }),
      fc.record({ path_regex: pick(["/a.*", "/a/[^/]+", "/a|/b", "(?i)/a", "/[a-b]+/?", ".*b"]) }),
    ),
    headers: valueMap(["x-k", "X-L", "accept"]),
    query_params: valueMap(["k", "l"]),
    verbs: fc.uniqueArray(pick(methods), { maxLength: 2 }),
  })
  .map(({ path, headers, query_params, verbs }) => ({ ...path, headers, query_params, verbs }));

/** Types of events: few, so that they meet. */
const eventTypes = ["a", "b", "ä"];
const eventMatcher = fc.record({
  event_type: pick(eventTypes),
  format: pick(["gloo", "cloudevents", "cloudevents"]),
});

const route = fc.record({
  matcher: fc.oneof(
    { weight: 4, arbitrary: matcher.map((request_matcher) => ({ request_matcher })) },
    { weight: 2, arbitrary: eventMatcher.map((event_matcher) => ({ event_matcher })) },
  ),
  prefix_rewrite: fc.option(pick(["/", "/new", "/n/"]), { nil: undefined }),
  host: fc.option(pick(["inner.test"]), { nil: undefined }),
});

const virtualService = fc.record({
  domains: fc.uniqueArray(pick(domains), {
    minLength: 1,
    maxLength: 3,
    selector: (domain) => domain.toLowerCase(),
  }),
  routes: fc.array(route, { minLength: 1, maxLength: 6 }),
});

/** Virtual services, without domains that two of them claim. */
const config = fc.array(virtualService, { minLength: 2, maxLength: 6 }).map((services) => {
  const claimed = new Set<string>();
  return services.map((service) => {
    const own = service.domains.filter((domain) => !claimed.has(domain.toLowerCase()));
    for (const domain of own) claimed.add(domain.toLowerCase());
    return { ...service, domains: own };
  });
});

const request: fc.Arbitrary<ClientRequest> = fc
  .record({
    method: pick(methods),
    authority: pick([...hostNames, "A.TEST", "b.A.test", ".a.test", "a.", "zzz", "a.test:99"]),
    path: pick(paths),
    query: pick(queries),
    headers: fc.dictionary(pick(["x-k", "x-l", "accept"]), pick(values), { maxKeys: 3 }),
  })
  .map(({ path, query, ...rest }) => ({ ...rest, path: path + query, scheme: "http" }));

const event: fc.Arbitrary<ClientRequest> = fc
  .record({
    request,
    query: pick(queries),
    headers: fc.record(
      {
        "content-type": pick([
          ...["application/cloudevents+json", "Application/CloudEvents+JSON; charset=utf-8"],
          ...["application/cloudevents-batch+json", "application/json"],
        ]),
        "x-event-type": pick(eventTypes.slice(0, 2)),
        "ce-type": pick(["a", "b", "%C3%A4"]),
        "ce-specversion": pick(["1.0", "0.3"]),
        "x-gloo-event-type": pick(["a", "b"]),
      },
      { requiredKeys: ["content-type"] },
    ),
    body: pick([
      ...eventTypes.map((type) =>
        JSON.stringify({ type, specversion: "1.0", data: { type: "z" } }),
      ),
      ...['{"specversion":"1.0","\\u0074ype":"a"}', '{"type":"a","type":"b","specversion":"1.0"}'],
      ...['{"specversion":"1.0","type":"none"}', '{"type":"a"}', "[1]", "{", ""],
    ]),
  })
  .map(({ request: sent, query, headers, body }) => ({
    ...sent,
    path: `/events${query}`,
    headers: { ...sent.headers, ...headers },
    body,
  }));

type Services = typeof config extends fc.Arbitrary<infer Value> ? Value : never;

function filesOf(services: Services, port: number): Readonly<Record<string, string>> {
  const objects = services
    .filter(({ domains: own }) => own.length > 0)
    .map(({ domains: own, routes }, index) => ({
      name: `s${index}`,
      domains: own,
      routes: routes.map(({ matcher: own, prefix_rewrite, host }, at) => ({
        ...own,
        single_destination: { upstream: { name: "back" } },
        ...(prefix_rewrite !== undefined && { prefix_rewrite }),
        extensions: {
          add_request_headers: [{ key: "x-mark", value: `s${index}/${at}` }],
          ...(host !== undefined && { host_rewrite: host }),
        },
      })),
    }));
  const back = { name: "back", type: "static", spec: { hosts: [{ addr: "127.0.0.1", port }] } };
  return {
    "upstreams/back.json": JSON.stringify(back),
    "virtualservices/all.json": JSON.stringify(objects),
  };
}

/** What Envoy does, in the words of {@link predicted}. */
async function observed(gateway: FunctionGateway, sent: ClientRequest): Promise<unknown> {
  const headers = { host: sent.authority, ...sent.headers };
  const before = gateway.received.length;
  const { method, path, body } = sent;
  const response = await gateway.send({ method, path, headers, ...(body && { body }) });
  const got = gateway.received[before];
  if (got === undefined) return { status: response.status };
  return { mark: got.headers["x-mark"], path: got.path, host: got.headers.host };
}

function predicted(table: RouteTable, sent: ClientRequest): unknown {
  const { verdict } = matchRequest(table, sent);
  switch (verdict.kind) {
    case "forwarded": {
      const [call] = verdict.calls;
      return { mark: call?.headers["x-mark"], path: call?.path, host: call?.host };
    }
    case "refused":
    case "no-route":
      return { status: verdict.status };
    default:
      return verdict;
  }
}

describe("matchRequest() and a real Envoy", () => {
  let gateway: FunctionGateway;
  before(async () => {
    gateway = await startFunctionGateway(builtinPlugins);
  });
  after(() => gateway.close());

  it("choose the same route for 3,000 requests to 20 configs", async () => {
    const seed = 20_260_101;
    const configs = fc.sample(config, { numRuns: 20, seed });
    const requests = fc.sample(fc.oneof(request, event), { numRuns: 3_000, seed });
    const differences: unknown[] = [];
    const kinds = new Set<string>();
    let structuredEvents = 0;
    for (const [index, services] of configs.entries()) {
      const files = filesOf(services, gateway.backendPort);
      await gateway.publish(files);
      const table = compileRouteTable(buildFiles(files));
      for (const sent of requests.slice(index * 150, index * 150 + 150)) {
        const got = await observed(gateway, sent);
        const want = predicted(table, sent);
        if (!isDeepStrictEqual(got, want)) differences.push({ sent, got, want, services });
        const { verdict, route: taken } = matchRequest(table, sent);
        kinds.add(verdict.kind);
        const isStructured = /^application\/cloudevents\+json/i.test(
          sent.headers["content-type"] ?? "",
        );
        if (taken?.match.isCloudEvent === true && isStructured) structuredEvents++;
      }
    }
    assert.equal(differences.length, 0, JSON.stringify(differences.slice(0, 20)));
    assert.deepEqual([...kinds].sort(), ["forwarded", "no-route", "refused"]);
    assert.ok(structuredEvents >= 20, `${structuredEvents} events in structured mode`);
  });
});

import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { compileRouteTable } from "../../../src/routing/compile-route-table.js";
import { matchRequest } from "../../../src/routing/match-request.js";
import { readUrl, type ClientRequest } from "../../../src/routing/request.js";
import type { RouteTable } from "../../../src/routing/route-table.js";
import { buildFiles, upstreamsFile } from "../../support/route-table.js";

const table = compileRouteTable(
  buildFiles({
    "upstreams/all.yaml": upstreamsFile("pets"),
    "virtualservices/all.yaml": `name: pets
domains: [pets.example]
routes:
  - request_matcher: { path_prefix: / }
    single_destination: { upstream: { name: pets } }
---
name: inner
domains: [inner.example]
roles: [inner]
routes:
  - request_matcher: { path_regex: "/v[0-9]+/.*" }
    single_destination: { upstream: { name: pets } }
    prefix_rewrite: /new
  - event_matcher: { event_type: pet.new }
    single_destination: { upstream: { name: pets } }
  - event_matcher: { event_type: pet.old, format: cloudevents }
    single_destination: { upstream: { name: pets } }
  - event_matcher: { event_type: pet.new, format: cloudevents }
    single_destination: { upstream: { name: pets } }
`,
  }),
);

const to = (url: string, changes: Partial<ClientRequest> = {}): ClientRequest => {
  const line = readUrl(url);
  return typeof line === "string"
    ? assert.fail(line)
    : { method: "GET", headers: {}, ...line, ...changes };
};

/** The table, but for how requests are read. */
function withRequestLine(change: object): RouteTable {
  return {
    roles: table.roles.map((role) => ({
      ...role,
      listeners: role.listeners.map((listener) => ({
        ...listener,
        chains: listener.chains.map((chain) => ({
          ...chain,
          requestLine: { ...chain.requestLine, ...change },
        })),
      })),
    })),
  };
}

describe("matchRequest()", () => {
  it("asks the role ingress of several, and another one by its name", () => {
    assert.equal(matchRequest(table, to("http://pets.example/")).role, "ingress");
    const match = matchRequest(table, to("http://inner.example/v1/x?y", { role: "inner" }));
    assert.equal(match.route?.index, 0);
    assert.equal(match.verdict.kind, "forwarded");
    if (match.verdict.kind === "forwarded") assert.equal(match.verdict.calls[0]?.path, "/new?y");
  });

  it("says what there is where a role, a listener or a scheme is missing", () => {
    const reasonOf = (request: ClientRequest): string => {
      const { verdict } = matchRequest(table, request);
      return verdict.kind === "no-listener" ? verdict.reason : assert.fail(verdict.kind);
    };
    const url = "http://pets.example/";
    assert.equal(
      reasonOf(to(url, { role: "x" })),
      'there is no role "x"; there are ingress, inner',
    );
    assert.match(reasonOf(to(url, { listener: "x" })), /has no listener "x" with routes$/);
    assert.equal(reasonOf(to("https://pets.example/")), 'role "ingress" has no listener for https');
  });

  it("matches events in structured mode by their body, and says why others do not", () => {
    const body = '{"specversion":"1.0","type":"pet.new"}';
    const headers = { "Content-Type": "application/cloudevents+json", "ce-type": "pet.old" };
    const request = to("http://inner.example/events", { role: "inner", headers, body });
    const { route, misses } = matchRequest(table, request);
    assert.equal(route?.index, 3);
    assert.deepEqual(misses[2]?.failed, [
      {
        condition: "event",
        reason: 'the type of the event in the body is "pet.new", not "pet.old"',
      },
    ]);
    const { verdict } = matchRequest(table, { ...request, body: "[]" });
    assert.deepEqual(verdict, {
      kind: "refused",
      status: 400,
      reason: "the body is not a JSON object",
    });
  });

  it("matches events by their headers", () => {
    const headers = { "x-event-type": "pet.new" };
    const request = to("http://inner.example/events", { role: "inner", headers });
    assert.equal(matchRequest(table, request).route?.match.event, "pet.new");
  });

  it("strips ports and merges slashes where the listener does", () => {
    const request = to("http://pets.example:8080//a");
    assert.equal(matchRequest(table, request).verdict.kind, "no-route");
    const matching = withRequestLine({ stripPort: "matching", mergeSlashes: true });
    assert.equal(matchRequest(matching, request).request?.path, "/a");
    assert.equal(matchRequest(matching, to("http://pets.example:99/")).verdict.kind, "no-route");
    const any = withRequestLine({ stripPort: "any" });
    assert.equal(matchRequest(any, to("http://pets.example:99/")).verdict.kind, "forwarded");
  });

  it("refuses, unescapes or keeps escaped slashes as the listener does", () => {
    const request = to("http://pets.example/a%2Fb");
    assert.equal(matchRequest(table, request).request?.path, "/a%2Fb");
    const of = (escapedSlashes: string) =>
      matchRequest(withRequestLine({ escapedSlashes }), request);
    assert.equal(of("reject").verdict.kind, "refused");
    assert.equal(of("unescape-and-forward").request?.path, "/a/b");
    assert.deepEqual(of("unescape-and-redirect").verdict, {
      kind: "redirected",
      status: 307,
      location: "/a/b",
    });
  });
});

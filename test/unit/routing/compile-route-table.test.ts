import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { compileRouteTable } from "../../../src/routing/compile-route-table.js";
import { buildFiles, createRoutingPipeline, upstreamsFile } from "../../support/route-table.js";

const files = {
  "upstreams/all.yaml": upstreamsFile("pets", "dogs"),
  "virtualservices/pets.yaml": [
    "name: pets",
    "domains: [pets.example]",
    "routes:",
    "  - request_matcher:",
    "      path_exact: /dogs",
    "      verbs: [PUT, POST]",
    "      headers: {x-kind: 'd.*', x-there: ''}",
    "      query_params: {size: big}",
    "    multiple_destinations:",
    "      - {weight: 3, destination: {upstream: {name: dogs}}}",
    "      - {weight: 1, destination: {upstream: {name: pets}}}",
    "    prefix_rewrite: /animals",
    "    extensions:",
    "      timeout: 1500ms",
    "      max_retries: 2",
    "      host_rewrite: inner.example",
    "      add_request_headers: [{key: x-set, value: new}]",
    "  - event_matcher: {event_type: pet.new}",
    "    single_destination: {upstream: {name: pets}}",
    "",
  ].join("\n"),
  "virtualservices/dogs.yaml": [
    "name: dogs",
    "domains: [dogs.example]",
    "routes:",
    "  - request_matcher: {path_prefix: /}",
    "    single_destination: {upstream: {name: dogs}}",
    "",
  ].join("\n"),
};

describe("compileRouteTable()", () => {
  it("joins the served routes with the config they come from", () => {
    const table = compileRouteTable(buildFiles(files));
    const [role] = table.roles;
    const [listener] = role?.listeners ?? [];
    const [chain] = listener?.chains ?? [];
    assert.deepEqual([role?.role, listener?.port, chain?.scheme], ["ingress", 8080, "http"]);
    const [dogs, pets] = chain?.hosts ?? [];
    assert.deepEqual([dogs?.virtualService, pets?.virtualService], ["dogs", "pets"]);
    const [first, second] = pets?.routes ?? [];
    assert.deepEqual(first?.match, {
      path: { kind: "exact", text: "/dogs", ignoreCase: false },
      methods: ["PUT", "POST"],
      headers: [
        { name: "x-kind", kind: "regex", text: "d.*", ignoreCase: false, not: false },
        { name: "x-there", kind: "present", text: "", ignoreCase: false, not: false },
      ],
      query: [{ name: "size", kind: "exact", text: "big", ignoreCase: false, not: false }],
      unjudged: [],
    });
    assert.equal(first?.outcome.kind, "forward");
    if (first?.outcome.kind !== "forward") return;
    const { destinations, path, host, timeout, retries } = first.outcome;
    assert.deepEqual(
      destinations.map(({ upstream, weight }) => [upstream, weight]),
      [
        ["dogs", 3],
        ["pets", 1],
      ],
    );
    assert.deepEqual(
      { path, host, timeout, retries },
      {
        path: { kind: "prefix", text: "/animals" },
        host: { kind: "literal", text: "inner.example" },
        timeout: "1.5s",
        retries: { on: "5xx", count: 2 },
      },
    );
    assert.deepEqual(first.requestHeaders.add, [
      { name: "x-set", value: "new", when: "overwrite" },
    ]);
    assert.deepEqual(first.location, { file: "virtualservices/pets.yaml", line: 4, column: 5 });
    assert.equal(second?.match.event, "pet.new");
    assert.match(JSON.stringify(table), /"file":"virtualservices\/pets.yaml","line":4/);
  });

  it("keeps the part of a virtual host that did not change", () => {
    const pipeline = createRoutingPipeline();
    const before = buildFiles(files, pipeline);
    const text = files["virtualservices/dogs.yaml"].replace("path_prefix: /", "path_prefix: /d");
    const changed = { ...files, "virtualservices/dogs.yaml": text };
    const after = buildFiles(changed, pipeline, before.tree);
    const hostsOf = (build: typeof before) =>
      compileRouteTable(build).roles[0]?.listeners[0]?.chains[0]?.hosts ?? [];
    const [was, is] = [hostsOf(before), hostsOf(after)];
    assert.notEqual(is[0], was[0]);
    assert.equal(is[1], was[1]);
  });

  it("finds the place of a route behind one with mistakes", () => {
    const text = [
      "name: pets",
      "routes:",
      "  - request_matcher: {path_prefix: /lost}",
      "    single_destination: {upstream: {name: nobody}}",
      "  - request_matcher: {path_prefix: /}",
      "    single_destination: {upstream: {name: pets}}",
      "",
    ].join("\n");
    const build = buildFiles({
      "upstreams/all.yaml": upstreamsFile("pets"),
      "virtualservices/pets.yaml": text,
    });
    const routes = compileRouteTable(build).roles[0]?.listeners[0]?.chains[0]?.hosts[0]?.routes;
    assert.deepEqual(
      routes?.map(({ index, location }) => [index, location?.line]),
      [[1, 5]],
    );
  });
});

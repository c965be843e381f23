import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { Config } from "../../../../src/model/resource.js";
import type { Upstream } from "../../../../src/model/upstream.js";
import type { VirtualService } from "../../../../src/model/virtual-service.js";
import {
  countVanished,
  countVanishedResources,
} from "../../../../src/reconcile/guards/count-vanished.js";
import { configOf } from "../../../support/config.js";
import { madeSnapshot } from "../../../support/made-snapshot.js";

const service = (name: string, domain: string, path = "/"): VirtualService => ({
  name,
  domains: [domain],
  roles: [],
  disable_for_gateways: false,
  routes: [
    {
      request_matcher: { path_prefix: path },
      single_destination: { upstream: { name: "back" } },
    },
  ],
});
const back: Upstream = { name: "back", type: "static", spec: { hosts: [] } };
const config = (...virtualServices: readonly VirtualService[]): Config =>
  configOf({ upstreams: [back], virtualServices });
const goneOf = (before: Config, after: Config): Readonly<Record<string, string>> =>
  Object.fromEntries(
    countVanished(before, after).map(({ what, gone, before: all }) => [what, `${gone}/${all}`]),
  );

describe("countVanished()", () => {
  const before = config(service("a", "a.example"), service("b", "b.example"));

  for (const [name, after, routes, services] of [
    ["nothing of itself", before, "0/2", "0/2"],
    ["a virtual service that is gone", config(service("a", "a.example")), "1/2", "1/2"],
    ["no rename", config(service("a", "a.example"), service("c", "b.example")), "0/2", "0/2"],
    [
      "a path that is another",
      config(service("a", "a.example"), service("b", "b.example", "/v2")),
      "1/2",
      "0/2",
    ],
    [
      "a domain that is another",
      config(service("a", "a.example"), service("b", "c.example")),
      "1/2",
      "0/2",
    ],
  ] as const) {
    it(`counts ${name}`, () => {
      assert.deepEqual(goneOf(before, after), {
        routes,
        "virtual services": services,
        upstreams: "0/1",
      });
    });
  }
});

describe("countVanishedResources()", () => {
  it("counts what is not served any more, whatever became of the rest", () => {
    const before = madeSnapshot({ ingress: { cluster: { a: "1", b: "1" }, route: { r: "1" } } });
    const after = madeSnapshot({ ingress: { cluster: { a: "2", c: "1" } } });
    assert.deepEqual(countVanishedResources(before, after), {
      what: "resources",
      gone: 2,
      before: 3,
    });
    assert.equal(countVanishedResources(before, before).gone, 0);
  });
});

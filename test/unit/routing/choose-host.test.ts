import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { chooseChain, chooseHost } from "../../../src/routing/choose-host.js";
import type { ChainRoutes, HostRoutes } from "../../../src/routing/route-table.js";

const edits = { add: [], remove: [] };

function hostOf(...domains: readonly string[]): HostRoutes {
  return {
    virtualService: domains.join(),
    domains,
    requireTls: "none",
    routes: [],
    requestHeaders: edits,
    responseHeaders: edits,
    filters: [],
    location: undefined,
  };
}

const chainOf = (scheme: "http" | "https", ...serverNames: readonly string[]): ChainRoutes => ({
  name: serverNames.join() || "others",
  scheme,
  serverNames,
  asksClientCertificate: false,
  routeTable: "routes",
  requestLine: {
    normalizePath: true,
    mergeSlashes: false,
    escapedSlashes: "keep",
    stripPort: "never",
    stripTrailingDot: false,
  },
  hosts: [],
});

describe("chooseHost()", () => {
  const hosts = [
    "*",
    "a.test",
    "*.a.test",
    "*.b.a.test",
    "*-a.test",
    "a.*",
    "a.te*",
    "A.Port:80",
  ].map((domain) => hostOf(domain));

  for (const [authority, domain] of [
    ["a.test", "a.test"],
    ["A.TEST", "a.test"],
    ["b.a.test", "*.a.test"],
    ["c.b.a.test", "*.b.a.test"],
    ["x-a.test", "*-a.test"],
    [".a.test", "*"],
    ["a.other", "a.*"],
    ["a.text", "a.te*"],
    ["a.", "*"],
    ["a.port:80", "A.Port:80"],
    ["a.test:80", "a.te*"],
  ] as const) {
    it(`${domain}: ${authority}`, () => {
      assert.equal(chooseHost(hosts, authority)?.domain, domain);
    });
  }

  it("is undefined where no domain fits", () => {
    assert.equal(chooseHost([hostOf("a.test")], "b.test"), undefined);
  });
});

describe("chooseChain()", () => {
  const chains = [
    chainOf("http"),
    chainOf("https", "a.test", "*.b.test"),
    chainOf("https", "*.c.b.test"),
    chainOf("https"),
  ];

  for (const [scheme, serverName, name] of [
    ["http", "a.test", "others"],
    ["https", "A.test", "a.test,*.b.test"],
    ["https", "x.b.test", "a.test,*.b.test"],
    ["https", "y.x.b.test", "a.test,*.b.test"],
    ["https", "x.c.b.test", "*.c.b.test"],
    ["https", "b.test", "others"],
    ["https", "10.0.0.1", "others"],
  ] as const) {
    it(`${name}: ${scheme}://${serverName}`, () => {
      assert.equal(chooseChain(chains, scheme, serverName)?.name, name);
    });
  }

  it("is undefined where no certificate is for the name", () => {
    assert.equal(chooseChain([chainOf("https", "a.test")], "https", "b.test"), undefined);
  });
});

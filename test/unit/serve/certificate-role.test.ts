import assert from "node:assert/strict";
import type { PeerCertificate } from "node:tls";
import { describe, it } from "node:test";
import {
  defaultRoleBindings,
  identitiesOf,
  mayHaveRole,
} from "../../../src/serve/certificate-role.js";

describe("identitiesOf()", () => {
  const of = (subject: object, subjectaltname?: string): readonly string[] =>
    identitiesOf({ subject, subjectaltname } as PeerCertificate);

  for (const [situation, subject, alternatives, want] of [
    ["common name", { CN: "ingress" }, undefined, ["ingress"]],
    ["several common names", { CN: ["a", "b"] }, undefined, ["a", "b"]],
    ["no name at all", {}, undefined, []],
    [
      "DNS names and URIs, but no addresses",
      { CN: "x" },
      "DNS:a.example.org, IP Address:127.0.0.1, URI:spiffe://x/ingress, email:a@b",
      ["x", "a.example.org", "spiffe://x/ingress"],
    ],
    // As node writes a name that would look like several: it is one name.
    ["quoted names", {}, 'URI:"spiffe://x/a, DNS:edge"', ["spiffe://x/a, DNS:edge"]],
    ["each once", { CN: "a" }, "DNS:a", ["a"]],
  ] as const) {
    it(situation, () => {
      assert.deepEqual(of(subject, alternatives), want);
    });
  }
});

describe("mayHaveRole()", () => {
  for (const [identity, role, bindings, want] of [
    ["ingress", "ingress", defaultRoleBindings, true],
    ["ingress2", "ingress", defaultRoleBindings, false],
    ["spiffe://x/y/ingress", "ingress", defaultRoleBindings, true],
    ["spiffe://x/ingress/y", "ingress", defaultRoleBindings, false],
    ["anything", ".*", defaultRoleBindings, false],
    ["a.b", "a.b", defaultRoleBindings, true],
    ["aXb", "a.b", defaultRoleBindings, false],
    ["op", "edge", [{ identity: "op", roles: ["edge"] }], true],
    ["op", "other", [{ identity: "op", roles: ["edge"] }], false],
    ["op", "edge", [{ identity: "op", roles: [] }], false],
    ["edge.eu.example.org", "edge", [{ identity: "{role}.*.example.org" }], true],
    ["edge.eu.example.com", "edge", [{ identity: "{role}.*.example.org" }], false],
    ["edge\nx", "edge", [{ identity: "edge*", roles: ["edge"] }], true],
    ["x", "x", [], false],
  ] as const) {
    it(`${JSON.stringify(identity)} as ${role}: ${want}`, () => {
      assert.equal(mayHaveRole([identity], role, bindings), want);
    });
  }

  it("is for any of the names, and nobody has a role", () => {
    assert.equal(mayHaveRole(["a", "b"], "b", defaultRoleBindings), true);
    assert.equal(mayHaveRole([], "b", defaultRoleBindings), false);
  });
});

import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { creationRuleOf } from "../../../../src/secrets/sops/creation-rules.js";

const rule = (text: string): unknown => creationRuleOf(text, "secrets/pets.yaml");

describe("creationRuleOf()", () => {
  it("gives the first rule whose path_regex matches", () => {
    const text = `creation_rules:
  - path_regex: ^other/
    age: age1other
  - path_regex: (^|/)secrets/
    age: age1a, age1b
    encrypted_regex: ^tls\\.key$
  - age: age1rest
`;
    assert.deepEqual(rule(text), {
      recipients: ["age1a", "age1b"],
      rule: ["encrypted_regex", "^tls\\.key$"],
    });
    assert.deepEqual(creationRuleOf(text, "x.yaml"), { recipients: ["age1rest"] });
  });

  it("takes lists of recipients", () => {
    assert.deepEqual(rule("creation_rules: [{ age: [age1a, age1b] }]"), {
      recipients: ["age1a", "age1b"],
    });
  });

  for (const [name, text, fault] of [
    ["no YAML", "a: [", "it is no mapping of YAML"],
    ["no rules", "stores: {}", "it has no creation_rules"],
    [
      "rules for others",
      "creation_rules: [{ path_regex: ^x$ }]",
      "no creation rule is for secrets/pets.yaml",
    ],
    [
      "another service",
      "creation_rules: [{ pgp: ABCD }]",
      "its rule asks for pgp, which `sops` itself does",
    ],
    ["nobody", "creation_rules: [{}]", "its rule names no recipient of age"],
    [
      "a broken regex",
      "creation_rules: [{ path_regex: ( }]",
      'path_regex "(" is no regular expression',
    ],
    [
      "two rules of encryption",
      "creation_rules: [{ age: age1a, encrypted_regex: a, encrypted_suffix: b }]",
      "encrypted_suffix and encrypted_regex exclude each other",
    ],
  ] as const) {
    it(`says what is wrong: ${name}`, () => assert.deepEqual(rule(text), { fault }));
  }
});

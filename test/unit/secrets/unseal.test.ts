import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { inspect } from "node:util";
import { buildOnce } from "../../../src/app/build-once.js";
import { Secret } from "../../../src/model/secret.js";
import { createUnsealer } from "../../../src/secrets/unseal.js";
import {
  controlPlaneKeyFile,
  fixtureKeyring,
  sealedFile,
  sopsText,
} from "../../support/sealed-file.js";
import { treeOf } from "../../support/tree.js";

const keyring = await fixtureKeyring("control-plane");
const strings = sealedFile(sopsText("strings.yaml"), "strings.sops.yaml");
const regex = sealedFile(sopsText("regex.yaml"), "regex.json.yaml");

describe("unseal()", () => {
  it("names secrets after their files, and gives the values that were encrypted", async () => {
    const { value, diagnostics } = createUnsealer().unseal(
      [strings, regex],
      new Map([["at-hand", new Secret([["a", "b"]])]]),
      await keyring.unlock([strings, regex]),
    );
    assert.deepEqual(diagnostics, []);
    assert.deepEqual([...value.keys()], ["at-hand", "strings", "regex.json"]);
    assert.equal(value.get("strings")?.reveal("default"), "s3cr3t-default-value");
    assert.equal(value.get("at-hand")?.reveal("a"), "b");
    assert.doesNotMatch(inspect(value, { depth: 9 }) + JSON.stringify([...value]), /s3cr3t/);
  });

  it("gives the same secrets as long as files and keys are the same", async () => {
    const unsealer = createUnsealer();
    const atHand = new Map<string, Secret>();
    const unsealing = await keyring.unlock([strings, regex]);
    const first = unsealer.unseal([strings, regex], atHand, unsealing);
    const again = unsealer.unseal([strings, regex], atHand, await keyring.unlock([strings, regex]));
    assert.equal(again, first);
    const less = unsealer.unseal([strings], atHand, unsealing);
    assert.equal(less.value.get("strings"), first.value.get("strings"));
    const sealed = unsealer.unseal([strings], atHand, { kind: "no-key" });
    assert.equal(sealed.value.get("strings")?.reveal("default"), undefined);
    assert.deepEqual(
      sealed.diagnostics.map(({ code }) => code),
      ["secrets/no-key"],
    );
  });
});

describe("a build without identities", () => {
  const files = {
    "secrets/pets-tls.yaml": sopsText("pets-tls.yaml"),
    "secrets/half.yaml": sopsText("regex.yaml"),
    "upstreams/pets.yaml":
      "name: pets\ntype: static\nspec: { hosts: [{ addr: 127.0.0.1, port: 9001 }] }\n",
    "virtualservices/pets.yaml": (ref: string) =>
      `name: pets\nssl_config: { secret_ref: ${ref} }\nroutes:\n` +
      "  - request_matcher: { path_prefix: / }\n    single_destination: { upstream: { name: pets } }\n",
  };
  const treeWith = (ref: string) =>
    treeOf({ ...files, "virtualservices/pets.yaml": files["virtualservices/pets.yaml"](ref) });

  it("finds nothing wrong with secrets that it does not open, and says which", async () => {
    const build = await buildOnce(treeWith("pets-tls"), {});
    assert.deepEqual(build.diagnostics, []);
    assert.deepEqual(build.sealedSecrets, ["half", "pets-tls"]);
    assert.deepEqual(build.uncheckedSecrets, []);
  });

  it("sees which keys there are, and what is not there at all", async () => {
    const half = await buildOnce(treeWith("half"), {});
    assert.deepEqual(
      half.diagnostics.map(({ code }) => code),
      ["secret/missing-key", "secret/missing-key"],
    );
    const missing = await buildOnce(treeWith("nowhere"), {});
    assert.deepEqual(missing.uncheckedSecrets, ["nowhere"]);
  });

  it("opens them with a file of identities", async () => {
    const build = await buildOnce(treeWith("pets-tls"), { ageKeyFile: controlPlaneKeyFile });
    assert.deepEqual(build.diagnostics, []);
    assert.deepEqual(build.sealedSecrets, []);
    assert.equal(build.sealed.length, 1);
  });
});

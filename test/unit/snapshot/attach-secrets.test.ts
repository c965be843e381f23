import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { typeUrls } from "../../../src/envoy/type-urls.js";
import { Secret, type Secrets } from "../../../src/model/secret.js";
import { createPipeline } from "../../../src/pipeline.js";
import { builtinPlugins } from "../../../src/plugins/index.js";
import { createSecretAttacher } from "../../../src/snapshot/attach-secrets.js";
import type { Snapshot } from "../../../src/snapshot/snapshot.js";
import { configVersionOf } from "../../../src/snapshot/snapshot-id.js";
import { withoutSecrets } from "../../../src/state/snapshot-delta.js";
import { createPluginSet } from "../../../src/translate/plugin-set.js";
import { defaultTranslationSettings } from "../../../src/translate/translate.js";
import { createCertificateAuthority } from "../../support/certificates.js";
import { upstreamYaml, virtualServiceYaml } from "../../support/config-texts.js";
import { plainSnapshot } from "../../support/made-snapshot.js";
import { treeOf } from "../../support/tree.js";

const authority = createCertificateAuthority("test");

function newSecrets(): Secrets {
  const { certificate, privateKey } = authority.issue({ commonName: "front.example" });
  return new Map([
    [
      "front-tls",
      new Secret([
        ["tls.crt", certificate.toString()],
        ["tls.key", privateKey.toString()],
      ]),
    ],
  ]);
}

function build(secrets: Secrets): Snapshot {
  const pipeline = createPipeline({
    plugins: createPluginSet(builtinPlugins),
    settings: defaultTranslationSettings,
  });
  const front = virtualServiceYaml("front", "back", "ssl_config:\n  secret_ref: front-tls\n");
  const files = {
    "upstreams/back.yaml": upstreamYaml("back", 9001, "  tls: true\n"),
    "virtualservices/front.yaml": front.replace('["*"]', '["front.example"]'),
  };
  const made = pipeline.build(treeOf(files), { secrets, endpoints: new Map() });
  assert.deepEqual(
    made.diagnostics.filter(({ severity }) => severity === "error"),
    [],
  );
  return made.snapshot;
}

describe("createSecretAttacher()", () => {
  const attach = createSecretAttacher(defaultTranslationSettings.upstreamCaFile);
  const secrets = newSecrets();
  const snapshot = build(secrets);
  const stored = withoutSecrets(snapshot, {});

  it("gives back, with the same secrets, the same bytes, versions and id", () => {
    assert.ok((stored.secretNames.get("ingress")?.length ?? 0) > 0);
    const attached = attach(stored.snapshot, stored.secretNames, secrets);
    assert.deepEqual(plainSnapshot(attached.snapshot), plainSnapshot(snapshot));
    assert.deepEqual(attached.missing, []);
  });

  it("gives, with other secrets, what a build with them would have given", () => {
    const others = newSecrets();
    const attached = attach(stored.snapshot, stored.secretNames, others);
    assert.deepEqual(plainSnapshot(attached.snapshot), plainSnapshot(build(others)));
    assert.notEqual(attached.snapshot.id, snapshot.id);
  });

  it("leaves out what there is no secret for, and names it", () => {
    const { snapshot: without, missing } = attach(
      stored.snapshot,
      stored.secretNames,
      new Map<string, Secret>(),
    );
    assert.deepEqual(missing, ["front-tls~cert"]);
    const names = [...(without.roles.get("ingress")?.sets.get(typeUrls.secret)?.resources ?? [])];
    assert.equal(
      names.some(([name]) => name === "front-tls~cert"),
      false,
    );
  });
});

describe("configVersionOf()", () => {
  it("is the same whatever endpoints there are, and not whatever secrets", () => {
    const snapshot = build(newSecrets());
    const ingress = snapshot.roles.get("ingress");
    assert.ok(ingress !== undefined);
    const sets = new Map([...ingress.sets].filter(([typeUrl]) => typeUrl !== typeUrls.endpoints));
    const without = { ...snapshot, roles: new Map([["ingress", { role: "ingress", sets }]]) };
    assert.equal(configVersionOf(without), configVersionOf(snapshot));
    assert.notEqual(configVersionOf(build(newSecrets())), configVersionOf(snapshot));
  });
});

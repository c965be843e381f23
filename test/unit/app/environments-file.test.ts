import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, describe, it } from "node:test";
import { readEnvironmentsFile, type Environment } from "../../../src/app/environments-file.js";
import { OperationalError } from "../../../src/app/operational-error.js";
import { listSettings } from "../../../src/app/setting-infos.js";
import { readSettings, type Settings } from "../../../src/app/settings.js";
import { readSchema } from "../../../src/model/schema-files.js";

const folder = mkdtempSync(join(tmpdir(), "gloo-environments-file-"));
after(() => rmSync(folder, { recursive: true }));
const file = join(folder, "environments.yaml");

function settingsOf(flags: Readonly<Record<string, unknown>> = {}): Settings {
  const common = { repo: "https://git.test/config", stateDir: "/state" };
  return readSettings({ flags: { ...common, ...flags }, env: {}, cwd: "/work" }).settings;
}

function read(text: string, settings = settingsOf()): readonly Environment[] {
  writeFileSync(file, text);
  return readEnvironmentsFile(file, settings);
}

/** The mistakes that are reported, without the name of the file. */
function problemsOf(text: string, settings = settingsOf()): string {
  try {
    read(text, settings);
  } catch (cause) {
    assert.ok(cause instanceof OperationalError);
    assert.equal(cause.code, "app/settings");
    const prefix = `--environments-file ${file}: `;
    assert.ok(cause.message.startsWith(prefix) && !cause.message.includes("\n"), cause.message);
    return cause.message.slice(prefix.length);
  }
  return "";
}

describe("readEnvironmentsFile()", () => {
  it("takes from the settings of the process what an environment does not say", () => {
    const [staging, production] = read(
      "environments:\n" +
        "  - { name: staging, ref: staging, secrets_dir: secrets, poll: '@every 5s' }\n" +
        "  - { name: production, path: env/prod, change_window: ['allow 0 9 * * 1-5 for 8h in UTC'] }\n",
      settingsOf({ secretsDir: "/etc/secrets", ref: "live", gitTokenFile: "/etc/token" }),
    ).map(({ settings }) => settings);
    assert.equal(staging?.ref, "staging");
    assert.equal(staging.secretsDir, join(folder, "secrets"));
    assert.equal(staging.poll, "@every 5s");
    assert.equal(staging.gitTokenFile, "/etc/token");
    assert.equal(staging.stateDir, "/state/environments/staging");
    assert.equal(staging.reportContext, "gloo/staging");
    assert.equal(production?.ref, "live");
    assert.equal(production.path, "env/prod");
    assert.equal(production.secretsDir, "/etc/secrets");
    assert.equal(production.stateDir, "/state/environments/production");
    assert.deepEqual(production.changeWindow, ["allow 0 9 * * 1-5 for 8h in UTC"]);
    assert.ok(Object.isFrozen(staging));
  });

  it("knows how roles are called", () => {
    const [staging, production] = read(
      "environments: [{ name: staging }, { name: production, roles: { ingress: edge } }]\n",
    );
    assert.equal(staging?.roles.outsideOf("internal"), "staging.internal");
    assert.equal(production?.roles.outsideOf("ingress"), "edge");
  });

  it("shows the host of another repository nothing of how the first is reached", () => {
    const settings = settingsOf({
      gitTokenFile: "/etc/token",
      gitCaFile: "/etc/ca",
      reportKind: "github",
      reportTokenFile: "/etc/report-token",
      reportUrl: "https://api.git.test",
      reportProject: "a/b",
    });
    const [same, other, own] = read(
      "environments:\n  - { name: a }\n  - { name: b, repo: 'https://other.test/x' }\n" +
        "  - { name: c, git_username: ada, git_password_file: password }\n",
      settings,
    ).map((environment) => environment.settings);
    assert.equal(same?.gitTokenFile, "/etc/token");
    assert.equal(same.reportTokenFile, "/etc/report-token");
    for (const key of ["gitTokenFile", "gitCaFile", "reportTokenFile", "reportUrl"] as const) {
      assert.equal(other?.[key], undefined, key);
    }
    assert.equal(other?.reportKind, "github");
    assert.equal(own?.gitTokenFile, undefined);
    assert.equal(own?.gitPasswordFile, join(folder, "password"));
    assert.equal(own.gitCaFile, "/etc/ca");
  });

  it("lets go of what goes with a policy that an environment replaces", () => {
    const settings = settingsOf({
      vetoPolicy: "canary",
      canaryRole: "internal",
      signaturePolicy: "head",
      signatureKeyringFile: "/etc/keyring",
      revertBranch: "gloo/revert-",
      revertRejected: true,
    });
    const [staging] = read(
      "environments:\n" +
        "  - { name: staging, veto_policy: any, signature_policy: 'off', revert_branch: 'off' }\n",
      settings,
    );
    assert.equal(staging?.settings.canaryRole, undefined);
    assert.equal(staging?.settings.signatureKeyringFile, undefined);
    assert.equal(staging?.settings.revertRejected, false);
  });

  for (const [text, want] of [
    ["", /^expected a document, but the input is empty$/],
    ["- a", /^it must be object$/],
    ["environments: []", /^\/environments must NOT have fewer than 1 items$/],
    ["environments: [{ ref: a }]", /must have required property 'name'/],
    ["environments: [{ name: a.b }]", /\/environments\/0\/name must match pattern/],
    ["environments: [{ name: a, xds_port: 1 }]", /has "xds_port", which is one for all/],
    ["environments: [{ name: a, reff: x }]", /has an unknown key "reff"/],
    ["environments: [{ name: a, guard_deletion_percent: '5' }]", /must be integer/],
    ["environments: [{ name: a, poll: often }]", /^a: --poll: /],
    ["environments: [{ name: a, change_window: [often] }]", /^a: --change-window: /],
    ["environments: [{ name: a, veto_policy: canary }]", /^a: --veto-policy canary and --canary/],
    ["environments: [{ name: a }, { name: a }]", /^the name "a" is there more than once$/],
    [
      "environments: [{ name: a, roles: { ingress: b.x } }, { name: b }]",
      /^role ingress of a cannot be called "b.x": so is a role of b by rule$/,
    ],
    [
      "environments: [{ name: a, roles: { ingress: edge } }, { name: b, roles: { ingress: edge } }]",
      /^role ingress of b and role ingress of a cannot both be called "edge"$/,
    ],
    ["environments: [", /end of the stream|unexpected|expected/],
  ] as const) {
    it(`refuses ${text === "" ? "an empty file" : text}`, () => {
      assert.match(problemsOf(text), want);
    });
  }

  it("decides of every setting whether it is of an environment", () => {
    const { $defs } = readSchema("environments") as unknown as {
      readonly $defs: { readonly environment: { readonly properties: object } };
    };
    const ofEnvironments = Object.keys($defs.environment.properties);
    const ofProcess =
      /^(?:environments_file|state_dir|xds_|admin_|hook_|validate_with_envoy|plugin|max_|log_)/;
    for (const { name } of listSettings()) {
      assert.equal(ofEnvironments.includes(name), !ofProcess.test(name), name);
    }
  });

  it("refuses a file that is not there", () => {
    assert.throws(
      () => readEnvironmentsFile(join(folder, "none.yaml"), settingsOf()),
      /--environments-file .*none\.yaml: ENOENT/,
    );
  });
});

import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, describe, it } from "node:test";
import { gitOptionsOf } from "../../../src/app/git-options.js";
import { OperationalError } from "../../../src/app/operational-error.js";
import { listSettings } from "../../../src/app/setting-infos.js";
import { isLoopback, readSettings, type SettingsSources } from "../../../src/app/settings.js";
import { parseLimitsOf } from "../../../src/app/parse-limits.js";
import { defaultParseLimits } from "../../../src/parse/limits.js";
import { LIMITS, TIMEOUTS } from "../../../src/source/limits.js";

const folder = mkdtempSync(join(tmpdir(), "gloo-settings-"));
after(() => rmSync(folder, { recursive: true }));

function read(sources: Partial<SettingsSources>): ReturnType<typeof readSettings> {
  return readSettings({ flags: { repo: "https://git.test/x" }, env: {}, cwd: "/work", ...sources });
}

function fileOf(text: string): string {
  const file = join(folder, "gloo.yaml");
  writeFileSync(file, text);
  return file;
}

/** The mistakes that are reported for `sources`. */
function problemsOf(sources: Partial<SettingsSources>): string {
  try {
    read(sources);
  } catch (cause) {
    assert.ok(cause instanceof OperationalError);
    assert.equal(cause.code, "app/settings");
    assert.ok(!cause.message.includes("\n"));
    return cause.message;
  }
  return "";
}

describe("readSettings()", () => {
  it("takes flags over the environment over the file over defaults", () => {
    const configFile = fileOf("ref: from-file\npoll: '@every 1s'\nxds_port: 1\nadmin_port: 3\n");
    const { settings } = read({
      configFile,
      flags: { repo: "r", ref: "from-flag" },
      env: { GLOO_REF: "from-env", GLOO_XDS_PORT: "2" },
    });
    assert.deepEqual(
      [settings.ref, settings.xdsPort, settings.adminPort, settings.poll, settings.logLevel],
      ["from-flag", 2, 3, "@every 1s", "info"],
    );
    assert.ok(Object.isFrozen(settings));
  });

  it("makes paths absolute from the folder the process was started in", () => {
    const { settings } = read({
      env: { GLOO_STATE_DIR: "state", GLOO_SECRETS_DIR: "/etc/secrets" },
    });
    assert.equal(settings.stateDir, "/work/state");
    assert.equal(settings.secretsDir, "/etc/secrets");
    assert.equal(settings.upstreamCaFile, "/etc/ssl/certs/ca-certificates.crt");
  });

  it("reads lists from repeated flags, from commas and from YAML", () => {
    for (const sources of [
      { flags: { repo: "r", plugin: ["a", "b"] } },
      { env: { GLOO_PLUGIN: "a, b" } },
      { configFile: fileOf("plugin: [a, b]") },
    ]) {
      assert.deepEqual(read(sources).settings.plugin, ["a", "b"]);
    }
  });

  for (const [name, sources, want] of [
    ["a missing repository", { flags: {} }, /^--repo is missing \(or GLOO_REPO, or "repo"/],
    [
      "a port that is none",
      { env: { GLOO_XDS_PORT: "70000" } },
      /GLOO_XDS_PORT.*0 to 65535.*70000/,
    ],
    ["a Kubernetes link", { env: { GLOO_XDS_PORT: "tcp://10.0.0.1:8081" } }, /enableServiceLinks/],
    ["a wrong choice", { env: { GLOO_LOG_LEVEL: "inof" } }, /one of trace.*did you mean "info"/],
    ["a mistyped variable", { env: { GLOO_SATE_DIR: "x" } }, /did you mean "GLOO_STATE_DIR"/],
    [
      "a beginning that no branch has",
      { env: { GLOO_REVERT_BRANCH: "gloo..revert " } },
      /--revert-branch "gloo\.\.revert " begins no name/,
    ],
    ["reverts of nothing", { env: { GLOO_REVERT_REJECTED: "true" } }, /needs --revert-branch/],
    ["an author without an address", { env: { GLOO_REPORT_AUTHOR: "Ada" } }, /"Ada" is no author/],
    [
      "notes on commits that are in no repository",
      { env: { GLOO_REPORT_NOTES: "true", GLOO_REPOSITORIES_FILE: "more.yaml" } },
      /--report-notes goes with one repository/,
    ],
    ["no boolean", { env: { GLOO_VALIDATE_WITH_ENVOY: "yes" } }, /must be true or false/],
    [
      "a change window that is none",
      { env: { GLOO_CHANGE_WINDOW: "allow 0 9 * * 1,2 for 8h; deny 0 0 24 12 * for ever" } },
      /^--change-window: "ever" in "deny 0 0 24 12 \* for ever" is no duration/,
    ],
    ["a schedule that is none", { env: { GLOO_POLL: "sometimes" } }, /^--poll: "sometimes" is no /],
    ["secrets in clear text", { env: { GLOO_XDS_ADDRESS: "0.0.0.0" } }, /--xds-insecure/],
    ["half of the API's TLS", { env: { GLOO_ADMIN_TLS_KEY: "x" } }, /--admin-tls-cert and/],
    ["half of TLS", { env: { GLOO_XDS_TLS_CERT: "x" } }, /go together/],
    ["an open admin port", { env: { GLOO_ADMIN_ADDRESS: "0.0.0.0" } }, /--admin-token-file/],
    ["a canary without role", { env: { GLOO_VETO_POLICY: "canary" } }, /--canary-role/],
    ["a password in the URL", { flags: { repo: "https://u:p@h/x" } }, /must not hold a password/],
    ["a file that is not there", { configFile: "/nowhere.yaml" }, /cannot read.*nowhere/],
  ] as const) {
    it(`refuses ${name}`, () => assert.match(problemsOf(sources), want));
  }

  it("leaves alone the variables that are for commands", () => {
    const env = { GLOO_ENVIRONMENT: "staging", GLOO_CONFIG: fileOf("ref: live\n") };
    const { settings, warnings } = read({ env });
    assert.deepEqual([settings.ref, warnings], ["live", []]);
  });

  it("serves in clear text off loopback where something else encrypts", () => {
    assert.equal(problemsOf({ env: { GLOO_XDS_ADDRESS: "::", GLOO_XDS_INSECURE: "true" } }), "");
  });

  it("reports every mistake at once", () => {
    const configFile = fileOf("stat_dir: x\nxds_port: no\n");
    const problems = problemsOf({ configFile, env: { GLOO_ADMIN_PORT: "-1" } });
    for (const part of ['did you mean "state_dir"', "xds_port", "GLOO_ADMIN_PORT"]) {
      assert.ok(problems.includes(part), problems);
    }
  });

  it("only warns of variables that resemble no setting, and not of Kubernetes' own", () => {
    const env = { GLOO_BUILD_NUMBER: "7", GLOO_SERVICE_HOST: "10.0.0.1", GLOO_PORT: "tcp://x" };
    assert.deepEqual(read({ env }).warnings, [
      "the environment variable GLOO_BUILD_NUMBER is no setting of gloo",
    ]);
  });
});

describe("listSettings()", () => {
  it("describes every setting, with a default that is itself allowed", () => {
    for (const info of listSettings()) {
      assert.match(info.description, /\.$/, info.name);
      if (info.default === undefined || info.type === "list") continue;
      const flags = { repo: "r", [info.key]: info.default };
      assert.equal(problemsOf({ flags }), "", info.name);
    }
  });
});

describe("the keys of the settings", () => {
  it("are those that the control plane reads, in the schema's order", () => {
    const text = readFileSync(new URL("../../../src/app/settings.ts", import.meta.url), "utf8");
    const declared = /export interface Settings \{(.*?)\n\}/s.exec(text)?.[1] ?? "";
    const keys = [...declared.matchAll(/readonly (\w+)\??:/g)].map(([, key]) => key);
    assert.deepEqual(
      keys,
      listSettings().map(({ key }) => key),
    );
  });

  it("are limits and timeouts of the same size as those of the source and the parser", () => {
    const { settings } = read({});
    const { limits = {}, timeouts = {} } = gitOptionsOf(settings, "/mirror", {});
    assert.deepEqual({ ...LIMITS, ...limits }, LIMITS);
    assert.deepEqual({ ...TIMEOUTS, ...timeouts }, TIMEOUTS);
    assert.deepEqual(parseLimitsOf(settings), defaultParseLimits);
  });
});

describe("isLoopback()", () => {
  for (const [address, want] of [
    ["127.0.0.1", true],
    ["127.8.9.1", true],
    ["::1", true],
    ["localhost", true],
    ["0.0.0.0", false],
    ["::", false],
    ["127.evil.test", false],
  ] as const) {
    it(`${String(want)}: ${address}`, () => assert.equal(isLoopback(address), want));
  }
});

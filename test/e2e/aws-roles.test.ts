import assert from "node:assert/strict";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, beforeEach, describe, it } from "node:test";
import type { JsonObject } from "../../src/lib/json.js";
import { builtinPlugins } from "../../src/plugins/index.js";
import { startRoleServices, type Grant, type RoleServices } from "../support/aws-role-services.js";
import { poll } from "../support/envoy-process.js";
import { startFunctionGateway, type FunctionGateway } from "../support/function-gateway.js";
import { startLambdaService, type LambdaService } from "../support/lambda-service.js";

const region = "eu-central-1";
const roleArn = "arn:aws:iam::123456789012:role/caller";

let folder: string;
let roles: RoleServices;
let lambda: LambdaService;

/**
 * Where Envoy gets roles is compiled into it, but for the agent of a container: an environment variable
 * names that. For the other places it makes clusters, which the tests move to loopback.
 */
const clusters: Readonly<Record<Grant["service"], string | undefined>> = {
  container: undefined,
  instance: "ec2_instance_metadata_server_internal",
  "web-identity": `sts_token_service_internal-${region}`,
  "assume-role": `sts_token_service_internal-${region}`,
};

before(async () => {
  folder = await mkdtemp(join(tmpdir(), "gloo-aws-roles-"));
  roles = await startRoleServices();
  await writeFile(join(folder, "token"), roles.identityToken);
  await writeFile(
    join(folder, "credentials"),
    `[default]\naws_access_key_id=${roles.callerKeys.accessKeyId}\naws_secret_access_key=${roles.callerKeys.secretAccessKey}\n`,
  );
  // Envoy inherits them. This process is this test's alone.
  process.env["AWS_CONTAINER_CREDENTIALS_FULL_URI"] = roles.containerUrl;
  process.env["AWS_CONTAINER_AUTHORIZATION_TOKEN"] = roles.containerToken;
  lambda = await startLambdaService(region, roles.keys);
});
beforeEach(() => {
  roles.refuses = false;
  roles.lifetimeS = 3600;
  roles.grants.length = roles.refusals.length = 0;
  lambda.received.length = lambda.invocations.length = 0;
  lambda.keys = roles.keys;
  lambda.functions = { echo: ({ payload }) => ({ body: payload }) };
});
after(async () => {
  await lambda.close();
  await roles.close();
  await rm(folder, { recursive: true, force: true });
});

/** An Envoy that has one function and these credentials for it. It keeps what it fetches, so each test has its own. */
async function serve(service: Grant["service"], credentials: JsonObject): Promise<FunctionGateway> {
  const moved = clusters[service];
  const gateway = await startFunctionGateway(
    builtinPlugins,
    { upstreamCaFile: lambda.caFile },
    moved === undefined ? {} : { movedClusters: [{ name: moved, port: roles.port }] },
  );
  const text = JSON.stringify(credentials).replaceAll("FOLDER", folder);
  const config = {
    upstreams: [
      {
        name: "lambda",
        type: "aws",
        spec: { region, endpoint: lambda.url, credentials: JSON.parse(text) as JsonObject },
        functions: [{ name: "echo", spec: { function_name: "echo" } }],
      },
    ],
    virtual_services: [
      {
        name: "all",
        routes: [
          {
            request_matcher: { path_prefix: "/" },
            single_destination: { function: { upstream_name: "lambda", function_name: "echo" } },
          },
        ],
      },
    ],
  };
  await gateway.publish({ "config.json": JSON.stringify(config) });
  await gateway.resolved(["lambda"]);
  return gateway;
}

const sources: readonly (readonly [string, JsonObject, Grant["service"]])[] = [
  ["of an instance", { instance_profile: {} }, "instance"],
  ["of a container", { container: {} }, "container"],
  [
    "for a web identity",
    { web_identity: { role_arn: roleArn, token_file: "FOLDER/token", session_name: "edge" } },
    "web-identity",
  ],
  [
    "that keys may assume",
    {
      file: { path: "FOLDER/credentials" },
      assume_role: { role_arn: roleArn, session_name: "edge", session_duration: "1h" },
    },
    "assume-role",
  ],
];

for (const [what, credentials, service] of sources) {
  describe(`a role ${what}`, () => {
    it("signs calls with its temporary keys and their session token", async (test) => {
      const gateway = await serve(service, credentials);
      test.after(() => gateway.close());
      // Envoy has looked in the real place first, and looks again before long.
      const response = await poll("a call", async () => {
        const answer = await gateway.send({ method: "POST", path: "/", body: '{"a": 1}' });
        return answer.status === 200 ? answer : undefined;
      });
      assert.equal(response.text, '{"a": 1}');
      const [call] = lambda.invocations;
      assert.equal(call?.request.headers["x-amz-security-token"], roles.keys.sessionToken);
      assert.match(String(call.request.headers.authorization), /Credential=ASIAROLE\//);
      assert.equal(lambda.received.length, 1, "an unsigned call has reached Lambda");
      const [grant] = roles.grants;
      assert.equal(grant?.service, service);
      if (service === "web-identity" || service === "assume-role") {
        assert.equal(grant.asked["RoleArn"], roleArn);
        assert.equal(grant.asked["RoleSessionName"], "edge");
      }
    });

    it("that is refused lets nothing reach Lambda", async (test) => {
      roles.refuses = true;
      const gateway = await serve(service, credentials);
      test.after(() => gateway.close());
      await poll("a refusal", () => roles.refusals.length > 0 || undefined);
      const response = await gateway.send({ method: "POST", path: "/", body: "{}" });
      assert.equal(`${response.status} ${response.text}`, "502 the function cannot be called\n");
      assert.deepEqual(lambda.received, []);
    });
  });
}

describe("temporary keys", () => {
  it("are fetched anew before they expire", async (test) => {
    roles.lifetimeS = 2;
    const gateway = await serve("container", { container: {} });
    test.after(() => gateway.close());
    const send = () => gateway.send({ method: "POST", path: "/", body: "{}" });
    assert.equal((await send()).status, 200);
    const next = { accessKeyId: "ASIANEXT", secretAccessKey: "next", sessionToken: "next/session" };
    const first = roles.keys;
    test.after(() => {
      roles.keys = first;
    });
    lambda.keys = roles.keys = next;
    await poll("a call with the next keys", async () => (await send()).status === 200 || undefined);
    assert.ok(roles.grants.length >= 2);
  });

  it("that no role server gives are asked for again", async (test) => {
    roles.refuses = true;
    const gateway = await serve("container", { container: {} });
    test.after(() => gateway.close());
    const send = () => gateway.send({ method: "POST", path: "/", body: "{}" });
    assert.equal((await send()).status, 502);
    roles.refuses = false;
    await poll("a call", async () => (await send()).status === 200 || undefined);
  });
});

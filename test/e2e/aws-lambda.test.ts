import assert from "node:assert/strict";
import { mkdtemp, rename, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, beforeEach, describe, it } from "node:test";
import type { JsonObject } from "../../src/lib/json.js";
import { Secret } from "../../src/model/secret.js";
import { builtinPlugins } from "../../src/plugins/index.js";
import { poll } from "../support/envoy-process.js";
import { startFunctionGateway, type FunctionGateway } from "../support/function-gateway.js";
import {
  startLambdaService,
  type AwsKeys,
  type LambdaFunction,
  type LambdaService,
} from "../support/lambda-service.js";
import { expectSample, readSample, sampleRequests } from "../support/sample-page.js";

const region = "eu-central-1";
const keys: AwsKeys = { accessKeyId: "AKIDTEST", secretAccessKey: "wJalr/XUtn+FEMI=K7MDENG" };
const secrets = new Map([["keys", secretOf(keys)]]);

function secretOf({ accessKeyId, secretAccessKey, sessionToken }: AwsKeys): Secret {
  return new Secret([
    ["access_key", `${accessKeyId}\n`],
    ["secret_key", secretAccessKey],
    ...(sessionToken === undefined ? [] : [["session_token", sessionToken] as const]),
  ]);
}

let lambda: LambdaService;
let gateway: FunctionGateway;
let folder: string;
before(async () => {
  folder = await mkdtemp(join(tmpdir(), "gloo-aws-"));
  lambda = await startLambdaService(region, keys);
  gateway = await startFunctionGateway(builtinPlugins, { upstreamCaFile: lambda.caFile });
});
beforeEach(() => {
  lambda.keys = keys;
  lambda.invocations.length = 0;
  lambda.functions = {
    echo: ({ payload }) => ({ body: payload, headers: { "content-type": "application/json" } }),
  };
});
after(async () => {
  await gateway.close();
  await lambda.close();
  await rm(folder, { recursive: true, force: true });
});

const functions = [
  { name: "echo", spec: { function_name: "echo" } },
  { name: "echo-live", spec: { function_name: "echo", qualifier: "live" } },
  { name: "echo-latest", spec: { function_name: "echo", qualifier: "$LATEST" } },
  { name: "page", spec: { function_name: "page", wrap: true } },
  { name: "missing", spec: { function_name: "missing" } },
];

/** An upstream with all functions. */
function upstream(name: string, spec: JsonObject): JsonObject {
  return { name, type: "aws", spec: { region, endpoint: lambda.url, ...spec }, functions };
}

/** A route from `/<name>/<function>` to each function. */
function routesTo(name: string): readonly JsonObject[] {
  return functions.map((own) => ({
    request_matcher: { path_prefix: `/${name}/${own.name}` },
    single_destination: { function: { upstream_name: name, function_name: own.name } },
  }));
}

async function serve(
  upstreams: readonly JsonObject[],
  routes: readonly JsonObject[],
  own: ReadonlyMap<string, Secret> = secrets,
): Promise<void> {
  // The longest prefixes first: `/x/echo` is the beginning of `/x/echo-live`.
  const ordered = [...routes].reverse();
  const virtual_services = [{ name: "all", routes: ordered }];
  await gateway.publish({ "config.json": JSON.stringify({ upstreams, virtual_services }) }, own);
  await gateway.resolved(upstreams.map(({ name }) => String(name)));
}

/** The one call that a request has become. */
async function invoke(path: string, body = '{"a": 1}', headers: Record<string, string> = {}) {
  const before = lambda.invocations.length;
  const response = await gateway.send({ method: "POST", path, headers, body });
  const call = lambda.invocations[before];
  assert.ok(call, `${response.status} ${response.text} ${await gateway.log()}`);
  assert.equal(lambda.invocations.length, before + 1);
  return { response, call };
}

for (const [name, spec] of [
  ["signed with the keys of a secret", { secret_ref: "keys" }],
  ["signed by Envoy itself", { credentials: { file: { path: "FILE" } } }],
] as const) {
  describe(`a function of AWS Lambda, ${name}`, () => {
    before(async () => {
      const path = join(folder, "credentials");
      await writeFile(
        path,
        `[default]\naws_access_key_id=${keys.accessKeyId}\naws_secret_access_key=${keys.secretAccessKey}\n`,
      );
      const text = JSON.stringify(spec).replace("FILE", path);
      const own = JSON.parse(text) as JsonObject;
      await serve(
        [
          upstream("plain", own),
          upstream("account", { ...own, account_id: "123456789012" }),
          upstream("passing", { ...own, function_errors: "pass" }),
        ],
        [
          ...routesTo("plain"),
          ...routesTo("account"),
          ...routesTo("passing"),
          {
            request_matcher: { path_prefix: "/later" },
            single_destination: { function: { upstream_name: "plain", function_name: "echo" } },
            extensions: { execution_style: "async" },
          },
        ],
      );
    });

    it("gets the body, and what it returns is the response", async () => {
      const { response, call } = await invoke("/plain/echo?q=1", '{"pet": "Füchsin"}');
      assert.equal(response.status, 200);
      assert.equal(response.text, '{"pet": "Füchsin"}');
      assert.equal(call.functionName, "echo");
      assert.equal(call.qualifier, null);
      assert.equal(call.type, "RequestResponse");
      assert.equal(call.request.headers.host, new URL(lambda.url).host);
    });

    it("is called by a GET, and with no body, too", async () => {
      const response = await gateway.send({ path: "/plain/echo" });
      assert.equal(response.status, 200, response.text);
      assert.equal(lambda.invocations[0]?.payload, "");
    });

    it("is called by its qualifier", async () => {
      assert.equal((await invoke("/plain/echo-live")).call.qualifier, "live");
      assert.equal((await invoke("/plain/echo-latest")).call.qualifier, "$LATEST");
    });

    it("is called in another account by its ARN", async () => {
      const { call } = await invoke("/account/echo-live");
      const arn = `arn:aws:lambda:${region}:123456789012:function:echo:live`;
      assert.equal(call.functionName, arn);
    });

    it("is called and not waited for if its execution style is async", async () => {
      const { call, response } = await invoke("/later");
      assert.equal(call.type, "Event");
      assert.equal(response.status, 202);
    });

    it("gets a whole request, and returns a whole response, if it is wrapped", async () => {
      lambda.functions = {
        page: ({ payload }) => ({
          body: JSON.stringify({
            statusCode: 418,
            headers: { "x-teapot": "yes" },
            body: Buffer.from(payload).toString("base64"),
            isBase64Encoded: true,
          }),
        }),
      };
      const { response } = await invoke("/plain/page/tea?cup=2", "milk", { "x-sugar": "no" });
      assert.equal(response.status, 418, response.text);
      assert.equal(response.headers["x-teapot"], "yes");
      const event = JSON.parse(response.text) as JsonObject;
      assert.equal(event["method"], "POST");
      assert.equal(event["raw_path"], "/plain/page/tea?cup=2");
      assert.deepEqual(event["query_string_parameters"], { cup: "2" });
      assert.equal((event["headers"] as JsonObject)["x-sugar"], "no");
      assert.doesNotMatch(response.text, /x-gloo-|AKID|wJalr/);
    });

    it("makes a 502 of a function that has failed, unless told otherwise", async () => {
      const failed = {
        headers: { "x-amz-function-error": "Unhandled" },
        body: '{"errorMessage": "out of tea"}',
      };
      lambda.functions = { echo: () => failed, page: () => failed };
      for (const path of ["/plain/echo", "/plain/page"]) {
        const { response } = await invoke(path);
        assert.equal(response.status, 502);
        assert.equal(response.text, failed.body);
      }
      const { response } = await invoke("/passing/echo");
      assert.equal(response.status, 200);
      assert.equal(response.headers["x-amz-function-error"], "Unhandled");
    });

    it("passes on that there is no such function", async () => {
      const { status, text } = await gateway.send({ path: "/plain/missing", method: "POST" });
      assert.equal(status, 404);
      assert.match(text, /Function not found: missing/);
    });

    it("signs what a client says in headers of AWS, and drops its credentials", async () => {
      const { call } = await invoke("/plain/echo", "{}", {
        authorization: "Bearer client",
        "x-amz-security-token": "client",
        "x-amz-date": "19700101T000000Z",
        "x-amz-content-sha256": "client",
        "x-amz-client-context": "  e30   =  ",
      });
      assert.match(call.request.headers.authorization ?? "", /^AWS4-HMAC-SHA256 /);
      assert.ok(call.request.headers["x-amz-client-context"]);
    });

    it("lets no header of its own and no key out", async () => {
      const { call } = await invoke("/plain/echo", "{}", { "x-gloo-secret-key": "client" });
      const sent = JSON.stringify(call.request.rawHeaders);
      assert.doesNotMatch(sent, /x-gloo-access|x-gloo-session|wJalr/);
    });

    it("refuses what is larger than Envoy holds in memory", async () => {
      const { status } = await gateway.send({
        method: "POST",
        path: "/plain/echo",
        body: Buffer.alloc(2 * 1024 * 1024, "x"),
      });
      assert.equal(status, 413);
      assert.equal(lambda.invocations.length, 0);
    });

    it("shows no key in a dump or a log", async () => {
      await invoke("/plain/echo");
      const shown = (await gateway.admin("/config_dump?include_eds")) + (await gateway.log());
      assert.doesNotMatch(shown, /wJalr|AKIDTEST/);
    });
  });
}

describe("credentials of AWS", () => {
  const calls = (name: string, spec: JsonObject) => serve([upstream(name, spec)], routesTo(name));

  it("that are wrong are refused by Lambda", async () => {
    await calls("wrong", { secret_ref: "keys" });
    lambda.keys = { ...keys, secretAccessKey: "another" };
    const { status, text } = await gateway.send({
      method: "POST",
      path: "/wrong/echo",
      body: "{}",
    });
    assert.equal(status, 403);
    assert.match(text, /the signature does not match/);
  });

  it("may expire, and change without a change of the config", async () => {
    await calls("expiring", { secret_ref: "keys" });
    await invoke("/expiring/echo");
    const next = { accessKeyId: "ASIANEXT", secretAccessKey: "next", sessionToken: "to/ken==" };
    lambda.keys = next;
    await serve(
      [upstream("expiring", { secret_ref: "keys" })],
      routesTo("expiring"),
      new Map([["keys", secretOf(next)]]),
    );
    await poll("the new keys", async () => {
      const { status } = await gateway.send({ method: "POST", path: "/expiring/echo", body: "{}" });
      return status === 200 ? true : undefined;
    });
  });

  it("that are empty send nothing anywhere", async () => {
    const count = lambda.received.length;
    const empty = secretOf({ accessKeyId: "", secretAccessKey: "" });
    await serve(
      [upstream("empty", { secret_ref: "keys" })],
      routesTo("empty"),
      new Map([["keys", empty]]),
    );
    const path = "/empty/echo";
    const headers = { "x-gloo-access-key": "AKIDTEST", "x-gloo-secret-key": keys.secretAccessKey };
    const response = await gateway.send({ method: "POST", path, headers, body: "{}" });
    assert.equal(`${response.status} ${response.text}`, "502 the function cannot be called\n");
    assert.equal(lambda.received.length, count);
  });

  it("in a file are read again when the file is replaced", async () => {
    const path = join(folder, "rotating");
    const write = async (own: AwsKeys) => {
      await writeFile(
        `${path}.new`,
        `[live]\naws_access_key_id=${own.accessKeyId}\naws_secret_access_key=${own.secretAccessKey}\n`,
      );
      await rename(`${path}.new`, path);
    };
    await write(keys);
    await calls("rotating", { credentials: { file: { path, profile: "live" } } });
    await invoke("/rotating/echo");
    const next = { accessKeyId: "AKIDNEXT", secretAccessKey: "next" };
    lambda.keys = next;
    await write(next);
    await poll("the new keys", async () => {
      const { status } = await gateway.send({ method: "POST", path: "/rotating/echo", body: "{}" });
      return status === 200 ? true : undefined;
    });
  });
});

describe("a route to functions of AWS Lambda", () => {
  it("shares its requests between functions, accounts and back ends", async () => {
    await serve(
      [
        upstream("one", { secret_ref: "keys" }),
        upstream("two", { secret_ref: "keys", account_id: "123456789012" }),
        {
          name: "back",
          type: "static",
          spec: { hosts: [{ addr: "127.0.0.1", port: gateway.backendPort }] },
        },
      ],
      [
        {
          request_matcher: { path_prefix: "/shared" },
          multiple_destinations: [
            ...(
              [
                ["one", "echo"],
                ["one", "echo-live"],
                ["two", "echo"],
              ] as const
            ).map(([upstream_name, function_name]) => ({
              destination: { function: { upstream_name, function_name } },
              weight: 1,
            })),
            { destination: { upstream: { name: "back" } }, weight: 1 },
          ],
        },
      ],
    );
    gateway.answer = ({ path }) => ({ body: path });
    const seen = new Set<string>();
    await poll("every destination", async () => {
      const { text, status } = await gateway.send({ method: "POST", path: "/shared", body: "{}" });
      assert.equal(status, 200, text);
      const call = lambda.invocations.pop();
      seen.add(call === undefined ? text : `${call.functionName} ${call.qualifier}`);
      return seen.size === 4 ? true : undefined;
    });
    const arn = `arn:aws:lambda:${region}:123456789012:function:echo`;
    assert.deepEqual([...seen].sort(), ["/shared", `${arn} null`, "echo live", "echo null"]);
  });

  it("ends after its timeout", async () => {
    await serve(
      [upstream("slow", { secret_ref: "keys" })],
      [{ ...routesTo("slow")[0], extensions: { timeout: "200ms" } }],
    );
    lambda.functions = { echo: () => undefined };
    assert.equal((await gateway.send({ path: "/slow/echo", method: "POST" })).status, 504);
  });

  it("signs again what it tries again", async () => {
    await serve(
      [upstream("again", { secret_ref: "keys" })],
      [{ ...routesTo("again")[0], extensions: { max_retries: 2 } }],
    );
    const answers = [{ status: 503 }, { headers: { "x-amz-function-error": "Unhandled" } }, {}];
    lambda.functions = { echo: () => answers.shift() };
    const { status } = await gateway.send({ path: "/again/echo", method: "POST", body: "{}" });
    assert.equal(status, 200);
    assert.equal(lambda.invocations.length, 3);
  });
});

describe("a wrapped function of AWS Lambda", () => {
  it("gets the same event when it is tried again", async () => {
    await serve(
      [upstream("pages", { secret_ref: "keys" })],
      routesTo("pages").map((route) => ({ ...route, extensions: { max_retries: 1 } })),
    );
    const answers = [{ status: 503 }, { body: '{"statusCode": 204}' }];
    lambda.functions = { page: () => answers.shift() };
    const { status } = await gateway.send({
      path: "/pages/page/tea?a=1",
      headers: { authorization: "Basic eDp5", "x-gloo-original": "4:POST2:/x------" },
    });
    assert.equal(status, 204);
    const [first, second] = lambda.invocations.map(({ payload }) => {
      const event = JSON.parse(payload) as { raw_path: string; headers: Record<string, string> };
      // What is left of the time is told to each try.
      delete event.headers["x-envoy-expected-rq-timeout-ms"];
      return event;
    });
    assert.equal(first?.raw_path, "/pages/page/tea?a=1");
    assert.equal(first?.headers["authorization"], "Basic eDp5");
    assert.deepEqual(second, first);
  });
});

describe("the sample of AWS Lambda functions", () => {
  const sample = "aws-lambda";
  before(async () => {
    const config = readSample(sample, "upstreams/lambda.yaml");
    assert.match(config, /^  secret_ref: aws-keys$/m);
    await gateway.publish(
      {
        "upstreams/lambda.yaml": config
          .replace("region:", `endpoint: ${lambda.url}\n  region:`)
          .replace("name: lambda", "name: sample"),
        "virtualservices/functions.yaml": readSample(
          sample,
          "virtualservices/functions.yaml",
        ).replaceAll("upstream_name: lambda", "upstream_name: sample"),
      },
      new Map([["aws-keys", secretOf(keys)]]),
    );
    await gateway.resolved(["sample"]);
  });

  const requests = sampleRequests(sample);
  for (const request of requests) {
    it(request.command, async () => {
      lambda.functions = { greet: runHandler("greet"), page: runHandler("page") };
      const response = await gateway.send(request.sent);
      expectSample(request, lambda.received.at(-1), response);
    });
  }

  it("has requests", () => assert.equal(requests.length, 4));
});

/** Runs the sample's code as Lambda does. */
function runHandler(name: string): LambdaFunction {
  return async ({ payload }) => {
    const file = new URL(
      `../../sample-functions/aws-lambda/functions/${name}.mjs`,
      import.meta.url,
    );
    const { handler } = (await import(file.href)) as {
      handler: (event: unknown) => Promise<unknown>;
    };
    try {
      return { body: JSON.stringify(await handler(JSON.parse(payload))) };
    } catch (cause) {
      const { message: errorMessage, name: errorType } = cause as Error;
      return {
        headers: { "x-amz-function-error": "Unhandled" },
        body: JSON.stringify({ errorMessage, errorType }),
      };
    }
  };
}

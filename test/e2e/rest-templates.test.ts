import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import fc from "fast-check";
import { builtinPlugins } from "../../src/plugins/index.js";
import { templateCase, type TemplateCase } from "../support/arbitrary-template.js";
import { startFunctionGateway, type FunctionGateway } from "../support/function-gateway.js";
import {
  render,
  RenderError,
  withParameter,
  writeDocument,
  writeTemplate,
  type Names,
  type Value,
} from "../support/template-model.js";

/** What the back end should get; undefined: nothing, the client is told of a mistake. */
interface Expected {
  readonly path: string;
  readonly header: string;
  readonly body: string;
}

function expectedOf({
  document,
  parameter,
  query,
  inMap,
  path,
  header,
  body,
}: TemplateCase): Expected | undefined {
  const parameters = new Map<string, Value>([["p", parameter]]);
  if (query !== undefined) parameters.set("q", query);
  const whole = inMap === undefined ? document : withParameter(document, ["map", "b"], inMap);
  const names: Names = [whole, parameters];
  try {
    const expected = {
      path: `/p/${render(path, names, "url")}`,
      header: render(header, names, "header").replace(/^[ \t]+|[ \t]+$/g, ""),
      body: render(body, names, "json"),
    };
    const segments = expected.path.split("?")[0]?.split("/") ?? [];
    return segments.includes(".") || segments.includes("..") ? undefined : expected;
  } catch (cause) {
    if (cause instanceof RenderError) return undefined;
    throw cause;
  }
}

/** The case as it was sent: what a failed run of a whole batch is about. */
function describeCase({
  document,
  parameter,
  query,
  inMap,
  path,
  header,
  body,
}: TemplateCase): string {
  const templates = [path, header, body].map((parts) => JSON.stringify(writeTemplate(parts)));
  return [writeDocument(document), JSON.stringify([parameter, query, inMap]), ...templates].join(
    "\n",
  );
}

describe("templates in a real Envoy", () => {
  let gateway: FunctionGateway;
  before(async () => {
    gateway = await startFunctionGateway(builtinPlugins);
  });
  after(() => gateway.close());

  async function publish(cases: readonly TemplateCase[]): Promise<void> {
    const functions = cases.map(({ path, header, body }, index) => ({
      name: `f${index}`,
      spec: {
        path: `/p/${writeTemplate(path)}`,
        headers: {
          ":method": "PUT",
          "content-type": "application/json",
          "x-made": `{# #}${writeTemplate(header)}`,
        },
        body: writeTemplate(body),
      },
    }));
    const routes = cases.map((_, index) => ({
      request_matcher: { path_prefix: `/f/${index}/` },
      single_destination: { function: { upstream_name: "back", function_name: `f${index}` } },
      extensions: { parameters: { path: `/f/${index}/{p}`, query: { q: "{q}", m: "{map.b}" } } },
    }));
    const hosts = [{ addr: "127.0.0.1", port: gateway.backendPort }];
    const upstream = {
      name: "back",
      type: "static",
      spec: { hosts },
      service_info: { type: "REST" },
      functions,
    };
    await gateway.publish({
      "config.json": JSON.stringify({
        upstreams: [upstream],
        virtual_services: [{ name: "all", routes }],
      }),
    });
  }

  async function check(one: TemplateCase, index: number): Promise<boolean> {
    const expected = expectedOf(one);
    const query = Object.entries({ q: one.query, m: one.inMap }).flatMap(([name, value]) =>
      value === undefined ? [] : [`${name}=${encodeURIComponent(value)}`],
    );
    gateway.received.length = 0;
    const response = await gateway.send({
      method: "POST",
      path: `/f/${index}/${encodeURIComponent(one.parameter)}?${query.join("&")}`,
      headers: { "content-type": "application/json" },
      body: writeDocument(one.document),
    });
    const got = gateway.received[0];
    if (expected === undefined) {
      assert.deepEqual([response.status, got], [400, undefined], response.text);
      return false;
    }
    assert.equal(response.status, 200, response.text);
    const found = {
      path: got?.path,
      header: Buffer.from(String(got?.headers["x-made"]), "latin1").toString(),
      body: got?.body.toString(),
    };
    assert.deepEqual(found, expected);
    assert.equal(got?.headers["content-length"], String(Buffer.byteLength(expected.body)));
    return true;
  }

  it("come to what a second implementation says", { timeout: 240_000 }, async () => {
    let rendered = 0;
    let refused = 0;
    await fc.assert(
      fc.asyncProperty(fc.array(templateCase, { minLength: 60, maxLength: 60 }), async (cases) => {
        await publish(cases);
        for (const [index, one] of cases.entries()) {
          const isRendered = await check(one, index).catch((cause: Error) => {
            throw new Error(`${cause.message}\n${describeCase(one)}`);
          });
          if (isRendered) rendered++;
          else refused++;
        }
      }),
      {
        numRuns: Number(process.env["TEMPLATE_RUNS"] ?? 8),
        endOnFailure: true,
        includeErrorInReport: true,
      },
    );
    assert.ok(rendered > 50 && refused > 10, `${rendered} rendered, ${refused} refused`);
  });
});

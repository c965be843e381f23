import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import type { Parameters } from "../../../src/templates/compile-function.js";
import { parsePattern, type Pattern } from "../../../src/templates/pattern.js";
import { readTemplates, type TemplateTexts } from "../../../src/templates/read-templates.js";
import {
  renderRequest,
  RenderFailure,
  type FunctionRequest,
} from "../../../src/templates/render-request.js";
import { templateCase, type TemplateCase } from "../../support/arbitrary-template.js";
import {
  render,
  RenderError,
  withParameter,
  writeDocument,
  writeTemplate,
  type Names,
  type Value,
} from "../../support/template-model.js";

function pattern(text: string): Pattern {
  const read = parsePattern(text, "path");
  return typeof read === "string" ? assert.fail(read) : read;
}

function renderWith(
  texts: TemplateTexts,
  request: Partial<FunctionRequest> = {},
  parameters?: Parameters,
): FunctionRequest {
  const templates = readTemplates("request", texts, (place, text, fault) =>
    assert.fail(`${JSON.stringify(place)} ${text} ${fault.problem}`),
  );
  const base = { method: "GET", scheme: "http", authority: "pets.example:80", path: "/", body: "" };
  return renderRequest({ templates, parameters }, { ...base, headers: new Map(), ...request });
}

/** What the second implementation of the language says; undefined: it cannot be rendered. */
function modelOf({ document, parameter, query, inMap, path, header, body }: TemplateCase) {
  const parameters = new Map<string, Value>([["p", parameter]]);
  if (query !== undefined) parameters.set("q", query);
  const whole = inMap === undefined ? document : withParameter(document, ["map", "b"], inMap);
  const names: Names = [whole, parameters];
  try {
    const made = {
      path: `/p/${render(path, names, "url")}`,
      header: render(header, names, "header").replace(/^[ \t]+|[ \t]+$/g, ""),
      body: render(body, names, "json"),
    };
    const segments = made.path.split("?")[0]?.split("/") ?? [];
    return segments.includes(".") || segments.includes("..") ? undefined : made;
  } catch (cause) {
    if (cause instanceof RenderError) return undefined;
    throw cause;
  }
}

function renderCase({ document, parameter, query, inMap, path, header, body }: TemplateCase) {
  const fields = Object.entries({ q: query, m: inMap }).flatMap(([name, value]) =>
    value === undefined ? [] : [`${name}=${encodeURIComponent(value)}`],
  );
  const texts = {
    path: `/p/${writeTemplate(path)}`,
    headers: { "content-type": "application/json", "x-made": `{# #}${writeTemplate(header)}` },
    body: writeTemplate(body),
  };
  const request = {
    method: "POST",
    path: `/f/${encodeURIComponent(parameter)}?${fields.join("&")}`,
    headers: new Map([["content-type", "application/json"]]),
    body: writeDocument(document),
  };
  const parameters = {
    path: pattern("/f/{p}"),
    query: new Map([
      ["q", pattern("{q}")],
      ["m", pattern("{map.b}")],
    ]),
  };
  try {
    const made = renderWith(texts, request, parameters);
    return { path: made.path, header: made.headers.get("x-made"), body: made.body };
  } catch (cause) {
    if (cause instanceof RenderFailure) return undefined;
    throw cause;
  }
}

describe("renderRequest()", () => {
  // test/e2e/rest-templates.test.ts compares that implementation with the Lua in a real Envoy.
  it("comes to what a second implementation says", () => {
    let rendered = 0;
    let refused = 0;
    fc.assert(
      fc.property(templateCase, (one) => {
        const expected = modelOf(one);
        assert.deepEqual(renderCase(one), expected);
        if (expected === undefined) refused++;
        else rendered++;
      }),
      { numRuns: 2_000 },
    );
    assert.ok(rendered > 100 && refused > 100, `${rendered} rendered, ${refused} refused`);
  });

  for (const [path, text, expected] of [
    ["/users/7", "/users/{id}", "7"],
    ["/users/7?x=1", "/users/{id}", "7"],
    ["/users/7/pets", "/users/{id}", undefined],
    ["/users/a%20b", "/users/{id}", "a b"],
    ["/users/?id=a+b", "/users/?id={id}", "a b"],
    ["/users/?id=a&b=c", "/users/?id={id}", undefined],
  ] as const) {
    it(`takes ${expected ?? "nothing"} from ${path} by ${text}`, () => {
      const made = renderWith(
        { path: '/{{ default(id, "none") }}' },
        { path },
        { path: pattern(text) },
      );
      assert.equal(made.path, `/${encodeURIComponent(expected ?? "none")}`);
    });
  }

  it("sets method and host, and says what the new body is", () => {
    const made = renderWith({
      headers: { ":method": "POST", host: "inner.example" },
      body: '{"of": "{{ header("x-who") }}"}',
    });
    assert.deepEqual(
      [made.method, made.authority, made.headers.get("content-type"), made.body],
      ["POST", "inner.example", "application/json", '{"of": ""}'],
    );
  });

  it("refuses what Envoy would refuse: a missing value, no JSON, a path that leads elsewhere", () => {
    const json = { headers: new Map([["content-type", "application/json"]]) };
    assert.throws(() => renderWith({ path: "/{{ id }}" }), /no value for "id"/);
    assert.throws(() => renderWith({ path: "/{{ id }}" }, { ...json, body: "{" }), /is not JSON/);
    assert.throws(
      () => renderWith({ path: "/a/{{ id }}" }, { ...json, body: '{"id": ".."}' }),
      /makes ".." a part of the path/,
    );
  });
});

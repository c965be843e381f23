import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { gzipSync } from "node:zlib";
import fc from "fast-check";
import type { JsonObject, JsonValue } from "../../src/lib/json.js";
import { builtinPlugins } from "../../src/plugins/index.js";
import {
  startFunctionGateway,
  type FunctionGateway,
  type Received,
  type Sent,
} from "../support/function-gateway.js";

let gateway: FunctionGateway;
before(async () => {
  gateway = await startFunctionGateway(builtinPlugins);
});
after(() => gateway.close());

/** A route to a function, or to the whole upstream, with its extensions. */
interface RouteTo {
  readonly function?: JsonObject;
  readonly extensions?: JsonObject;
}

/** Serves each entry below `/<name>/`, with functions of the same name. */
async function serve(routes: Readonly<Record<string, RouteTo>>): Promise<void> {
  const named = Object.entries(routes);
  await gateway.publish({
    "config.json": JSON.stringify({
      upstreams: [
        restUpstream(
          "back",
          gateway.backendPort,
          named.flatMap(([name, { function: spec }]) =>
            spec === undefined ? [] : [{ name, spec }],
          ),
        ),
        restUpstream("gone", 1, []),
      ],
      virtual_services: [
        {
          name: "all",
          routes: named.map(([name, { function: spec, extensions }]) => ({
            request_matcher: { path_prefix: `/${name}/` },
            single_destination:
              spec === undefined
                ? { upstream: { name: name === "gone" ? "gone" : "back" } }
                : { function: { upstream_name: "back", function_name: name } },
            ...(extensions && { extensions }),
          })),
        },
      ],
    }),
  });
}

function restUpstream(name: string, port: number, functions: readonly JsonValue[]): JsonObject {
  return {
    name,
    type: "static",
    spec: { hosts: [{ addr: "127.0.0.1", port }] },
    service_info: { type: "REST" },
    functions,
  };
}

const json = { "content-type": "application/json" };

async function refusal(request: Sent): Promise<string> {
  const count = gateway.received.length;
  const { status, text } = await gateway.send(request);
  assert.equal(gateway.received.length, count, "it reached the back end");
  return `${status} ${text.trimEnd()}`;
}

function bodyOf({ body }: Received): string {
  return body.toString();
}

describe("the parameters of a function", () => {
  before(() =>
    serve({
      path: {
        function: { path: "/{{ id }}/{{ post.slug }}?raw={{ id }}" },
        extensions: { parameters: { path: "/path/{id}/{post.slug}.html" } },
      },
      query: {
        function: { path: '/q?first={{ q }}&second={{ default(r, "none") }}' },
        extensions: { parameters: { query: { q: "{q}", "r[]": "n-{r}", s: "" } } },
      },
      "path-query": {
        function: { path: "/q/{{ a }}/{{ b }}" },
        extensions: { parameters: { path: "/path-query/{a}?b={b}" } },
      },
      header: {
        function: { headers: { "x-token": "{{ token }}", "x-all": "{{ x-user }}|{{ x-many }}" } },
        extensions: {
          parameters: {
            headers: { Authorization: "Bearer {token}", "X-User": "", "x-many": "{x-many}" },
          },
        },
      },
      authority: {
        function: { path: "/{{ tenant }}", headers: { ":authority": "{{ tenant }}.internal" } },
        extensions: { parameters: { authority: "{tenant}.example" } },
      },
      free: {
        function: {
          path: "/up{{ path }}",
          headers: { x: "{{ method }} {{ scheme }} {{ authority }}" },
        },
        extensions: { parameters: {} },
      },
      form: {
        function: {
          headers: { ":method": "PUT" },
          body: '{"name": "{{ pet.name }}", "age": {{ age }}}',
        },
        extensions: { parameters: { form: { "pet[name]": "{pet.name}", age: "{age}" } } },
      },
      "host-header": {
        function: { headers: { x: '{{ h }} {{ header("Host") }} {{ header(":authority") }}' } },
        extensions: { parameters: { headers: { Host: "{h}.example" } } },
      },
      greedy: {
        function: { headers: { x: "{{ a }}|{{ b }}|{{ c }}" } },
        extensions: { parameters: { path: "/greedy/{a}-{b}.{c}" } },
      },
    }),
  );

  it("come from the path, and are encoded anew where they go into one", async () => {
    const { path } = await gateway.deliver({ path: "/path/a%2Fb%20c/d%3Fe.html?ignored=1" });
    assert.equal(path, "/a%2Fb%20c/d%3Fe?raw=a%2Fb%20c");
  });

  it("are missing where a path does not have the form", async () => {
    for (const path of ["/path/a/b/c.html", "/path/a/.html", "/path/a/b.htm"]) {
      assert.equal(await refusal({ path }), '400 bad request: no value for "id"', path);
    }
  });

  it("come from the query, of which the first of a name counts", async () => {
    const { path } = await gateway.deliver({ path: "/query/?r%5B%5D=n-1&q=a+b%26c&q=no" });
    assert.equal(path, "/q?first=a%20b%26c&second=1");
    const { path: without } = await gateway.deliver({ path: "/query/?q=x&r%5B%5D=1" });
    assert.equal(without, "/q?first=x&second=none");
    assert.equal(await refusal({ path: "/query/?p=1" }), '400 bad request: no value for "q"');
    assert.equal(await refusal({ path: "/query/?q=" }), '400 bad request: no value for "q"');
  });

  it("come from path and query where the pattern has both", async () => {
    const { path } = await gateway.deliver({ path: "/path-query/x%2Fy?b=1+2" });
    assert.equal(path, "/q/x%2Fy/1%202");
  });

  it("come from headers, as a part or as a whole", async () => {
    const { headers } = await gateway.deliver({
      path: "/header/",
      headers: { authorization: "Bearer a.b", "x-user": "Ann, Bob", "x-many": "m" },
    });
    assert.equal(headers["x-token"], "a.b");
    assert.equal(headers["x-all"], "Ann, Bob|m");
    assert.equal(
      await refusal({ path: "/header/", headers: { authorization: "Basic x", "x-user": "u" } }),
      '400 bad request: no value for "token"',
    );
  });

  it("come from the authority, with or without a port", async () => {
    for (const host of ["acme.example", "acme.example:8080"]) {
      const { path, headers } = await gateway.deliver({ path: "/authority/", headers: { host } });
      assert.deepEqual([path, headers.host], ["/acme", "acme.internal"]);
    }
  });

  it("come from the host by either of its names", async () => {
    const { headers } = await gateway.deliver({
      path: "/host-header/",
      headers: { host: "a.example" },
    });
    assert.equal(headers["x"], "a a.example a.example");
  });

  it("are the request's own path, method, scheme and authority too", async () => {
    const { path, headers } = await gateway.deliver({
      path: "/free/a%20b?x=1",
      headers: { host: "a.example:81" },
    });
    assert.equal(path, "/up/free/a%20b?x=1");
    assert.equal(headers["x"], "GET http a.example:81");
  });

  it("come from forms, or from JSON of the same names", async () => {
    for (const [type, body] of [
      ["application/x-www-form-urlencoded", "pet%5Bname%5D=Rex+%22II%22&age=3&x"],
      ["application/x-www-form-urlencoded; charset=utf-8", "age=3&pet[name]=Rex%20%22II%22"],
      ["application/json", '{"pet": {"name": "Rex \\"II\\""}, "age": 3}'],
    ] as const) {
      const headers = { "content-type": type };
      const got = await gateway.deliver({ method: "POST", path: "/form/", headers, body });
      assert.equal(bodyOf(got), '{"name": "Rex \\"II\\"", "age": 3}');
      assert.equal(got.headers["content-type"], "application/json");
    }
    assert.equal(
      await refusal({
        method: "POST",
        path: "/form/",
        headers: { "content-type": "application/x-www-form-urlencoded" },
        body: "age=3",
      }),
      '400 bad request: no value for "pet.name"',
    );
  });

  it("take as much as they can, the first of them first", async () => {
    const { headers } = await gateway.deliver({ path: "/greedy/a-b-c.d.e" });
    assert.equal(headers["x"], "a-b|c.d|e");
  });
});

describe("the body of a function", () => {
  before(() =>
    serve({
      make: {
        function: {
          path: "/pets",
          headers: { ":method": "POST" },
          body: '{"id": {{ id }}, "name": "{{ name }}", "rest": {{ default(rest, null) }}}',
        },
        extensions: { parameters: { path: "/make/{id}" } },
      },
      keep: {
        function: { path: "/kept/{{ id }}" },
        extensions: { parameters: { path: "/keep/{id}" } },
      },
      peek: { function: { path: '/peeked/{{ default(pet.name, "nobody") }}' } },
      constant: { function: { headers: { ":method": "POST" }, body: '{"a": 1}' } },
      drop: { function: { path: "/dropped", body: "" } },
      text: { function: { body: "Hello {{ name }}!" } },
      typed: {
        function: { headers: { "content-type": "application/x+json" }, body: "[{{ name }}]" },
      },
      typeless: {
        function: { headers: { "content-type": "text/x-nothing" }, body: '{{ default(a, "") }}' },
      },
      form: {
        function: {
          headers: { "content-type": "application/x-www-form-urlencoded" },
          body: "a={{ a }}&b={{ b }}",
        },
      },
      xml: {
        function: { headers: { "content-type": "text/xml" }, body: '<a b="{{ a }}">{{ b }}</a>' },
      },
      sorted: {
        function: { body: "{{ sort(numbers) }} {{ max(numbers) }} {{ first(sort(numbers)) < 0 }}" },
      },
      zero: { function: { body: '[{{ round(2.5, "-0") }}, {{ length(range(-0)) }}]' } },
      loops: {
        function: {
          body: "[{% for x in xs %}{% for y in xs %}{% if x == y %}1,{% endif %}{% endfor %}{% endfor %}0]",
        },
      },
      grow: { function: { body: '["{% for x in range(1000) %}{{ s }}{% endfor %}"]' } },
    }),
  );

  it("is made from the JSON body, to the last digit and as it was written", async () => {
    const rest = '{ "big" : 12345678901234567890.10, "e":1E+2, "list":[ 1,2 ] }';
    const got = await gateway.deliver({
      method: "PUT",
      path: "/make/9007199254740993",
      headers: json,
      body: `{"name": "\\u00e9\\ud83d\\ude00 \\"x\\"\\n", "rest": ${rest}, "name2": null}`,
    });
    assert.deepEqual([got.method, got.path], ["POST", "/pets"]);
    assert.equal(
      bodyOf(got),
      `{"id": 9007199254740993, "name": "é😀 \\"x\\"\\n", "rest": ${rest}}`,
    );
    assert.equal(got.headers["content-length"], String(got.body.length));
    assert.equal(got.headers["content-type"], "application/json");
  });

  it("is added to a GET", async () => {
    const got = await gateway.deliver({ path: "/constant/" });
    assert.deepEqual([got.method, bodyOf(got)], ["POST", '{"a": 1}']);
    assert.equal(got.headers["content-length"], "8");
    assert.equal(got.headers["content-type"], "application/json");
    assert.equal(got.headers["transfer-encoding"], undefined);
  });

  it("stays as it is, and unread, where there is no template for it", async () => {
    const body = Buffer.alloc(3_000_000, "\xff\0{", "latin1"); // more than Envoy would buffer
    const headers = { "content-type": "application/octet-stream" };
    const got = await gateway.deliver({ method: "POST", path: "/keep/7", headers, body });
    assert.equal(got.path, "/kept/7");
    assert.ok(got.body.equals(body));
    assert.equal(got.headers["content-type"], "application/octet-stream");
  });

  it("stays as it is, and is read if it is JSON, where other templates need it", async () => {
    const body = '{"pet": {"name": "a/b"} }';
    const got = await gateway.deliver({ method: "POST", path: "/peek/", headers: json, body });
    assert.deepEqual([got.path, bodyOf(got)], ["/peeked/a%2Fb", body]);
    const headers = { "content-type": "image/png" };
    const other = await gateway.deliver({ method: "POST", path: "/peek/", headers, body: "PNG" });
    assert.deepEqual([other.path, bodyOf(other)], ["/peeked/nobody", "PNG"]);
    const none = await gateway.deliver({ path: "/peek/" });
    assert.deepEqual([none.path, bodyOf(none)], ["/peeked/nobody", ""]);
  });

  it("is dropped as it comes, whatever its size, where the function has none", async () => {
    for (const headers of [{}, { "transfer-encoding": "chunked" }]) {
      const got = await gateway.deliver({
        method: "POST",
        path: "/drop/",
        headers: { ...headers, "content-encoding": "gzip" },
        body: Buffer.alloc(3_000_000, "x"),
      });
      assert.equal(bodyOf(got), "");
      for (const name of ["content-type", "content-encoding"]) {
        assert.equal(got.headers[name], undefined, name);
      }
    }
    const none = await gateway.deliver({ path: "/drop/" });
    assert.deepEqual([bodyOf(none), none.headers["content-length"]], ["", undefined]);
  });

  it("is replaced unread where nothing of it is needed", async () => {
    for (const headers of [{}, { "transfer-encoding": "chunked" }]) {
      const got = await gateway.deliver({
        method: "POST",
        path: "/constant/",
        headers: { ...headers, "content-encoding": "gzip" },
        body: "not gzip",
      });
      assert.equal(bodyOf(got), '{"a": 1}');
      assert.equal(got.headers["content-encoding"], undefined);
      assert.equal(got.headers["content-length"], "8");
    }
  });

  it("has the type that it is of, unless the function says which", async () => {
    const body = '{"name": "x", "a": ""}';
    for (const [path, sent, wanted] of [
      ["/text/", "application/json", "text/plain; charset=utf-8"],
      ["/text/", "text/x-own", "text/x-own"],
      ["/make/1", "application/vnd.pet+json", "application/vnd.pet+json"],
      ["/make/1", "text/plain", "application/json"],
      ["/typed/", "text/plain", "application/x+json"],
      ["/typeless/", "text/plain", "text/x-nothing"],
      ["/drop/", "text/plain", undefined],
    ] as const) {
      const got = await gateway.deliver({
        method: "POST",
        path,
        headers: { "content-type": sent },
        body,
      });
      assert.equal(got.headers["content-type"], wanted, `${path} ${sent}`);
    }
  });

  it("escapes values as its type asks for", async () => {
    const body = JSON.stringify({ a: 'x&y="<é', b: "1 + 1 > 'a'\u0000" });
    const sent = { method: "POST", headers: json, body };
    const form = await gateway.deliver({ ...sent, path: "/form/" });
    assert.equal(bodyOf(form), "a=x%26y%3D%22%3C%C3%A9&b=1%20%2B%201%20%3E%20%27a%27%00");
    const xml = await gateway.deliver({ ...sent, path: "/xml/" });
    assert.equal(bodyOf(xml), '<a b="x&amp;y=&quot;&lt;é">1 + 1 &gt; &#39;a&#39;</a>');
  });

  it("compares numbers exactly, and sorts without mixing up what is equal", async () => {
    const body =
      '{"numbers": [-9007199254740992, 1.0, 1, -9007199254740993, 9007199254740993, 1e0]}';
    const got = await gateway.deliver({ method: "POST", path: "/sorted/", headers: json, body });
    assert.equal(
      bodyOf(got),
      "[-9007199254740993,-9007199254740992,1.0,1,1e0,9007199254740993] 9007199254740993 true",
    );
  });

  it("knows no zero with a sign where it counts", async () => {
    assert.equal(bodyOf(await gateway.deliver({ path: "/zero/" })), "[3.0, 0]");
  });

  it("is refused if it is not JSON, not UTF-8, encoded or nested too deeply", async () => {
    const post = (body: string | Buffer, headers = {}): Promise<string> =>
      refusal({ method: "POST", path: "/make/1", headers: { ...json, ...headers }, body });
    const unread = "400 bad request: the body is not JSON";
    for (const text of [
      "{",
      "nope",
      '{"a":1}}',
      "[1,]",
      '{"a" 1}',
      "01",
      '"\\x"',
      '"\u0001"',
      "1.",
      "tru",
      '{"a":1,}',
    ]) {
      assert.match(await post(text), new RegExp(`^${unread}: unexpected text at byte \\d+$`), text);
    }
    assert.equal(await post("{a}"), `${unread}: unexpected text at byte 2`);
    assert.equal(await post(Buffer.from('{"a":"\xff"}', "latin1")), `${unread}: it is not UTF-8`);
    assert.equal(await post(Buffer.from('"\xed\xa0\x80"', "latin1")), `${unread}: it is not UTF-8`);
    assert.equal(
      await post(gzipSync("{}"), { "content-encoding": "gzip" }),
      "400 bad request: the body is encoded, and so cannot be read",
    );
    assert.equal(await post("[".repeat(100_000)), "400 bad request: the body is nested too deeply");
    assert.equal(
      await post(`[${"1".repeat(401)}]`),
      "400 bad request: a number has more than 400 digits",
    );
    assert.equal(await post("[]"), '400 bad request: no value for "name"');
    assert.equal(await post(" \n "), '400 bad request: no value for "name"');
    assert.equal(await refusal({ path: "/make/1" }), '400 bad request: no value for "name"');
  });

  it("is refused if it is larger than Envoy buffers", async () => {
    const large = JSON.stringify({ name: "x".repeat(1_048_576) });
    const sent = { method: "POST", path: "/make/1", headers: json };
    assert.equal(await refusal({ ...sent, body: large }), "413 Payload Too Large");
    const name = '"\\'.repeat(150_000);
    const got = await gateway.deliver({ ...sent, body: JSON.stringify({ name }) });
    assert.equal((JSON.parse(bodyOf(got)) as JsonObject)["name"], name);
  });

  it("is refused if it makes templates work or grow without end", async () => {
    const sent = { method: "POST", headers: json };
    const xs = Array.from({ length: 1_000 }, (_, index) => index);
    assert.equal(
      await refusal({ ...sent, path: "/loops/", body: JSON.stringify({ xs }) }),
      "413 payload too large: too many steps",
    );
    assert.equal(
      await refusal({ ...sent, path: "/grow/", body: JSON.stringify({ s: "x".repeat(100_000) }) }),
      "413 payload too large: the result is too large",
    );
  });
});

describe("hostile values", () => {
  before(() =>
    serve({
      hostile: {
        function: {
          path: '/v1/{{ p }}/{{ default(body_value, "-") }}/end?a={{ p }}&b=1',
          headers: {
            "x-p": "{{ p }}",
            "x-h": "{{ h }}",
            "x-json": '{"p": "{{ p }}", "b": {{ default(body_value, null) }}, "admin": false}',
            "x-b": '{{ default(body_value, "") }}',
          },
          body: '{"p": "{{ p }}", "bare": {{ p }}, "h": "{{ h }}", "b": "{{ default(body_value, "") }}", "admin": false}',
        },
        extensions: { parameters: { path: "/hostile/{p}", headers: { "x-in": "{h}" } } },
      },
      host: {
        function: { headers: { ":authority": "{{ h }}", ":method": '{{ default(m, "GET") }}' } },
        extensions: { parameters: { headers: { "x-in": "{h}", "x-m": "{m}" } } },
      },
      long: { function: { path: "/{{ s }}" } },
      "long-header": { function: { headers: { "x-s": "{{ s }}" } } },
      rooted: { function: { path: "{% if s %}{{ s }}{% endif %}" } },
    }),
  );

  const hostile = fc.oneof(
    fc.constantFrom(
      '"',
      "\\",
      '","admin":true,"x":"',
      "\u0000",
      "\r\nx-admin: 1",
      "%",
      "%0d%0a",
      "{{",
      "{{ p }}",
      "}}",
      "..",
      "../../admin",
      "a/../..",
      "?admin=1",
      "#",
      "&b=2",
      "\u2028",
      "\u007f",
      "\u202e",
      "true",
      '1, "admin": true',
    ),
    fc.string({ unit: "binary", minLength: 1, maxLength: 20 }),
  );

  it(
    "stay one string of JSON, one header and one part of a path",
    { timeout: 120_000 },
    async () => {
      const printable = hostile.filter((text) => /^[^\u0000-\u001f\u007f]+$/.test(text));
      await fc.assert(
        fc.asyncProperty(
          hostile.filter((text) => !text.includes("\0")),
          printable,
          hostile,
          async (p, h, b) => {
            gateway.received.length = 0;
            const header = Buffer.from(h)
              .toString("latin1")
              .replace(/^[ \t]+|[ \t]+$/g, "");
            const response = await gateway.send({
              method: "POST",
              path: `/hostile/${encodeURIComponent(p)}`,
              headers: { ...json, "x-in": header },
              body: JSON.stringify({ body_value: b }),
            });
            const [got] = gateway.received;
            if (got === undefined) {
              // A "." or ".." would be another path, and an empty header no parameter.
              const isDots = [p, b].some((text) => text === "." || text === "..");
              assert.ok(response.status === 400 || response.status === 404, response.text);
              assert.ok(isDots || header === "", response.text);
              return;
            }
            const made = JSON.parse(bodyOf(got)) as JsonObject;
            assert.deepEqual(Object.keys(made), ["p", "bare", "h", "b", "admin"]);
            assert.deepEqual([made["p"], made["b"], made["admin"]], [p, b, false]);
            assert.deepEqual(made["bare"], scalarOf(p));
            assert.equal(made["h"], Buffer.from(header, "latin1").toString());
            const [path = "", query, ...more] = got.path.split("?");
            assert.deepEqual(path.split("/"), ["", "v1", encoded(p), encoded(b) || "", "end"]);
            assert.deepEqual([query, more], [`a=${encoded(p)}&b=1`, []]);
            assert.equal(got.headers["x-admin"], undefined);
            assert.equal(got.headers["x-h"], header);
            const inHeader = Buffer.from(String(got.headers["x-json"]), "latin1").toString();
            assert.deepEqual(JSON.parse(inHeader), { p, b: scalarOf(b), admin: false });
          },
        ),
        { numRuns: 300, includeErrorInReport: true },
      );
    },
  );

  /** A text outside of a JSON string stands for the number or the word that it is. */
  function scalarOf(text: string): JsonValue {
    const isScalar = /^(?:true|false|null|-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?)$/.test(text);
    return isScalar ? (JSON.parse(text) as JsonValue) : text;
  }

  function encoded(text: string): string {
    return encodeURIComponent(text).replace(
      /[!'()*]/g,
      (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
    );
  }

  it("become JSON of UTF-8 if they are no text at all", async () => {
    const got = await gateway.deliver({
      method: "POST",
      path: "/hostile/%ff%c0%a2x%ed%a0%80",
      headers: { ...json, "x-in": "\xe9\xfe" },
      body: "{}",
    });
    const made = JSON.parse(
      new TextDecoder("utf-8", { fatal: true }).decode(got.body),
    ) as JsonObject;
    assert.deepEqual(
      [made["p"], made["h"]],
      ["\ufffd\ufffd\ufffdx\ufffd\ufffd\ufffd", "\ufffd\ufffd"],
    );
    assert.equal(got.path.split("/")[2], "%FF%C0%A2x%ED%A0%80");
  });

  it("are no hosts and no methods", async () => {
    for (const host of ["a/b", "a b", "a@b", "a\\b", "a?b"]) {
      assert.match(
        await refusal({ path: "/host/", headers: { "x-in": host } }),
        /^400 .* is not a host$/,
      );
    }
    for (const method of ["get", "A B", "GET/"]) {
      const headers = { "x-in": "a.example", "x-m": method };
      assert.match(await refusal({ path: "/host/", headers }), /^400 .* is not a method$/);
    }
    const { method, headers } = await gateway.deliver({
      path: "/host/",
      headers: { "x-in": "[::1]:80", "x-m": "DELETE" },
    });
    assert.deepEqual([method, headers.host], ["DELETE", "[::1]:80"]);
  });

  it("are refused as paths and headers that nobody would take", async () => {
    const body = JSON.stringify({ s: "x".repeat(40_000) });
    const sent = { method: "POST", headers: json };
    assert.equal(
      await refusal({ ...sent, path: "/long/", body }),
      "400 bad request: the path is too long",
    );
    assert.equal(
      await refusal({ ...sent, path: "/long-header/", body }),
      '400 bad request: the header "x-s" is too long',
    );
    assert.equal(
      await refusal({ ...sent, path: "/rooted/", body: '{"s": "a"}' }),
      '400 bad request: the path "a" does not begin with "/"',
    );
    for (const s of [".", ".."]) {
      assert.equal(
        await refusal({ ...sent, path: "/long/", body: JSON.stringify({ s }) }),
        `400 bad request: a parameter makes "${s}" a part of the path`,
      );
    }
  });
});

describe("the largest templates that are accepted", () => {
  const nested = (open: string, inner: string, close: string, depth: number): string =>
    open.repeat(depth) + inner + close.repeat(depth);
  const opened = "{% for x in xs %}{% if x %}".repeat(6);
  const closed = "{% endif %}{% endfor %}".repeat(6);
  const names = Array.from({ length: 64 }, (_, index) => `u.p${index}`);
  const templates: Readonly<Record<string, readonly [string, string]>> = {
    "default-in-default": [
      `[${opened}{{ ${nested("default(no, ", "x", ")", 22)} }}{{ ${nested("default(", "x", ", no)", 22)} }}${closed}]`,
      "[false1]",
    ],
    "calls-in-calls": [
      `[${opened}{{ ${nested("default(upper(", "x", '), "a")', 11)} }}${closed}]`,
      '["A"]',
    ],
    parentheses: [`[${opened}{{ ${nested("(not ", "x", ")", 10)} }}${closed}]`, "[true]"],
    lists: [
      `[${opened}{{ ${nested("[", "x", "]", 22)} }}${closed}]`,
      `[${nested("[", "1", "]", 22)}]`,
    ],
    "list-of-many": [`{{ length([${Array(1_900).fill("xs").join(",")}]) }}`, "1900"],
    "or-of-many": [
      `{{ ${Array(1_900).fill("xs.1").join(" or ")} or true }}`.replaceAll("xs.1", "no"),
      "true",
    ],
    branches: [
      `{% if no %}${Array(900).fill("1{% else if no %}").join("")}2{% else %}3{% endif %}`,
      "3",
    ],
    prints: ["{{ xs }}".repeat(990), "[1]".repeat(990)],
    loops: ["{% for x in xs %}{{ x }}{% endfor %}".repeat(330), "1".repeat(330)],
  };
  before(() =>
    serve({
      ...Object.fromEntries(
        Object.entries(templates).map(([name, [body]]) => [name, { function: { body } }]),
      ),
      parameters: {
        function: { body: "{{ length(u) }}" },
        extensions: {
          parameters: { query: Object.fromEntries(names.map((name) => [name, `{${name}}`])) },
        },
      },
    }),
  );

  for (const [name, [, wanted]] of Object.entries(templates)) {
    it(`run: ${name}`, async () => {
      const body = '{"xs": [1], "no": false}';
      const got = await gateway.deliver({ method: "POST", path: `/${name}/`, headers: json, body });
      assert.equal(bodyOf(got), wanted);
    });
  }

  it("run: parameters", async () => {
    const query = names.map((name) => `${name}=1`).join("&");
    const got = await gateway.deliver({ path: `/parameters/?${query}` });
    assert.equal(bodyOf(got), "64");
  });
});

describe("functions that only set headers", () => {
  before(() =>
    serve({
      constant: { function: { headers: { "x-a": "100% %PROTOCOL%", "x-empty": "" } } },
      nothing: { function: {} },
    }),
  );

  it("need no script", async () => {
    const { headers, path } = await gateway.deliver({
      path: "/constant/",
      headers: { "x-a": "old" },
    });
    assert.deepEqual([headers["x-a"], headers["x-empty"]], ["100% %PROTOCOL%", ""]);
    assert.equal(path, "/constant/");
    const dump = await gateway.admin("/config_dump?resource=dynamic_route_configs");
    assert.doesNotMatch(dump, /filter_context/);
  });

  it("send a request on as it is if they say nothing", async () => {
    const { path, body } = await gateway.deliver({
      method: "POST",
      path: "/nothing/?a=1",
      body: "x",
    });
    assert.deepEqual([path, body.toString()], ["/nothing/?a=1", "x"]);
  });
});

describe("response templates", () => {
  const template = {
    headers: {
      ":status": '{{ default(code, "200") }}',
      "x-name": "{{ pet.name }}",
      "x-etag": "{{ tag }}",
    },
    body: '{"name": "{{ pet.name }}", "type": "{{ header("content-type") }}"}',
  };
  const extensions = {
    response_template: template,
    response_parameters: { headers: { etag: 'W/"{tag}"' } },
  };
  before(() =>
    serve({
      plain: { extensions },
      both: { function: { path: "/made" }, extensions },
      headers: { extensions: { response_template: { headers: { "x-name": "{{ pet.name }}" } } } },
      constant: { extensions: { response_template: { body: "constant" } } },
      drop: { extensions: { response_template: { body: "" } } },
      gone: { extensions },
      slow: { extensions: { ...extensions, timeout: "100ms" } },
      strict: { function: { path: "/{{ missing }}" }, extensions },
    }),
  );

  const pet = {
    headers: { ...json, etag: 'W/"7"' },
    body: '{"pet": {"name": "R\\"x"}, "code": 201}',
  };

  it("make responses of routes and of functions anew", async () => {
    gateway.answer = () => pet;
    for (const path of ["/plain/", "/both/"]) {
      const response = await gateway.send({ path });
      assert.equal(response.status, 201);
      assert.equal(response.text, '{"name": "R\\"x", "type": "application/json"}');
      const { headers } = response;
      assert.deepEqual([headers["x-name"], headers["x-etag"]], ['R"x', "7"]);
      assert.equal(headers["content-length"], String(response.body.length));
      assert.equal(headers["x-gloo-origin"], undefined);
    }
    assert.equal(gateway.received.at(-1)?.path, "/made");
  });

  it("ask the back end for a body that can be read", async () => {
    gateway.answer = () => pet;
    for (const path of ["/plain/", "/both/", "/headers/"]) {
      const got = await gateway.deliver({ path, headers: { "accept-encoding": "gzip" } });
      assert.equal(got.headers["accept-encoding"], undefined);
    }
  });

  it("leave the body where they have none for it", async () => {
    gateway.answer = () => pet;
    const { text, headers } = await gateway.send({ path: "/headers/" });
    assert.deepEqual([text, headers["x-name"]], [pet.body, 'R"x']);
  });

  it("replace what they do not read", async () => {
    gateway.answer = () => ({ headers: { "content-type": "image/png" }, body: "x".repeat(30_000) });
    const { text, headers } = await gateway.send({ path: "/constant/" });
    assert.equal(text, "constant");
    assert.equal(headers["content-length"], "8");
    assert.equal(headers["content-type"], "image/png");
  });

  it("drop what they do not read as it comes, whatever its size", async () => {
    gateway.answer = () => ({ headers: json, body: "x".repeat(3_000_000) });
    const { status, text, headers } = await gateway.send({ path: "/drop/" });
    assert.deepEqual([status, text, headers["content-length"]], [200, "", "0"]);
    assert.equal(headers["content-type"], undefined);
  });

  it("leave Envoy's own replies alone", async () => {
    gateway.answer = () => pet;
    const gone = await gateway.send({ path: "/gone/" });
    assert.equal(gone.status, 503);
    assert.match(gone.text, /upstream connect error/);
    const refused = await gateway.send({ path: "/strict/" });
    assert.equal(refused.status, 400);
    assert.equal(refused.text, 'bad request: no value for "missing"\n');
    for (const { headers } of [gone, refused]) {
      assert.equal(headers["x-gloo-origin"], undefined);
      assert.equal(headers["x-name"], undefined);
    }
  });

  it("leave a back end's own errors as they are if they do not fit", async () => {
    gateway.answer = () => ({
      status: 404,
      headers: { "content-type": "text/plain" },
      body: "no pet",
    });
    const { status, text, headers } = await gateway.send({ path: "/plain/" });
    assert.deepEqual([status, text], [404, "no pet"]);
    assert.equal(headers["x-gloo-origin"], undefined);
  });

  it("answer 502 and why for a response that does not fit", async () => {
    for (const [body, why] of [
      ["nope", "the body is not JSON: unexpected text at byte 1"],
      ["{}", 'no value for "pet.name"'],
      ['{"pet": {"name": "x"}, "code": 42}', '"42" is not a status'],
    ] as const) {
      gateway.answer = () => ({ ...pet, body });
      const { status, text } = await gateway.send({ path: "/plain/" });
      assert.deepEqual([status, text], [502, `bad gateway: ${why}\n`]);
    }
  });

  it("give no body to what has none", async () => {
    gateway.answer = () => ({ headers: pet.headers });
    const head = await gateway.send({ method: "HEAD", path: "/plain/" });
    assert.deepEqual([head.status, head.text], [200, ""]);
    gateway.answer = () => ({ status: 204 });
    const empty = await gateway.send({ path: "/constant/" });
    assert.deepEqual([empty.status, empty.text], [204, ""]);
  });
});

describe("weighted destinations", () => {
  it("have a template each", async () => {
    const functions = (path: string) => [
      { name: "get", spec: { path, body: `{"by": "${path}"}` } },
    ];
    const destination = (upstream_name: string) => ({
      destination: { function: { upstream_name, function_name: "get" } },
      weight: 1,
    });
    await gateway.publish({
      "config.json": JSON.stringify({
        upstreams: [
          restUpstream("one", gateway.backendPort, functions("/one/{{ id }}")),
          restUpstream("two", gateway.backendPort, functions("/two?id={{ id }}")),
          restUpstream("plain", gateway.backendPort, []),
        ],
        virtual_services: [
          {
            name: "all",
            routes: [
              {
                request_matcher: { path_prefix: "/" },
                multiple_destinations: [
                  destination("one"),
                  destination("two"),
                  { destination: { upstream: { name: "plain" } }, weight: 1 },
                ],
                extensions: {
                  parameters: { path: "/pets/{id}" },
                  response_template: { headers: { "x-pet": "{{ pet }}" } },
                },
              },
            ],
          },
        ],
      }),
    });
    gateway.answer = () => ({ headers: json, body: '{"pet": "Rex"}' });
    const seen = new Set<string>();
    while (seen.size < 3) {
      const sent = { method: "POST", path: "/pets/7", headers: json, body: '{"id": 8}' };
      const count = gateway.received.length;
      const { status, headers, text } = await gateway.send(sent);
      assert.equal(headers["x-pet"], "Rex", `${status} ${text}`);
      const got = gateway.received[count];
      assert.ok(got);
      seen.add(`${got.path} ${bodyOf(got)}`);
      assert.ok(gateway.received.length < 5_000);
    }
    assert.deepEqual([...seen].sort(), [
      '/one/7 {"by": "/one/7"}',
      '/pets/7 {"id": 8}',
      '/two?id=7 {"by": "/two?id=7"}',
    ]);
  });
});

it("the log of Envoy has no complaint", async () => {
  assert.doesNotMatch(await gateway.log(), /script log|lua error|function:/i);
});

import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { decode, unwrapAny } from "../../../src/envoy/codec.js";
import { typeUrls } from "../../../src/envoy/type-urls.js";
import { builtinPlugins } from "../../../src/plugins/index.js";
import { createAssembler } from "../../../src/snapshot/assemble.js";
import { createPluginSet } from "../../../src/translate/plugin-set.js";
import { createTranslator, defaultTranslationSettings } from "../../../src/translate/translate.js";
import { configOf, prefixRoute, staticUpstream, virtualService } from "../../support/config.js";

/** Builds configs of upstreams by name and port; each has a route of its own. */
function createBuild() {
  const translator = createTranslator(createPluginSet(builtinPlugins), defaultTranslationSettings);
  const assembler = createAssembler();
  return (ports: Readonly<Record<string, number>>, commit = "0") => {
    const names = Object.keys(ports);
    const config = configOf({
      upstreams: names.map((name) => staticUpstream(name, [`10.0.0.1:${ports[name]}`])),
      virtualServices: names.map((name) =>
        virtualService(name, { routes: [prefixRoute("/", name)] }),
      ),
    });
    const inputs = { secrets: new Map(), endpoints: new Map() };
    const snapshot = assembler.assemble(commit, translator.translate(config, inputs).value);
    const sets = snapshot.roles.get("ingress")?.sets;
    return { snapshot, sets };
  };
}

describe("createAssembler()", () => {
  it("keeps sets and resources that say the same, also where messages were made anew", () => {
    const build = createBuild();
    const before = build({ a: 1, b: 2 }, "one");
    const published = before.sets?.get(typeUrls.endpoints)?.resources.get("b");
    const after = build({ a: 1, b: 3 }, "two");
    assert.equal(after.snapshot.commit, "two");
    for (const kind of ["cluster", "listener", "route"] as const) {
      assert.equal(after.sets?.get(typeUrls[kind]), before.sets?.get(typeUrls[kind]), kind);
    }
    const [was, is] = [before, after].map(({ sets }) => sets?.get(typeUrls.endpoints));
    assert.notEqual(is?.version, was?.version);
    assert.equal(is?.resources.get("a"), was?.resources.get("a"));
    assert.notEqual(is?.resources.get("b"), was?.resources.get("b"));
    // What was published is never written to.
    assert.equal(was?.resources.get("b"), published);
  });

  it("gives equal content equal versions, whatever came between", () => {
    const build = createBuild();
    const first = build({ a: 1, b: 2 });
    build({ b: 2 });
    build({ a: 1, b: 2, c: 3 });
    build({ c: 3, b: 9 });
    const again = build({ b: 2, a: 1 });
    assert.equal(again.snapshot.id, first.snapshot.id);
    assert.equal(createBuild()({ a: 1, b: 2 }).snapshot.id, first.snapshot.id);
  });

  it("keeps resources in the order of names when some come and go", () => {
    const build = createBuild();
    for (const names of ["b", "abc", "ac", "bd", "abcd", ""]) {
      const ports = Object.fromEntries([...names].reverse().map((name) => [name, 1]));
      const { sets } = build(ports);
      const found = [...(sets?.get(typeUrls.cluster)?.resources.keys() ?? [])];
      assert.deepEqual(found, [...names]);
    }
  });

  it("puts a route table together from virtual hosts as if it were encoded whole", () => {
    const { sets } = createBuild()({ a: 1, b: 2 });
    const [table] = sets?.get(typeUrls.route)?.resources.values() ?? [];
    assert.ok(table);
    const { type, value } = unwrapAny(table.any);
    assert.equal(type, "envoy.config.route.v3.RouteConfiguration");
    const message = decode("envoy.config.route.v3.RouteConfiguration", value);
    assert.equal(message.name, table.name);
    assert.deepEqual(
      message.virtual_hosts?.map(({ name, domains }) => [name, domains]),
      [
        ["a", ["a.example"]],
        ["b", ["b.example"]],
      ],
    );
  });
});

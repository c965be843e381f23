import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { loadPlugins } from "../../../src/app/load-plugins.js";
import { OperationalError } from "../../../src/app/operational-error.js";

describe("loadPlugins()", () => {
  const packages: Readonly<Record<string, unknown>> = {
    good: { plugins: [{ name: "one" }, { name: "two" }] },
    "@scope/other/plugins": { plugins: [{ name: "three" }] },
    none: { default: [] },
    nameless: { plugins: [{ name: "four" }, {}] },
  };
  const importPackage = (name: string): Promise<unknown> =>
    name in packages
      ? Promise.resolve(packages[name])
      : Promise.reject(new SyntaxError("Unexpected token\nat line 1"));

  it("loads the plugins of every package, in order", async () => {
    const plugins = await loadPlugins(["@scope/other/plugins", "good"], importPackage);
    assert.deepEqual(
      plugins.map(({ name }) => name),
      ["three", "one", "two"],
    );
  });

  for (const [name, message] of [
    ["none", /^--plugin none: it exports no array `plugins`$/],
    ["nameless", /^--plugin nameless: plugins\[1\] is not a plugin/],
    ["broken", /^--plugin broken: it cannot be loaded: Unexpected token$/],
  ] as const) {
    it(`says what is wrong with the package "${name}"`, async () => {
      await assert.rejects(loadPlugins([name], importPackage), (error) => {
        assert.ok(error instanceof OperationalError);
        assert.equal(error.code, "app/plugin");
        assert.match(error.message, message);
        return true;
      });
    });
  }

  for (const name of [
    "./x.js",
    "/etc/x.js",
    "file:///x.js",
    "data:text/javascript,1",
    "node:fs",
    "../x",
    "a/../b",
    "",
  ]) {
    it(`takes no "${name}" for a package`, async () => {
      await assert.rejects(loadPlugins([name], importPackage), /is not the name of an npm package/);
    });
  }

  it("says so when a package is not installed", async () => {
    await assert.rejects(
      loadPlugins(["gloo-plugin-that-is-not-there"]),
      /is not installed beside gloo/,
    );
  });

  it("really imports packages", async () => {
    await assert.rejects(loadPlugins(["picocolors"]), /exports no array `plugins`/);
  });
});

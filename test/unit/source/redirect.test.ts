import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { isRedirect, redirectTarget } from "../../../src/source/redirect.js";

const list = "/info/refs?service=git-upload-pack";

describe("redirectTarget()", () => {
  for (const [from, location, want] of [
    [`https://h/a${list}`, `https://h/b${list}`, `https://h/b${list}`],
    [`https://h/a${list}`, `/b${list}`, `https://h/b${list}`],
    [`http://h/a${list}`, `https://h/a${list}`, `https://h/a${list}`],
    [`https://h/a`, `https://h:443/b`, `https://h/b`],
    [`https://h/a`, `https://user:pw@h/b`, `https://h/b`],
  ] as const) {
    it(`follows from ${from} to ${location}`, () => {
      assert.equal(redirectTarget("GET", 302, from, location), want);
    });
  }

  for (const [from, location, message] of [
    ["https://h/a", "https://evil/a", /to another host, evil;/],
    ["https://h/a", "https://h.evil/a", /to another host/],
    ["https://h/a", "https://h:8443/a", /to another host, h:8443/],
    ["http://h:8080/a", "https://h/a", /to another host/],
    ["http://h/a", "https://h:8443/a", /to another host/],
    ["https://h/a", "//evil/a", /to another host/],
    ["https://h/a", "http://h/a", /from https to http/],
    ["https://h/a", "file:///etc/passwd", /to what is not HTTP/],
    ["https://h/a", "https://[", /to what is not a URL/],
    ["https://h/a", undefined, /to what is not a URL/],
  ] as const) {
    it(`refuses ${from} to ${location}`, () => {
      assert.throws(() => redirectTarget("GET", 302, from, location), {
        code: "source/redirect-refused",
        message,
      });
    });
  }

  it("lets a POST stay one, or refuses it", () => {
    for (const status of [307, 308]) {
      assert.equal(redirectTarget("POST", status, "https://h/a", "/b"), "https://h/b");
    }
    for (const status of [301, 302, 303]) {
      assert.throws(() => redirectTarget("POST", status, "https://h/a", "/b"), /a POST with HTTP/);
    }
  });
});

describe("isRedirect()", () => {
  it("knows the statuses that lead elsewhere", () => {
    const found = [200, 300, 301, 302, 303, 304, 305, 307, 308, 400].filter(isRedirect);
    assert.deepEqual(found, [301, 302, 303, 307, 308]);
  });
});

import assert from "node:assert/strict";
import { describe, it } from "node:test";
import {
  codeOf,
  networkErrorOf,
  parseRetryAfter,
  statusErrorOf,
} from "../../../src/source/network-error.js";
import { SourceError } from "../../../src/source/source-error.js";

const withCode = (code: string, message = "failed"): Error =>
  Object.assign(new Error(message), { code });

describe("networkErrorOf()", () => {
  for (const [code, want, message] of [
    ["ECONNREFUSED", "source/unreachable", /h:1 cannot be reached/],
    ["ENOTFOUND", "source/unreachable", /the host h:1 was not found/],
    ["EAI_AGAIN", "source/unreachable", /DNS/],
    ["UND_ERR_HEADERS_TIMEOUT", "source/timeout", /did not answer in time/],
    ["UND_ERR_CONNECT_TIMEOUT", "source/timeout", /did not answer in time/],
    ["ETIMEDOUT", "source/timeout", /did not answer in time/],
    ["DEPTH_ZERO_SELF_SIGNED_CERT", "source/tls", /set the CA file/],
    ["CERT_HAS_EXPIRED", "source/tls", /CERT_HAS_EXPIRED/],
    ["UNABLE_TO_VERIFY_LEAF_SIGNATURE", "source/tls", /set the CA file/],
    ["ERR_TLS_CERT_ALTNAME_INVALID", "source/tls", /for another host; check the URL/],
    ["ERR_SSL_WRONG_VERSION_NUMBER", "source/tls", /does not speak TLS/],
    ["EPROTO", "source/tls", /does not speak TLS/],
  ] as const) {
    it(`${want}: ${code}`, () => {
      const error = networkErrorOf(withCode(code), { url: "https://h:1/r" });
      assert.equal(error.code, want);
      assert.match(error.message, message);
    });
  }

  it("names the proxy where that may be at fault", () => {
    const route = { url: "https://h/r", proxy: "p:3128" };
    assert.match(
      networkErrorOf(withCode("ENOTFOUND"), route).message,
      /the proxy p:3128 was not found/,
    );
    assert.match(networkErrorOf(withCode("ECONNRESET"), route).message, /through the proxy p:3128/);
    const refusal = (status: number): Error =>
      new Error(`Proxy response (${status}) !== 200 when HTTP Tunneling`);
    assert.equal(networkErrorOf(refusal(407), route).code, "source/auth-failed");
    assert.equal(networkErrorOf(refusal(502), route).code, "source/unreachable");
  });

  it("leaves a source error as it is", () => {
    const error = new SourceError("source/protocol", "x");
    assert.equal(networkErrorOf(error, { url: "https://h" }), error);
  });
});

describe("codeOf()", () => {
  it("finds the code of the innermost failure that has one", () => {
    const inner = withCode("ECONNREFUSED");
    assert.equal(codeOf(new TypeError("fetch failed", { cause: inner })), "ECONNREFUSED");
    assert.equal(codeOf(new AggregateError([inner, withCode("EHOSTUNREACH")])), "ECONNREFUSED");
    assert.equal(codeOf(new Error("plain")), undefined);
    assert.equal(codeOf("text"), undefined);
    const loop = new Error("loop");
    loop.cause = loop;
    assert.equal(codeOf(loop), undefined);
  });
});

describe("statusErrorOf()", () => {
  for (const [status, headers, code] of [
    [401, {}, "source/auth-failed"],
    [403, {}, "source/auth-failed"],
    [403, { "x-ratelimit-remaining": "0" }, "source/rate-limited"],
    [404, {}, "source/repository-not-found"],
    [410, {}, "source/repository-not-found"],
    [429, {}, "source/rate-limited"],
    [500, {}, "source/unreachable"],
    [599, {}, "source/unreachable"],
    [204, {}, "source/protocol"],
    [418, {}, "source/protocol"],
  ] as const) {
    it(`${code}: ${status} ${JSON.stringify(headers)}`, () => {
      const error = statusErrorOf(status, headers, "https://h/r", 0);
      assert.equal(error.code, code);
      assert.match(error.message, new RegExp(`HTTP ${status}.*; `));
    });
  }
});

describe("parseRetryAfter()", () => {
  const now = Date.parse("2026-01-01T00:00:00Z");
  for (const [value, want] of [
    [undefined, undefined],
    ["5", 5_000],
    [" 0 ", 0],
    ["Thu, 01 Jan 2026 00:01:00 GMT", 60_000],
    ["Thu, 01 Jan 2015 00:00:00 GMT", 0],
    ["99999999999", 86_400_000],
    ["soon", undefined],
    ["-5", undefined],
  ] as const) {
    it(`${value} is ${want}`, () => assert.equal(parseRetryAfter(value, now), want));
  }
});

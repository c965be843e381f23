import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { createFormats } from "../../../src/validate/formats.js";

const formats = createFormats(100);

/** Format → texts that have it, and texts that do not. */
const table: Readonly<Record<string, readonly [readonly string[], readonly string[]]>> = {
  "gloo-name": [
    ["a", "pets", "pets-2.example", "0", "a".repeat(253)],
    ["", "Pets", "pets_2", "-a", "a-", ".a", "a b", "ä", "a/b", "a".repeat(254)],
  ],
  "gloo-duration": [
    ["0", "5s", "1m30s", "1500ms", "300.000s", "1.5h", ".5s", "1h2m3s4ms5us6ns", "7µs", "7μs", "+5s"],
    ["", "5", "s", "-5s", "5 s", "5sec", "1d", "1e3s", "300000000000h", "2562047h47m16s", "9".repeat(70) + "s"],
  ],
  "gloo-domain": [
    ["", "*", "a", "pets.example", "PETS.example", "*.pets.example", "pets.*", "*-pets.example",
      "pets.example:8443", "*:8443", "10.0.0.7", "10.0.0.7:80", "[::1]", "[::1]:80", "a_b.example",
      "xn--mnchen-3ya.example", "pets.example."],
    ["https://a", "a/b", "a b", "a..b", "*.*", "a*b", "*a*", "a:", "a:0", "a:65536", "a:b", "::1",
      "[::1", "[10.0.0.7]", "pets.*:80", "münchen.example", "a?b", "x".repeat(261)],
  ],
  "gloo-sni-domain": [
    ["pets.example", "*.pets.example", "*"],
    ["", "pets.*", "*-a.example", "pets.example:443", "a b"],
  ],
  "gloo-header-name": [
    ["x-a", "X-A", ":path", ":authority", "host", "x_a", "!#$%&'*+.^_`|~"],
    ["", ":", "x a", "x:a", "x\n", "ä", "::path"],
  ],
  "gloo-mutable-header-name": [["x-a", "server"], ["", ":path", "host", "HOST", "x a"]],
  "gloo-header-value": [["", "a b", "ä", "a\tb", "100%"], ["a\nb", "a\rb", "a\0", "\u007f"]],
  "gloo-header-format": [
    ["", "a", "%%", "50%%", "%PROTOCOL%", "%REQ(:path)%", "%START_TIME(%%Y)%".replace("%%Y", "s"),
      "%RESP(x-a):10%", "a%PROTOCOL%b%%", "%START_TIME(%Y-%m-%dT%H:%M:%S.%3fZ)%", "%PROTOCOL%%START_TIME%",
      "%CEL(re.extract(request.path, '/(.*)', '\\1'))%", '%DYNAMIC_METADATA(["a","b"])%'],
    ["%", "50%", "%protocol%", "%A", "a\n", "%%%", "%CLIENT_IP%", "%REQ%", "%REQ()%", "%REQ(a)%)%", "%REQ(a):b%"],
  ],
  "gloo-regex": [
    ["a", "/pets/[0-9]+", "(?i)pets", "a|b", "\\d{1,48}", "(?:a|bb){30}", "a{96}", "[{200}]", "\\{200\\}", "\\pL", "\\x{00ff}", "[\\\\x{100}]"],
    ["", "(", "(?!a)", "(?<=a)", "\\1", "a{1001}", "a{60}b{60}", "*", "[", "x".repeat(1025), "a{97}", "(a{50}){50}", "\\x{100}"],
  ],
  "gloo-matcher-value": [["", "a", "(", "a.*b"], ["(.*", "a\nb", "[.*"]],
  "gloo-origin": [
    ["*", "https://shop.example", "https://*.shop.example", "null", "x".repeat(200)],
    ["a\nb", `https://${"x".repeat(95)}.*`],
  ],
  "gloo-rewrite": [["", "/", "/a?b=c"], ["pets", "https://a/b", "/a b", "/a\n"]],
  "gloo-retry-conditions": [
    ["5xx", "connect-failure,refused-stream", "5xx, unavailable"],
    ["", "5xx,", "500", "5XX", "connect-failures"],
  ],
  "gloo-address": [
    ["10.0.0.7", "::1", "2001:db8::7", "localhost", "api.example.com", "a_b", "api.example.com."],
    ["", "10.0.0", "10.0.0.256", "[::1]", "http://a", "a:80", "a/b", "a b", "fe80::1%eth0", "ä.example"],
  ],
  "gloo-ip": [["10.0.0.7", "::", "::1", "0.0.0.0"], ["", "localhost", "10.0.0", "[::]", "fe80::1%eth0"]],
  "gloo-verb": [["GET", "get", "M-SEARCH"], ["", "GET,POST", "GET ", "G\n"]],
  "gloo-glob": [
    ["**/*.yaml", "docs/**", "a/{b,c}/*.yml", "*.draft.*"],
    ["/docs/**", "a\\b", "@(a|b)", "+(a)", "*".repeat(20), "a*b*c*d*e", "x".repeat(300)],
  ],
  "gloo-host-pattern": [
    ["169.254.169.254", "10.0.0.0/8", "fd00::/8", "*.internal", "metadata", "::1"],
    ["10.0.0.0/33", "fd00::/129", "a.example/24", "http://a", "fe80::1%eth0", "", "*".repeat(10), "a b"],
  ],
}; // prettier-ignore

describe("createFormats()", () => {
  it("has an example of every format", () => {
    assert.deepEqual([...formats.keys()].sort(), Object.keys(table).sort());
  });

  for (const [name, [good, bad]] of Object.entries(table)) {
    const format = formats.get(name);
    it(`${name}: takes what it should`, () => {
      for (const text of good) {
        assert.equal(format?.fault(text), undefined, JSON.stringify(text));
      }
    });

    it(`${name}: says why it takes no other`, () => {
      for (const text of bad) {
        const fault = format?.fault(text);
        assert.ok(typeof fault === "string" && fault.length > 0, JSON.stringify(text));
      }
    });
  }

  it("judges a regex that stands for millions of instructions without making them", () => {
    const start = process.cpuUsage();
    for (let index = 0; index < 1_000; index++) {
      assert.ok(formats.get("gloo-regex")?.fault(`${"x{1000}".repeat(100)}${index}`));
    }
    const { user } = process.cpuUsage(start);
    assert.ok(user < 2_000_000, `${user} us`);
  });
});

import assert from "node:assert/strict";
import { describe, it } from "node:test";
import {
  parseRepositoryLocation,
  repositoryUrlOf,
  scrubUrls,
} from "../../../src/source/remote-url.js";

const http = (url: string) => ({ kind: "http", url });
const ssh = (url: string, more: object = {}) => ({
  kind: "ssh",
  url,
  host: "example.com",
  ...more,
});
const local = (folder: string) => ({ kind: "local", folder });

describe("parseRepositoryLocation()", () => {
  for (const [text, want] of [
    ["https://example.com/org/repo.git", http("https://example.com/org/repo.git")],
    ["HTTPS://Example.com:443/repo//", http("https://example.com/repo")],
    ["http://[::1]:8080/r?token=x#y", http("http://[::1]:8080/r")],
    ["file:///srv/my%20repo", local("/srv/my repo")],
    ["/srv/my repo", local("/srv/my repo")],
    ["./config", local("./config")],
    ["a@b/c", local("a@b/c")],
    ["ssh://git@example.com/org/repo.git", ssh("ssh://git@example.com/org/repo.git")],
    ["ssh://example.com/r/", ssh("ssh://example.com/r")],
    ["ssh://git@example.com:2222/~/r", ssh("ssh://git@example.com:2222/~/r", { port: 2222 })],
    ["ssh://git@[::1]:22/r", ssh("ssh://git@[::1]:22/r", { host: "::1", port: 22 })],
    ["git@example.com:org/repo.git", ssh("git@example.com:org/repo.git")],
    ["git@example.com:/srv/r", ssh("git@example.com:/srv/r")],
  ] as const) {
    it(`reads ${text}`, () => {
      assert.deepEqual(parseRepositoryLocation(text), want);
    });
  }

  it("takes credentials out of a URL", () => {
    for (const [before, username, password] of [
      ["token@", "token", ""],
      ["u:p%40ss%2F@", "u", "p@ss/"],
      [":p@", "", "p"],
    ] as const) {
      assert.deepEqual(parseRepositoryLocation(`https://${before}example.com/r`), {
        ...http("https://example.com/r"),
        credentials: { kind: "basic", username, password },
      });
    }
  });

  for (const [text, message] of [
    ["git://example.com/r", /cannot be read over git; use https/],
    ["git+ssh://example.com/r", /cannot be read over git\+ssh/],
    // Git and ssh would take these for options (CVE-2017-1000117 and its like).
    ["ssh://-oProxyCommand=touch%20x/r", /no host that could be one/],
    ["ssh://git@-oProxyCommand=x/r", /no host that could be one/],
    ["ssh://-oProxyCommand=x@host/r", /user name in the ssh URL is not one/],
    ["-oProxyCommand=x@host:r", /user name in the ssh URL is not one/],
    ["git@-oProxyCommand=x:r", /no host that could be one/],
    ["git@host:-u/r", /names no path/],
    ["ssh://git@host/-upload-pack", /names no path/],
    ["ssh://git@host/a%0Ab", /names no path/],
    ["git@host:a\nb", /names no path/],
    ["ssh://git@host/", /names no path/],
    ["ssh://git:canary@host/r", /holds no password/],
    ["git:canary@host:r", /user name in the ssh URL is not one/],
    ["ssh://git@host/r?canary=x", /holds no password, query/],
    ["", /URL or path is empty/],
    ["a\0b", /URL or path is empty/],
    ["file://host/share", /file URL does not name a folder of this machine/],
    ["file:///a%2Fb", /file URL does not name a folder of this machine/],
    ["https://user:canary/secret@host:x/r", /is not one; expected https/],
    ["https://u:canary%zz@host/r", /has a % that escapes nothing/],
  ] as const) {
    it(`refuses ${JSON.stringify(text)} without showing a secret`, () => {
      assert.throws(
        () => parseRepositoryLocation(text),
        (error: Error) => message.test(error.message) && !error.message.includes("canary"),
      );
    });
  }
});

describe("scrubUrls()", () => {
  for (const [text, want] of [
    ["GET https://u:p@host/a failed", "GET https://host/a failed"],
    ["https://u:p@ss@host/a@b", "https://host/a@b"],
    ["'https://token@host'", "'https://host'"],
    ["https://host/a?token=x&y=z, then", "https://host/a then"],
    ["no URL, but a@b", "no URL, but a@b"],
  ] as const) {
    it(`scrubs ${text}`, () => assert.equal(scrubUrls(text), want));
  }
});

describe("repositoryUrlOf()", () => {
  it("cuts off what Git's protocol appends", () => {
    for (const end of ["", "/info/refs?service=git-upload-pack", "/git-upload-pack"]) {
      assert.equal(repositoryUrlOf(`https://h/r.git${end}`), "https://h/r.git");
    }
  });
});

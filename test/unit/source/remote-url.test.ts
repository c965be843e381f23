import assert from "node:assert/strict";
import { describe, it } from "node:test";
import {
  parseRepositoryLocation,
  repositoryUrlOf,
  scrubUrls,
} from "../../../src/source/remote-url.js";

const http = (url: string) => ({ kind: "http", url });
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
    ["ssh://git@example.com/r", /cannot be read over ssh; use https/],
    ["git@example.com:org/repo.git", /cannot be read over ssh/],
    ["git://example.com/r", /cannot be read over git/],
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

import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { rm } from "node:fs/promises";
import { afterEach, beforeEach, describe, it } from "node:test";
import { gatewayFiles } from "../../support/config-texts.js";
import { startControlPlane, type TestControlPlane } from "../../support/control-plane.js";
import { poll } from "../../support/envoy-process.js";
import { createTestRepository, type TestRepository } from "../../support/git-repo.js";
import { startGitServer, type Fault, type GitServer } from "../../support/git-server.js";

describe("a remote that", () => {
  let git: TestRepository;
  let remote: GitServer;
  let plane: TestControlPlane;
  let a: string;

  beforeEach(async () => {
    git = await createTestRepository();
    remote = await startGitServer(git.folder);
    a = await git.commit(gatewayFiles(9001));
    plane = await startControlPlane({ url: remote.url });
    await plane.reaches(a, "live");
  });
  afterEach(async () => {
    await plane.close();
    await remote.close();
    await git.remove();
  });

  const servesA = (): void => {
    assert.equal(plane.reconciler.serving()?.commit.commit.oid, a);
  };
  /** The loop comes back to the remote by itself, and has what it did not get before. */
  const recovers = async (): Promise<void> => {
    const next = await git.commit(gatewayFiles(9100), { parent: a });
    remote.setFault(undefined);
    await poll("it to work again", () =>
      plane.reconciler.status().source.error === undefined ? true : undefined,
    );
    // It may have been looked at in the moment before that commit.
    if (plane.record(next) === undefined) await plane.turn();
    await plane.reaches(next, "live");
    const { source, state } = plane.reconciler.status();
    assert.equal(source.error, undefined);
    assert.equal(source.head, next);
    assert.equal(state === "idle" || state === "working", true);
  };

  const faults: Readonly<Record<string, { readonly fault: Fault; readonly code: string }>> = {
    "hangs up": { fault: { kind: "hang-up" }, code: "source/unreachable" },
    "asks for credentials": { fault: { kind: "status", status: 401 }, code: "source/auth-failed" },
    "has a problem of its own": {
      fault: { kind: "status", status: 503 },
      code: "source/unreachable",
    },
    "is gone": { fault: { kind: "status", status: 404 }, code: "source/repository-not-found" },
    "tells half of its refs": {
      fault: { kind: "truncate", afterBytes: 60 },
      code: "source/protocol",
    },
    "answers with a page": {
      fault: { kind: "status", status: 200, body: "<html>Sign in</html>" },
      code: "source/protocol",
    },
  };
  for (const [what, { fault, code }] of Object.entries(faults)) {
    it(`${what} changes nothing, and is tried until it works`, async () => {
      remote.setFault(() => fault);
      const report = await plane.turn();
      assert.equal(report.result, "failed");
      assert.equal(report.error?.code, code);
      servesA();
      const { error } = plane.reconciler.status().source;
      assert.equal(error?.code, code);
      const { sinceMs } = error;
      await poll("more attempts", () =>
        (plane.reconciler.status().source.error?.attempts ?? 0) > 2 ? true : undefined,
      );
      assert.equal(plane.reconciler.status().source.error?.sinceMs, sinceMs);
      assert.equal(plane.reconciler.status().state === "stopped", false);
      servesA();
      await recovers();
    });
  }

  it("cuts a pack short changes nothing, and is tried until it works", async () => {
    await git.commit(gatewayFiles(9002));
    remote.setFault(({ method }) =>
      method === "POST" ? { kind: "cut", afterBytes: 100 } : undefined,
    );
    assert.equal((await plane.turn()).result, "failed");
    servesA();
    await recovers();
  });

  it("has lost the branch changes nothing, and is tried until it is back", async () => {
    await git.git("update-ref", "refs/heads/other", a);
    await git.git("update-ref", "-d", "refs/heads/main");
    const report = await plane.turn();
    assert.equal(report.error?.code, "source/ref-not-found");
    servesA();
    await recovers();
  });

  it("limits the rate is left alone for as long as it asks, but for a person", async () => {
    remote.setFault(() => ({ kind: "status", status: 429, headers: { "retry-after": "3600" } }));
    const report = await plane.turn();
    assert.equal(report.error?.code, "source/rate-limited");
    const { nextTurnAtMs } = await poll("the turn to end", () => {
      const status = plane.reconciler.status();
      return status.state === "backing-off" ? status : undefined;
    });
    assert.ok((nextTurnAtMs ?? 0) > Date.now() + 3_000_000);
    const asked = remote.requests.length;
    plane.reconciler.wake("webhook");
    plane.reconciler.wake("schedule");
    assert.equal(plane.reconciler.status().state, "backing-off");
    assert.equal(remote.requests.length, asked);
    remote.setFault(undefined);
    const next = await git.commit(gatewayFiles(9002));
    await plane.turn();
    await plane.reaches(next, "live");
  });

  it("is slow to show what a webhook named is asked again until it does", async () => {
    const old = await git.resolve("main");
    const next = await git.commit(gatewayFiles(9002));
    await git.git("update-ref", "refs/heads/main", old);
    const asked = remote.requests.length;
    plane.reconciler.wake("webhook", { expect: next });
    await poll("a look in vain", () => (remote.requests.length > asked ? true : undefined));
    await git.git("update-ref", "refs/heads/main", next);
    await plane.reaches(next, "live");
  });

  it("is pushed by force while it is read ends where the branch is", async () => {
    for (let request = 1; request < 5; request++) {
      const lost = await git.commit(gatewayFiles(9100 + request));
      const kept = await git.commit(gatewayFiles(9200 + request), { parent: a });
      await git.git("update-ref", "refs/heads/main", lost);
      let asked = 0;
      remote.setFault(() => {
        if (++asked === request) {
          execFileSync("git", ["-C", git.folder, "update-ref", "refs/heads/main", kept]);
        }
        return undefined;
      });
      await plane.turn();
      remote.setFault(undefined);
      await git.git("update-ref", "refs/heads/main", kept);
      await plane.turn();
      await plane.reaches(kept, "live");
      assert.equal(plane.reconciler.serving()?.commit.commit.oid, kept);
      assert.equal(plane.record(lost)?.state === "live", false);
    }
  });

  it("is damaged on disk here is fetched again", async () => {
    await rm(plane.state.mirrorFolder, { recursive: true, force: true });
    const next = await git.commit(gatewayFiles(9002));
    await plane.turn();
    await plane.reaches(next, "live");
  });
});

import assert from "node:assert/strict";
import { appendFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, it, type TestContext } from "node:test";
import type { CommitDetail, StatusResponse } from "../../../src/admin/api-types.js";
import { upstreamYaml, virtualServiceYaml } from "../../support/config-texts.js";
import { temporaryFolder } from "../../support/remote-source.js";
import { connectRobotEnvoy } from "../../support/robot-envoy.js";
import { startRunningServe, startServe, type RunningServe } from "../../support/serve-process.js";
import {
  createSigningRepository,
  makeSigningKey,
  signWithSsh,
  sshSigningSkip,
  type SigningKey,
  type SigningRepository,
} from "../../support/signing.js";

interface SignedFixture {
  readonly repo: SigningRepository;
  readonly ada: SigningKey;
  readonly eve: SigningKey;
  readonly allowed: string;
  readonly serving: RunningServe;
  /** Commits another port of the one upstream. Without a key: unsigned. */
  commit(port: number, key?: SigningKey): Promise<string>;
  until(commit: string, state: string): Promise<CommitDetail>;
  served(): Promise<string | undefined>;
}

async function serveSigned(t: TestContext, policy: "head" | "every"): Promise<SignedFixture> {
  const folder = await temporaryFolder(t);
  const repo = await createSigningRepository(t);
  const [ada, eve] = [await makeSigningKey(folder, "ada"), await makeSigningKey(folder, "eve")];
  const allowed = join(folder, "allowed");
  await writeFile(allowed, `ada@example.com namespaces="git" ${ada.publicKey}\n`);
  await repo.commit("virtualservices/front.yaml", virtualServiceYaml("front", "back"));
  const commit: SignedFixture["commit"] = (port, key) =>
    repo.commit(
      "upstreams/back.yaml",
      upstreamYaml("back", port),
      key === undefined ? {} : { config: signWithSsh(key.file), args: ["-S"] },
    );
  const first = await commit(9001, ada);
  const serving = await startRunningServe([
    ...["--repo", repo.folder, "--poll", "@every 1s", "--state-dir", join(folder, "state")],
    ...["--signature-policy", policy, "--signature-allowed-signers-file", allowed],
    ...["--log-level", "debug"],
  ]);
  t.after(() => serving.stop());
  const served = async (): Promise<string | undefined> =>
    (await serving.get<StatusResponse>("/api/v1/status")).serving?.commit.oid;
  await serving.until<StatusResponse>(
    "the first commit is served",
    "/api/v1/status",
    (status) => status.serving?.commit.oid === first,
  );
  return {
    ...{ repo, ada, eve, allowed, serving, commit, served },
    until: (oid, state) =>
      serving.until<CommitDetail>(`${oid} is ${state}`, `/api/v1/commits/${oid}`, (detail) => {
        return detail.state === state;
      }),
  };
}

describe("gloo serve with a signature policy", { skip: sshSigningSkip }, () => {
  it("keeps serving the last signed commit until there is another (head)", async (t) => {
    const { serving, commit, until, served, ada, eve } = await serveSigned(t, "head");
    const first = await served();
    const envoy = connectRobotEnvoy(serving.adsPort, "ingress~robot");
    t.after(() => envoy.close());
    const before = await envoy.waitFor("routes", (held) =>
      JSON.stringify(held).includes('"gloo-rds-http":'),
    );
    const line = await serving.line(
      "who signed is in the log",
      ({ msg }) => msg === "a commit is signed",
    );
    assert.equal(line["signer"], "ada@example.com");

    const unsigned = await until(await commitWhenKnown(serving, commit(9002)), "rejected");
    assert.match(unsigned.reason ?? "", /not signed; sign it/);
    const stranger = await until(await commitWhenKnown(serving, commit(9003, eve)), "rejected");
    assert.match(
      stranger.reason ?? "",
      /SHA256:\S+, which is nobody's in the allowed-signers file/,
    );
    assert.equal(await served(), first);
    assert.deepEqual(envoy.holdings(), before);

    const fixed = await commitWhenKnown(serving, commit(9004, ada));
    await until(fixed, "live");
    await envoy.waitFor(
      "the signed change",
      (held) => JSON.stringify(held) !== JSON.stringify(before),
    );
  });

  it("lets a commit in when its signer is added to the file", async (t) => {
    const { serving, commit, until, eve, allowed } = await serveSigned(t, "head");
    const oid = await commitWhenKnown(serving, commit(9002, eve));
    await until(oid, "rejected");
    await appendFile(allowed, `eve@example.com ${eve.publicKey}\n`);
    await until(oid, "live");
  });

  it("refuses what is built on an unsigned commit (every)", async (t) => {
    const { serving, repo, commit, until, served, ada } = await serveSigned(t, "every");
    const first = await served();
    await until(await commitWhenKnown(serving, commit(9002)), "rejected");
    const onTop = await until(await commitWhenKnown(serving, commit(9003, ada)), "rejected");
    assert.match(onTop.reason ?? "", /before it is refused: it is not signed/);
    assert.equal(await served(), first);
    // What was not signed is taken out of the history.
    repo.git("reset", "--quiet", "--hard", first ?? "");
    await until(await commitWhenKnown(serving, commit(9004, ada)), "live");
  });

  it("looks at what a merge brings in (every)", async (t) => {
    const { serving, repo, until, ada, eve } = await serveSigned(t, "every");
    const merge = async (name: string, signer: SigningKey): Promise<string> => {
      repo.git("checkout", "--quiet", "-b", name, "main");
      const config = signWithSsh(signer.file);
      await repo.commit(`${name}.yaml`, "", { config, args: ["-S"] });
      await repo.commit(`${name}-2.yaml`, "", { config: signWithSsh(ada.file), args: ["-S"] });
      repo.git("checkout", "--quiet", "main");
      const asAda = signWithSsh(ada.file).flatMap((one) => ["-c", one]);
      repo.git(...asAda, "merge", "--quiet", "--no-ff", "-S", "-m", `Merge ${name}`, name);
      return repo.git("rev-parse", "HEAD");
    };
    await until(await commitWhenKnown(serving, merge("good", ada)), "live");
    const refused = await until(await commitWhenKnown(serving, merge("bad", eve)), "rejected");
    assert.match(
      refused.reason ?? "",
      /^it merges commit \w{8}, which is refused: it is signed with/,
    );
  });

  it("does not start without a file that can be read", async (t) => {
    const folder = await temporaryFolder(t);
    const repo = await createSigningRepository(t);
    const common = ["--repo", repo.folder, "--state-dir", join(folder, "state")];
    for (const [args, message] of [
      [["--signature-policy", "head"], /goes with --signature-allowed-signers-file/],
      [
        ["--signature-keyring-file", join(folder, "k")],
        /--signature-policy head or every goes with/,
      ],
      [
        ["--signature-policy", "head", "--signature-keyring-file", join(folder, "none")],
        /--signature-policy: .*none, which says whose signatures count, cannot be read \(ENOENT\)/,
      ],
    ] as const) {
      const started = startServe([...common, ...args]);
      assert.equal((await started.ended).code, 2);
      assert.match(started.stderr(), message);
    }
  });
});

/** Waits until the server has seen a commit, so that no other comes in the same turn. */
async function commitWhenKnown(serving: RunningServe, made: Promise<string>): Promise<string> {
  const oid = await made;
  await serving.until<{ readonly commits: readonly { readonly oid?: string }[] }>(
    "the commit is known",
    "/api/v1/commits",
    (answer) => JSON.stringify(answer).includes(oid),
  );
  return oid;
}

import assert from "node:assert/strict";
import { rm, utimes, writeFile } from "node:fs/promises";
import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { createSignatureChecker } from "../../../src/signatures/signature-checker.js";
import type { SignatureFault } from "../../../src/signatures/signature-verdict.js";
import { createGitRepository } from "../../../src/source/create-git-repository.js";
import { neverAborted, temporaryFolder } from "../../support/remote-source.js";
import {
  createSigningRepository,
  createSuite,
  makeSigningKey,
  signWithSsh,
  sshSigningSkip,
  type SigningKey,
  type SigningRepository,
} from "../../support/signing.js";

describe("SSH signatures of commits", { skip: sshSigningSkip }, () => {
  let repo: SigningRepository;
  let ada: SigningKey;
  let eve: SigningKey;
  let signed: string;
  let allowed: string;
  /** Commits that Git takes and the checker does not. */
  const stricter = new Set<string>();
  let folder: string;

  const suite = createSuite();
  after(() => suite.end());
  before(async () => {
    folder = await temporaryFolder(suite);
    repo = await createSigningRepository(suite);
    ada = await makeSigningKey(folder, "ada");
    eve = await makeSigningKey(folder, "eve");
    signed = await commitSigned(ada);
    allowed = join(folder, "allowed");
  });

  let changes = 0;
  async function commitSigned({ file }: SigningKey, date?: string): Promise<string> {
    const dated = date === undefined ? {} : { GIT_COMMITTER_DATE: date };
    const text = `name: a${changes++}\n`;
    return repo.commit("a.yaml", text, { config: signWithSsh(file), env: dated, args: ["-S"] });
  }

  /** Judges as the checker does, and requires that Git itself comes to the same. */
  async function judge(oid: string, signers: string, env: NodeJS.ProcessEnv = process.env) {
    await writeFile(allowed, signers);
    const repository = createGitRepository({ url: repo.folder });
    const checker = createSignatureChecker({
      allowedSignersFile: allowed,
      readCommit: (commit, signal) => repository.rawCommit(commit, signal),
      env,
      now: Date.now,
    });
    const verdict = await checker.check(oid, neverAborted);
    const config = ["gpg.format=ssh", `gpg.ssh.allowedSignersFile=${allowed}`];
    const isGood = repo.verifies(oid, ...config);
    const said = `Git says ${isGood}: ${JSON.stringify(verdict)}`;
    if (!stricter.has(oid)) assert.equal(verdict.kind === "verified", isGood, said);
    await repository.close();
    return verdict;
  }

  async function expectRefused(oid: string, signers: string, code: SignatureFault, reason: RegExp) {
    const verdict = await judge(oid, signers);
    assert.equal(verdict.kind, "refused");
    assert.ok(verdict.kind === "refused");
    assert.equal(verdict.code, code, verdict.reason);
    assert.match(verdict.reason, reason);
    assert.match(verdict.reason, /^[^\n]+; \w/);
  }

  it("are good when a signer is listed, and say who and by which key", async () => {
    const verdict = await judge(signed, `ada@example.com ${ada.publicKey}\n`);
    assert.ok(verdict.kind === "verified");
    const { by, format, keyId } = verdict;
    assert.deepEqual([by, format], ["ada@example.com", "ssh"]);
    const listed = spawnSync("ssh-keygen", ["-lf", `${ada.file}.pub`], { encoding: "utf8" }).stdout;
    assert.ok(listed.includes(keyId), `${listed} has ${keyId}`);
  });

  for (const type of ["rsa", "ecdsa"] as const) {
    it(`are good with a key of type ${type}`, async () => {
      const key = await makeSigningKey(folder, type, type);
      const verdict = await judge(
        await commitSigned(key),
        `"*@example.com" namespaces="git" ${key.publicKey}\n`,
      );
      assert.equal(verdict.kind, "verified");
    });
  }

  it("are good with a certificate of an authority that is listed, and bad with another's", async () => {
    const authority = await makeSigningKey(folder, "authority");
    const member = await makeSigningKey(folder, "member");
    const args = ["-q", "-s", authority.file, "-I", "m", "-n", "member@example.com"];
    assert.equal(spawnSync("ssh-keygen", [...args, `${member.file}.pub`]).status, 0);
    const oid = await commitSigned({ ...member, file: `${member.file}-cert.pub` });
    const verdict = await judge(oid, `*@example.com cert-authority ${authority.publicKey}\n`);
    assert.ok(verdict.kind === "verified", JSON.stringify(verdict));
    await expectRefused(
      oid,
      `*@example.com cert-authority ${eve.publicKey}\n`,
      "signature/unknown-key",
      /nobody's in the allowed-signers file/,
    );
  });

  it("are refused when they are missing", async () => {
    const oid = await repo.commit("b.yaml", "name: b\n");
    await expectRefused(oid, `a ${ada.publicKey}\n`, "signature/missing", /not signed; sign it/);
  });

  it("are refused when nobody knows the key", async () => {
    const oid = await commitSigned(eve);
    await expectRefused(
      oid,
      `a ${ada.publicKey}\n`,
      "signature/unknown-key",
      /SHA256:\S+, which is nobody's/,
    );
    await expectRefused(oid, "", "signature/unknown-key", /add its line/);
    await expectRefused(oid, "what is this\n\0\n", "signature/unknown-key", /add its line/);
  });

  it("are refused when the key may sign other things only", async () => {
    const line = `a namespaces="file" ${ada.publicKey}\n`;
    await expectRefused(signed, line, "signature/unknown-key", /may not sign commits; add "git"/);
  });

  it("are judged at the time of the commit", async () => {
    const line = `a valid-after="20190101",valid-before="20200101" ${ada.publicKey}\n`;
    const inTime = await commitSigned(ada, "2019-06-01T12:00:00Z");
    assert.equal((await judge(inTime, line)).kind, "verified");
    const late = await commitSigned(ada, "2021-06-01T12:00:00Z");
    await expectRefused(late, line, "signature/expired-key", /not valid any more when the commit/);
    const later = line.replace("2019", "2039").replace("2020", "2040");
    await expectRefused(late, later, "signature/expired-key", /not valid yet/);
  });

  for (const [name, change] of [
    ["the message", (text: string) => text.replace("\n\nChange", "\n\nTamper")],
    ["the tree", (text: string) => text.replace(/^tree \w{8}/, "tree 12345678")],
    ["the author", (text: string) => text.replace("author Ada", "author Eve")],
    ["a header more", (text: string) => text.replace("\n\n", "\nextra header\n\n")],
    [
      "the signature's middle",
      (text: string) => text.replace(/\n ([A-Za-z0-9+/]{70})\n/, "\n AAAA$1\n"),
    ],
    [
      "the signature's end",
      (text: string) => text.replace(" -----END SSH SIGNATURE-----", " -----END"),
    ],
    [
      "its armor for nothing",
      (text: string) =>
        text.replace(/BEGIN SSH SIGNATURE-----\n( .*\n)+?/, "BEGIN SSH SIGNATURE-----\n \n"),
    ],
    ["a signature more", (text: string) => text.replace(/^gpgsig (?:.*\n )*.*\n/m, "$&$&")],
    [
      "a second tree",
      (text: string) => text.replace("\ngpgsig", `\ntree ${"1".repeat(40)}\ngpgsig`),
    ],
    ["a NUL in a header", (text: string) => text.replace("author Ada", "author A\0a")],
    [
      "a megabyte of signature",
      (text: string) => text.replace(/\n ([A-Za-z0-9+/]{70})\n/, `\n ${"A".repeat(1_000_000)}\n`),
    ],
  ] as const) {
    it(`are refused when somebody changed ${name}`, async () => {
      const text = repo.read(signed).toString("latin1");
      const changed = change(text);
      assert.notEqual(changed, text);
      const oid = repo.writeCommit(Buffer.from(changed, "latin1"));
      // Git joins signatures to one, of which the first counts.
      if (name === "a signature more") stricter.add(oid);
      await expectRefused(
        oid,
        `a ${ada.publicKey}\n`,
        "signature/bad",
        /sign it again|make it again/,
      );
    });
  }

  it("are refused when they are of the tree of another commit", async () => {
    const other = await commitSigned(ada);
    const signature = /^gpgsig (?:.*\n )*.*\n/m;
    const from = signature.exec(repo.read(signed).toString("latin1"))?.[0] ?? "";
    const text = repo.read(other).toString("latin1").replace(signature, from);
    const oid = repo.writeCommit(Buffer.from(text, "latin1"));
    await expectRefused(oid, `a ${ada.publicKey}\n`, "signature/bad", /does not fit the commit/);
  });

  it("of another kind are refused", async () => {
    const text = repo.read(signed).toString("latin1").replaceAll("SSH SIGNATURE", "SIGNED MESSAGE");
    const oid = repo.writeCommit(Buffer.from(text, "latin1"));
    await expectRefused(oid, `a ${ada.publicKey}\n`, "signature/unsupported", /neither of SSH nor/);
  });

  it("are judged anew when the file has changed; without the file nothing can be said", async () => {
    await writeFile(allowed, "");
    const checker = createSignatureChecker({
      allowedSignersFile: allowed,
      readCommit: (commit) => Promise.resolve(repo.read(commit)),
      env: process.env,
      now: Date.now,
    });
    assert.equal((await checker.check(signed, neverAborted)).kind, "refused");
    await writeFile(allowed, `a ${ada.publicKey}\n`);
    await utimes(allowed, 1, 1);
    assert.equal((await checker.check(signed, neverAborted)).kind, "verified");
    await rm(allowed);
    await assert.rejects(checker.check(signed, neverAborted), {
      name: "SignaturePolicyError",
      message:
        /allowed, which says whose signatures count, cannot be read \(ENOENT\); check the file/,
    });
  });

  it("cannot be judged without ssh-keygen", async () => {
    await writeFile(allowed, `a ${ada.publicKey}\n`);
    const checker = createSignatureChecker({
      allowedSignersFile: allowed,
      readCommit: (commit) => Promise.resolve(repo.read(commit)),
      env: { PATH: folder },
      now: Date.now,
    });
    await assert.rejects(checker.check(signed, neverAborted), {
      name: "SignaturePolicyError",
      message: /install openssh-client/,
    });
  });
});

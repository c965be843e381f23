import assert from "node:assert/strict";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { createSignatureChecker } from "../../../src/signatures/signature-checker.js";
import type { SignatureFault } from "../../../src/signatures/signature-verdict.js";
import { neverAborted, temporaryFolder } from "../../support/remote-source.js";
import {
  createGpgHome,
  createSigningRepository,
  createSuite,
  gpgSkip,
  type GpgHome,
  type SigningRepository,
} from "../../support/signing.js";

describe("OpenPGP signatures of commits", { skip: gpgSkip }, () => {
  let home: GpgHome;
  let repo: SigningRepository;
  let folder: string;
  let keyring: string;
  let ada: string;
  let signed: string;
  let changes = 0;
  const suite = createSuite();
  after(() => suite.end());
  before(async () => {
    folder = await temporaryFolder(suite);
    home = await createGpgHome(suite);
    repo = await createSigningRepository(suite, home.env);
    ada = home.makeKey("Ada <ada@example.com>");
    signed = await commitSigned(ada);
    keyring = join(folder, "keyring.asc");
    await home.exportTo(keyring, [ada]);
  });

  function commitSigned(key: string, program = "gpg"): Promise<string> {
    const config = [`user.signingKey=${key}!`, `gpg.program=${program}`];
    return repo.commit("a.yaml", `name: a${changes++}\n`, { config, args: ["-S"] });
  }

  async function judge(oid: string, file = keyring) {
    const checker = createSignatureChecker({
      keyringFile: file,
      readCommit: (commit) => Promise.resolve(repo.read(commit)),
      env: {},
      now: Date.now,
    });
    return checker.check(oid, neverAborted);
  }

  async function expectRefused(oid: string, file: string, code: SignatureFault, reason: RegExp) {
    const verdict = await judge(oid, file);
    assert.ok(verdict.kind === "refused", JSON.stringify(verdict));
    assert.equal(verdict.code, code, verdict.reason);
    assert.match(verdict.reason, reason);
    assert.match(verdict.reason, /^[^\n]+; \w/);
  }

  it("are good when the key is in the keyring, and say whose it is", async () => {
    assert.ok(repo.verifies(signed));
    assert.deepEqual(await judge(signed), {
      kind: "verified",
      format: "openpgp",
      by: "Ada <ada@example.com>",
      keyId: ada,
    });
  });

  it("are good with a keyring in binary, or of several blocks", async () => {
    const other = home.makeKey("Bea <bea@example.com>");
    const byBea = await commitSigned(other);
    const binary = join(folder, "keyring.gpg");
    await home.exportTo(binary, [ada, other], false);
    const blocks = join(folder, "blocks.asc");
    const both = [ada, other].map((key) => home.run("--armor", "--export", key));
    await writeFile(blocks, both.join("\n"));
    for (const file of [binary, blocks]) {
      for (const oid of [signed, byBea]) assert.equal((await judge(oid, file)).kind, "verified");
    }
  });

  for (const algorithm of ["rsa2048", "ed25519"]) {
    it(`are good with a key of ${algorithm}, and with a subkey`, async () => {
      const name = `Key of ${algorithm}`;
      home.run("--quick-generate-key", name, algorithm, "cert", "0");
      const listing = (): string => home.run("--with-colons", "--list-keys", `=${name}`);
      const primary = /^fpr:+([0-9A-F]{40}):/m.exec(listing())?.[1] ?? "";
      home.run("--quick-add-key", primary, algorithm, "sign", "0");
      const subkey = [...listing().matchAll(/^fpr:+([0-9A-F]{40}):/gm)][1]?.[1] ?? "";
      const file = join(folder, `${algorithm}.asc`);
      await home.exportTo(file, [primary]);
      const verdict = await judge(await commitSigned(subkey), file);
      assert.ok(verdict.kind === "verified", JSON.stringify(verdict));
      assert.equal(verdict.keyId, primary);
    });
  }

  it("are refused when the key is not in the keyring", async () => {
    const eve = home.makeKey("Eve <eve@example.com>");
    const oid = await commitSigned(eve);
    const reason = new RegExp(`OpenPGP key ${eve.slice(-16)}, which is not in the keyring`);
    await expectRefused(oid, keyring, "signature/unknown-key", reason);
  });

  it("are refused when the key has expired, also those made before, as Git does", async () => {
    const made = "20200101T000000";
    const old = home.makeKey("Old <old@example.com>", { at: made, expires: "1y" });
    const program = await home.programAt("20200601T000000");
    const oid = await commitSigned(old, program);
    const file = join(folder, "old.asc");
    await home.exportTo(file, [old]);
    assert.equal(repo.verifies(oid), false);
    await expectRefused(oid, file, "signature/expired-key", /has expired; extend it/);
  });

  it("are refused when the key was revoked", async () => {
    const lost = home.makeKey("Lost <lost@example.com>");
    const oid = await commitSigned(lost);
    const file = join(folder, "lost.asc");
    await home.exportTo(file, [lost]);
    assert.equal((await judge(oid, file)).kind, "verified");
    await home.revoke(lost);
    await home.exportTo(file, [lost]);
    assert.equal(repo.verifies(oid), false);
    await expectRefused(oid, file, "signature/revoked-key", /was revoked; sign with another/);
  });

  for (const [name, change] of [
    ["the message", (text: string) => text.replace("\n\nChange", "\n\nTamper")],
    ["the committer", (text: string) => text.replace("committer Ada", "committer Eve")],
    [
      "the signature's middle",
      (text: string) => text.replace(/\n ([A-Za-z0-9+/]{20})/, "\n AAAA$1"),
    ],
    [
      "the signature to nothing",
      (text: string) =>
        text.replace(
          /^gpgsig (?:.*\n )*.*\n/m,
          "gpgsig -----BEGIN PGP SIGNATURE-----\n \n -----END PGP SIGNATURE-----\n",
        ),
    ],
    [
      "the signature to text",
      (text: string) =>
        text.replace(
          /^gpgsig (?:.*\n )*.*\n/m,
          "gpgsig -----BEGIN PGP SIGNATURE-----\n what is this\n",
        ),
    ],
  ] as const) {
    it(`are refused when somebody changed ${name}`, async () => {
      const text = repo.read(signed).toString("latin1");
      const changed = change(text);
      assert.notEqual(changed, text);
      const oid = repo.writeCommit(Buffer.from(changed, "latin1"));
      assert.equal(repo.verifies(oid), false);
      await expectRefused(oid, keyring, "signature/bad", /sign it again/);
    });
  }

  it("are refused when there is no keyring, and SSH signatures when there is only one", async () => {
    const readCommit = (commit: string): Promise<Buffer> => Promise.resolve(repo.read(commit));
    const allowedSignersFile = join(folder, "allowed");
    await writeFile(allowedSignersFile, "");
    const common = { readCommit, env: {}, now: Date.now };
    const ssh = createSignatureChecker({ ...common, allowedSignersFile });
    const verdict = await ssh.check(signed, neverAborted);
    assert.ok(verdict.kind === "refused" && verdict.code === "signature/unknown-key");
    assert.match(verdict.reason, /there is no keyring; sign it with an SSH key/);
    const text = repo.read(signed).toString("latin1").replaceAll("PGP SIGNATURE", "SSH SIGNATURE");
    const oid = repo.writeCommit(Buffer.from(text, "latin1"));
    await expectRefused(oid, keyring, "signature/unknown-key", /no SSH keys are allowed; sign it/);
  });

  for (const [name, content] of [
    ["empty", ""],
    ["text", "no keys here\n"],
    [
      "an armor of nothing",
      "-----BEGIN PGP PUBLIC KEY BLOCK-----\n\n-----END PGP PUBLIC KEY BLOCK-----\n",
    ],
    ["noise", Buffer.alloc(5_000, 0x99)],
  ] as const) {
    it(`cannot be judged by a keyring that is ${name}`, async () => {
      const file = join(folder, "wrong");
      await writeFile(file, content);
      await assert.rejects(judge(signed, file), {
        name: "SignaturePolicyError",
        message: /keyring .*wrong cannot be used \([^\n]*\); write it with gpg --export/,
      });
    });
  }
});

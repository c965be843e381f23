import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, describe, it } from "node:test";
import { openSopsFile, readSopsFile } from "../../../src/secrets/sops/sops-file.js";
import { gitEnvironment, runGit } from "../../support/git-repo.js";
import { testCaFile } from "../../support/git-server.js";
import { createObjectBench, stdinOf, type ObjectBench } from "../../support/object-commands.js";
import { fixtureKeyring, sealedFile } from "../../support/sealed-file.js";

const keyring = await fixtureKeyring("control-plane");
const [recipient = ""] = keyring.recipients;
const certificateFile = testCaFile;
const keyFile = fileURLToPath(new URL("../../fixtures/tls/localhost.key", import.meta.url));
const lambdaText = `name: lambda
type: aws
spec: { region: us-east-1, secret_ref: lambda-keys }
functions:
  - name: list
    spec: { function_name: list }
`;

/** The values of an encrypted file, in the order of the text. */
async function opened(text: string): Promise<Readonly<Record<string, string>>> {
  const file = sealedFile(text);
  const unsealing = await keyring.unlock([file]);
  const found = unsealing.kind === "keys" ? unsealing.keyOf(file) : undefined;
  const read = readSopsFile(text, false);
  assert.ok(found?.kind === "key" && "envelope" in read, text);
  const values = openSopsFile(read, found.key.reveal());
  assert.ok(!("kind" in values));
  return Object.fromEntries(read.leaves.map(({ path }, i) => [path.join(), String(values[i])]));
}

describe("gloo secret", () => {
  let bench: ObjectBench;
  beforeEach(async () => {
    bench = await createObjectBench({
      "env/prod/upstreams/lambda.yaml": lambdaText,
      "env/prod/upstreams/web.yaml":
        "name: web\ntype: static\nspec:\n  hosts:\n    - addr: 10.0.0.1\n      port: 80\n",
    });
  });
  afterEach(() => bench.close());
  const secret = (args: readonly string[], changes: Parameters<ObjectBench["gloo"]>[1] = {}) =>
    bench.gloo(["secret", ...args, "--path", "env/prod"], changes);
  const aws = {
    env: { ...gitEnvironment, AWS_ACCESS_KEY_ID: "AKIA1", AWS_SECRET_ACCESS_KEY: "s3cr3t" },
  };
  const path = "env/prod/secrets/lambda-keys.yaml";

  it("create: encrypts for the recipients that are given, and prints no value", async () => {
    const args = ["create", "aws", "--name", "lambda-keys", "--env", "--age-recipient", recipient];
    const done = await secret(args, aws);
    assert.equal(done.code, 0, done.stderr);
    assert.match(
      done.stdout,
      new RegExp(`^created secret/lambda-keys in ${path} \\(commit [0-9a-f]{8}\\)\\n$`),
    );
    const text = await bench.committed(path);
    assert.deepEqual(await opened(text), { access_key: "AKIA1", secret_key: "s3cr3t" });
    for (const said of [text, done.stdout, done.stderr]) assert.ok(!/s3cr3t|AKIA1/.test(said));
    assert.equal(await bench.subject(), 'Create secret "lambda-keys"');
    const again = await secret(args, aws);
    assert.deepEqual(
      [again.code, again.stderr],
      [
        2,
        `gloo: there is secret "lambda-keys" already, in ${path}; \`gloo secret update\` replaces it\n`,
      ],
    );
  });

  it("get: says which there are and who uses them, never what they hold", async () => {
    const elsewhere = await secret(["get"]);
    assert.equal(
      elsewhere.stdout,
      "Name         Type  File                     In use by\nlambda-keys  aws   (not in the repository)  upstream/lambda\n",
    );
    await secret(
      ["create", "aws", "--name", "lambda-keys", "--env", "--age-recipient", recipient],
      aws,
    );
    const values = ["create", "values", "--name", "login", "-f", "-", "--age-recipient", recipient];
    assert.equal((await secret(values, stdinOf("user: ada\npassword: s3cr3t\n"))).code, 0);
    const table = await secret(["get"]);
    assert.equal(
      table.stdout,
      "Name         Type  File                               In use by\n" +
        `lambda-keys  aws   ${path}  upstream/lambda\n` +
        "login              env/prod/secrets/login.yaml\n",
    );
    const json = await secret(["get", "login", "--json"]);
    assert.deepEqual(JSON.parse(json.stdout), {
      name: "login",
      type: null,
      file: "env/prod/secrets/login.yaml",
      keys: ["user", "password"],
      usedBy: [],
    });
    assert.ok(!/s3cr3t/.test(table.stdout + json.stdout));
    const none = await secret(["get", "nope"]);
    assert.deepEqual(
      [none.code, none.stderr],
      [2, 'gloo: there is no secret "nope", and nobody refers to one\n'],
    );
  });

  it("create: takes recipients and rule from .sops.yaml of the branch, also behind a URL", async () => {
    await bench.remote.commit({
      "env/.sops.yaml": `creation_rules:\n  - path_regex: ^prod/secrets/\n    age: ${recipient}\n    encrypted_regex: ^tls\\.key$\n`,
    });
    const args = [
      "create",
      "certificate",
      "--name",
      "web-tls",
      "-c",
      certificateFile,
      "-p",
      keyFile,
    ];
    const done = await secret([...args, "--repository", bench.server.url]);
    assert.equal(done.code, 0, done.stderr);
    const text = await bench.committed("env/prod/secrets/web-tls.yaml", "remote");
    assert.match(text, /^tls\.crt: \|\n {2}-----BEGIN CERTIFICATE-----\n/);
    assert.match(text, /\ntls\.key: ENC\[/);
    assert.deepEqual(await opened(text), {
      "tls.crt": readFileSync(certificateFile, "utf8"),
      "tls.key": readFileSync(keyFile, "utf8"),
    });
  });

  it("create: refuses to write clear text, and says how", async () => {
    const args = ["create", "aws", "--name", "lambda-keys", "--env"];
    const nobody = await secret(args, aws);
    assert.deepEqual(
      [nobody.code, nobody.stderr],
      [
        2,
        "gloo: nobody is named who could open the secret, and clear text is not written; give --age-recipient age1…, or put .sops.yaml into the repository (docs/tasks/keep-secrets.md)\n",
      ],
    );
    await writeFile(join(bench.clone, ".sops.yaml"), "creation_rules: [{ pgp: ABCD }]\n");
    await runGit(bench.clone, ["add", ".sops.yaml"]);
    await runGit(bench.clone, ["commit", "--quiet", "-m", "Add rules"]);
    const other = await secret(args, aws);
    assert.deepEqual(
      [other.code, other.stderr],
      [
        2,
        "gloo: .sops.yaml does not say who could open it: its rule asks for pgp, which `sops` itself does; or give --age-recipient\n",
      ],
    );
  });

  it("update: replaces what it holds; delete: only if nobody uses it", async () => {
    const recipients = ["--age-recipient", recipient];
    const none = await secret(
      ["update", "aws", "--name", "lambda-keys", "--env", ...recipients],
      aws,
    );
    assert.equal(none.code, 2);
    assert.match(none.stderr, /there is no file of a secret "lambda-keys"/);
    await secret(["create", "aws", "--name", "lambda-keys", "--env", ...recipients], aws);
    const flags = ["--access-key-id", "AKIA2", "--secret-access-key", "other"];
    const done = await secret(["update", "aws", "--name", "lambda-keys", ...flags, ...recipients]);
    assert.equal(done.code, 0, done.stderr);
    assert.deepEqual(await opened(await bench.committed(path)), {
      access_key: "AKIA2",
      secret_key: "other",
    });
    const refused = await secret(["delete", "lambda-keys"]);
    assert.deepEqual(
      [refused.code, refused.stderr],
      [
        1,
        "gloo: secret/lambda-keys is in use; nothing was written\n  upstream/lambda\ngloo: change them first, or give --force\n",
      ],
    );
    const gone = await secret(["delete", "lambda-keys", "--force"]);
    assert.match(
      gone.stdout,
      /^deleted secret\/lambda-keys in env\/prod\/secrets\/lambda-keys.yaml /,
    );
  });

  it("reads what people have, and refuses what is of no use", async () => {
    const folder = join(bench.clone, "..");
    const put = async (name: string, text: string): Promise<string> => {
      await writeFile(join(folder, name), text);
      return join(folder, name);
    };
    const credentials = await put(
      "credentials",
      "[default]\naws_access_key_id = A\n\n[ci]\naws_access_key_id=B\naws_secret_access_key = c=d\naws_session_token = e\n",
    );
    const xml = await put("publish.xml", "<publishData></publishData>");
    const account = await put("account.json", '{ "type": "service_account", "private_key": "x" }');
    const token = await put("token", "eyJ\n");
    const other = await put("other.key", "no key\n");
    const create = (args: readonly string[], text = "") =>
      secret(["create", ...args, "--age-recipient", recipient], stdinOf(text));
    for (const [name, args, values, text] of [
      [
        "a",
        ["aws", "-f", credentials, "--profile", "ci"],
        { access_key: "B", secret_key: "c=d", session_token: "e" },
      ],
      ["b", ["google", "--token-file", token], { token: "eyJ" }],
      [
        "c",
        ["azure", "--master-key-file", token, "-f", "-"],
        { list: "k", _master: "eyJ" },
        "list: k\n",
      ],
      [
        "d",
        ["certificate", "--root-ca", certificateFile],
        { "tls.root": readFileSync(certificateFile, "utf8") },
      ],
    ] as const) {
      const done = await create([...args, "--name", name], text);
      assert.equal(done.code, 0, done.stderr);
      assert.deepEqual(
        await opened(await bench.committed(`env/prod/secrets/${name}.yaml`)),
        values,
      );
    }
    for (const [args, code, said, text] of [
      [
        ["aws", "-f", credentials],
        1,
        `gloo: an access key id and a secret access key are needed; profile "default" of ${credentials} lack one\n`,
      ],
      [
        ["aws", "-f", credentials, "--profile", "x"],
        1,
        `gloo: ${credentials} has no profile "x"\n`,
      ],
      [
        ["azure", "-f", xml],
        1,
        `gloo: ${xml} is a publish profile, which has no keys of functions; give a map of names and keys\n`,
      ],
      [
        ["google", "-f", account],
        1,
        `gloo: ${account} is the key of a service account, with which Envoy can do nothing; give ID tokens, or use the metadata server (docs/functions)\n`,
      ],
      [
        ["certificate", "-c", certificateFile],
        2,
        "gloo: --cert-chain and --private-key go together; give both\n",
      ],
      [
        ["certificate", "-c", certificateFile, "-p", other],
        1,
        `gloo: ${other} is no private key in PEM that is open, without a passphrase\n`,
      ],
      [
        ["certificate", "--root-ca", other],
        1,
        `gloo: ${other} does not begin with a certificate in PEM\n`,
      ],
      [
        ["values", "-f", "-"],
        1,
        'gloo: -: the value of "port" is no text; quote it\n',
        "port: 1\n",
      ],
      [["values"], 2, "gloo: give -f FILE, or -f - for stdin\n"],
    ] as const) {
      const wrong = await create([...args, "--name", "wrong"], text);
      assert.deepEqual([wrong.code, wrong.stderr], [code, said]);
    }
    const named = await create(["values", "-f", "-", "--name", "../x"], "a: b\n");
    assert.equal(named.code, 2);
    assert.match(named.stderr, /--name "..\/x" is no name/);
  });
});

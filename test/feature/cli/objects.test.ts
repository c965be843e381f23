import assert from "node:assert/strict";
import { chmod, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterEach, beforeEach, describe, it } from "node:test";
import { gitEnvironment, runGit } from "../../support/git-repo.js";
import {
  answering,
  createObjectBench,
  stdinOf,
  type ObjectBench,
} from "../../support/object-commands.js";

const petsText = `# The pets of the shop.

name:   pets      # as in the catalogue
type: service     # the word of 0.2.x
connectionTimeout: 5s
spec:
    hosts:
        # The old machine.
        - addr: 10.0.0.1   # rack 4
          port: 80
`;
const webText = `# Everything.
name: web
routes:
  # Pets go first.
  - request_matcher: { path_prefix: /pets, verbs: [GET] }
    single_destination:
      upstream: { name: pets }
`;
const catsText =
  "name: cats\ntype: static\nspec:\n  hosts:\n    - addr: 10.0.0.2\n      port: 80\n";

describe("gloo upstream, virtualservice, role and attribute", () => {
  let bench: ObjectBench;
  beforeEach(async () => {
    bench = await createObjectBench({
      "upstreams/pets.yaml": petsText,
      "virtualservices/web.yaml": webText,
      "README.md": "notes\n",
    });
  });
  afterEach(() => bench.close());

  it("get: prints tables, YAML and JSON, of one and of all", async () => {
    const table = await bench.gloo(["virtualservice", "get"]);
    assert.equal(table.code, 0, table.stderr);
    assert.equal(
      table.stdout,
      "Name  Domain  SSL  Route             Destination\nweb   *            prefix /pets GET  pets\n",
    );
    const yaml = await bench.glooAtUrl(["upstream", "get", "pets", "-o", "yaml"]);
    const version = (await bench.remote.resolve("main:upstreams/pets.yaml")).trim();
    assert.equal(
      yaml.stdout,
      "name: pets\ntype: static\nconnection_timeout: 5s\nspec:\n  hosts:\n    - addr: 10.0.0.1\n      port: 80\n" +
        `metadata:\n  resource_version: ${version}\n`,
    );
    const json = await bench.gloo(["upstream", "get", "--json"]);
    const [first] = JSON.parse(json.stdout) as { name: string }[];
    assert.equal(first?.name, "pets");
    assert.equal((await bench.gloo(["role", "get"])).stdout, "no roles\n");
    const none = await bench.gloo(["upstream", "get", "dogs"]);
    assert.deepEqual([none.code, none.stderr], [2, 'gloo: there is no Upstream "dogs"\n']);
  });

  it("get and delete: show what has mistakes, and are not led astray by it", async () => {
    await bench.remote.commit({
      "virtualservices/broken.yaml":
        "name: broken\ndomains: 7\nroutes: [null, { request_matcher: { verbs: GET } }]\n",
      "upstreams/broken.yaml": "name: broken\ntype: static\nfunctions: many\n",
    });
    const services = await bench.glooAtUrl(["virtualservice", "get"]);
    assert.equal(services.code, 0, services.stderr);
    assert.match(services.stdout, /\nbroken +\(has mistakes\)\nweb /);
    for (const args of [
      ["upstream", "get"],
      ["function", "get"],
      ["route", "get"],
      ["secret", "get"],
    ]) {
      const done = await bench.glooAtUrl(args);
      assert.equal(done.code, 0, `${args.join(" ")}: ${done.stderr}`);
    }
    const route = await bench.glooAtUrl(["route", "get", "-v", "broken"]);
    assert.deepEqual(
      [route.code, route.stderr],
      [
        2,
        "gloo: virtualservice/broken has mistakes, and its routes cannot be told; `gloo check` says which\n",
      ],
    );
    const gone = await bench.glooAtUrl(["upstream", "delete", "broken"]);
    assert.equal(gone.code, 0, gone.stderr);
  });

  it("create: commits what a file holds, in the work tree too", async () => {
    await writeFile(
      join(bench.clone, "new.yaml"),
      `${catsText}---\n${catsText.replace("cats", "dogs")}`,
    );
    const done = await bench.gloo(["upstream", "create", "-f", "new.yaml"]);
    assert.equal(done.code, 0, done.stderr);
    const commit = (await runGit(bench.clone, ["rev-parse", "HEAD"])).slice(0, 8);
    assert.equal(
      done.stdout,
      `created upstream/cats in upstreams/cats.yaml (commit ${commit})\n` +
        `created upstream/dogs in upstreams/dogs.yaml (commit ${commit})\n`,
    );
    assert.equal(await readFile(join(bench.clone, "upstreams/cats.yaml"), "utf8"), catsText);
    assert.equal(await bench.subject(), "Change 2 objects");
    const again = await bench.gloo(["upstream", "create", "-f", "new.yaml"]);
    assert.equal(again.code, 2);
    assert.equal(again.stderr, 'gloo: there is Upstream "cats" already, in upstreams/cats.yaml\n');
  });

  it("create: takes stdin, JSON, the Kubernetes form and the other dialect; pushes to a URL", async () => {
    const object = {
      apiVersion: "gloo.solo.io/v1",
      kind: "Upstream",
      metadata: { name: "cats", resourceVersion: "81", uid: "x", annotations: { a: "b" } },
      spec: {
        type: "service",
        connectionTimeout: "3s",
        spec: { hosts: [{ addr: "10.0.0.3", port: 80 }] },
      },
      status: { state: 1 },
    };
    const args = [
      "upstream",
      "create",
      "-f",
      "-",
      "--message",
      "Add cats",
      "--author",
      "Bob <bob@example.com>",
    ];
    const done = await bench.glooAtUrl([...args, "--json"], stdinOf(JSON.stringify(object)));
    assert.equal(done.code, 0, done.stderr);
    const report = JSON.parse(done.stdout) as { commit: string; branch: string; done: unknown };
    assert.deepEqual(report.done, [
      { action: "created", what: "upstream/cats", path: "upstreams/cats.yaml" },
    ]);
    assert.equal(await bench.remote.resolve("main"), report.commit);
    assert.equal(await bench.remote.git("log", "-1", "--format=%an %s", "main"), "Bob Add cats");
    assert.equal(
      await bench.committed("upstreams/cats.yaml", "remote"),
      "name: cats\ntype: service\nconnectionTimeout: 3s\nspec:\n  hosts:\n    - addr: 10.0.0.3\n      port: 80\nmetadata:\n  annotations:\n    a: b\n",
    );
  });

  it("create: writes nothing that is wrong, and says where", async () => {
    const head = await runGit(bench.clone, ["rev-parse", "HEAD"]);
    const wrong = await bench.gloo(
      ["upstream", "create", "-f", "-"],
      stdinOf(catsText.replace("hosts", "host")),
    );
    assert.equal(wrong.code, 1);
    assert.equal(
      wrong.stderr,
      'upstreams/cats.yaml:4:3: error schema/unknown-key: Upstream/cats#/spec/host: unknown key "host"; did you mean "hosts"?\n' +
        "  hint: keys here: hosts, enable_ipv6, tls, tls_config\n" +
        "gloo: nothing was written\n",
    );
    const broken = await bench.gloo(["upstream", "create", "-f", "-"], stdinOf("name: [\n"));
    assert.equal(broken.code, 1);
    assert.match(broken.stderr, /^stdin:\d+:\d+: error yaml\/syntax: /);
    const other = await bench.gloo(
      ["upstream", "create", "-f", "-"],
      stdinOf("kind: Role\nname: x\n"),
    );
    assert.equal(
      other.stderr,
      "gloo: stdin:1 is a role, not an upstream; `gloo role` takes it, and `gloo apply` takes all kinds\n",
    );
    const empty = await bench.gloo(["upstream", "create", "-f", "-"], stdinOf("\n"));
    assert.deepEqual([empty.code, empty.stderr], [1, "gloo: there is no object in stdin\n"]);
    const none = await bench.gloo(["upstream", "create"]);
    assert.deepEqual(
      [none.code, none.stderr],
      [2, "gloo: give -f FILE, or -f - for stdin, or --interactive\n"],
    );
    assert.equal(await runGit(bench.clone, ["rev-parse", "HEAD"]), head);
  });

  it("update: keeps comments, spellings and order; refuses what is made from an old version", async () => {
    const got = await bench.gloo(["upstream", "get", "pets", "-o", "yaml"]);
    const changed = stdinOf(got.stdout.replace("port: 80", "port: 81"));
    const dry = await bench.gloo(["upstream", "update", "-f", "-", "--dry-run"], changed);
    assert.equal(
      dry.stdout,
      "--- a/upstreams/pets.yaml\n+++ b/upstreams/pets.yaml\n@@ -7,4 +7,4 @@\n     hosts:\n         # The old machine.\n" +
        "         - addr: 10.0.0.1   # rack 4\n-          port: 80\n+          port: 81\n",
    );
    const done = await bench.gloo(["upstream", "update", "-f", "-"], changed);
    assert.equal(done.code, 0, done.stderr);
    assert.equal(
      await bench.committed("upstreams/pets.yaml"),
      petsText.replace("port: 80", "port: 81"),
    );
    const late = await bench.gloo(["upstream", "update", "-f", "-"], changed);
    assert.equal(late.code, 2);
    assert.match(
      late.stderr,
      /^gloo: upstreams\/pets.yaml has been changed in commit [0-9a-f]{12}; look at it again/,
    );
    const now = await bench.gloo(["upstream", "get", "pets", "-o", "yaml"]);
    const same = await bench.gloo(["upstream", "update", "-f", "-"], stdinOf(now.stdout));
    assert.deepEqual(
      [same.code, same.stdout],
      [0, "the config says so already; no commit was made\n"],
    );
  });

  it("never overwrites a file with changes that are not committed", async () => {
    const file = join(bench.clone, "upstreams/pets.yaml");
    await writeFile(file, `${petsText}# mine\n`);
    const changed = stdinOf(catsText.replace("cats", "pets"));
    const done = await bench.gloo(["upstream", "update", "-f", "-"], changed);
    assert.equal(done.code, 2);
    assert.match(done.stderr, /changes there that are not committed \(upstreams\/pets.yaml\)/);
    assert.equal(await readFile(file, "utf8"), `${petsText}# mine\n`);
    const pushed = await bench.gloo(["upstream", "update", "-f", "-", "--remote"], changed);
    assert.equal(pushed.code, 0, pushed.stderr);
    assert.match(await bench.committed("upstreams/pets.yaml", "remote"), /addr: 10.0.0.2/);
    assert.equal(await readFile(file, "utf8"), `${petsText}# mine\n`);
  });

  it("shows what a server's hook says about a push that it refuses", async () => {
    const hook = join(bench.remote.folder, "hooks/pre-receive");
    await writeFile(hook, "#!/bin/sh\necho not on a Friday >&2\nexit 1\n");
    await chmod(hook, 0o755);
    const done = await bench.glooAtUrl(["upstream", "create", "-f", "-"], stdinOf(catsText));
    assert.equal(done.code, 2);
    assert.match(done.stderr, /^remote: not on a Friday\ngloo: the server refused the push/);
  });

  it("delete: lists who refers to it, and asks on a terminal", async () => {
    const refused = await bench.gloo(["upstream", "delete", "pets"]);
    assert.equal(refused.code, 1);
    assert.equal(
      refused.stderr,
      "gloo: upstream/pets is in use; nothing was written\n  virtualservice/web, route 1\ngloo: change them first, or give --force\n",
    );
    const no = answering(["n"]);
    assert.equal((await bench.gloo(["virtualservice", "delete", "web"], no)).code, 1);
    assert.deepEqual(no.asked, ["Delete virtualservice/web? [y/N] "]);
    const done = await bench.gloo(["virtualservice", "delete", "web"]);
    assert.match(
      done.stdout,
      /^deleted virtualservice\/web in virtualservices\/web.yaml \(commit /,
    );
    assert.equal((await bench.gloo(["upstream", "delete", "pets"])).code, 0);
  });

  it("delete: --force leaves a config that is wrong", async () => {
    assert.equal((await bench.gloo(["upstream", "delete", "pets", "--force"])).code, 0);
    assert.equal((await bench.gloo(["upstream", "get"])).stdout, "no upstreams\n");
  });

  it("proposes on a branch of its own, made from the default one", async () => {
    const args = ["upstream", "create", "-f", "-", "--branch", "add-cats"];
    const done = await bench.glooAtUrl(args, stdinOf(catsText));
    assert.equal(done.code, 0, done.stderr);
    const [head, main] = [
      await bench.remote.resolve("add-cats^"),
      await bench.remote.resolve("main"),
    ];
    assert.equal(head, main);
    const there = await bench.glooAtUrl(["upstream", "get", "cats", "--branch", "add-cats"]);
    assert.match(there.stdout, /^Name +Type +Function\ncats +static *\n$/);
    const more = await bench.glooAtUrl(args, stdinOf(catsText.replace("cats", "dogs")));
    assert.equal(more.code, 0, more.stderr);
    assert.equal(await bench.remote.resolve("add-cats~2"), main);
  });

  describe("edit", () => {
    /** An editor that is a shell script; `$1` is the file. */
    const editor = async (script: string): Promise<{ readonly env: NodeJS.ProcessEnv }> => {
      const file = join(bench.clone, "..", "editor.sh");
      await writeFile(file, `#!/bin/sh\n${script}\n`);
      await chmod(file, 0o755);
      return { env: { ...gitEnvironment, VISUAL: "", EDITOR: file, GLOO_EDITOR: "false" } };
    };

    it("commits the text as the editor left it", async () => {
      const done = await bench.gloo(
        ["upstream", "edit", "pets"],
        await editor("sed -i 's/rack 4/rack 5/' $1"),
      );
      assert.equal(done.code, 0, done.stderr);
      assert.match(done.stdout, /^updated upstream\/pets in upstreams\/pets.yaml \(commit /);
      assert.equal(
        await bench.committed("upstreams/pets.yaml"),
        petsText.replace("rack 4", "rack 5"),
      );
    });

    it("opens again with what is wrong on top, until it is right", async () => {
      const seen = join(bench.clone, "..", "seen");
      const script = `if grep -q '^#! ' $1; then cp $1 ${seen}; sed -i 's/prot:/port:/' $1; else sed -i 's/port:/prot:/' $1; fi; echo '# more' >> $1`;
      const done = await bench.gloo(["upstream", "edit", "pets"], await editor(script));
      assert.equal(done.code, 0, done.stderr);
      assert.match(
        await readFile(seen, "utf8"),
        /^#! This cannot be written\..*\n#! upstreams\/pets.yaml:10:11: error schema\/unknown-key: .*"prot"/,
      );
      assert.equal(await bench.committed("upstreams/pets.yaml"), `${petsText}# more\n# more\n`);
    });

    it("changes nothing if the text is left, emptied, or left wrong", async () => {
      const head = await runGit(bench.clone, ["rev-parse", "HEAD"]);
      for (const [script, code, said] of [
        ["true", 0, /^gloo: no change; nothing was written\n$/],
        [": > $1", 0, /^gloo: emptied; nothing was written\n$/],
        [
          "sed -i 's/port:/prot:/' $1",
          1,
          /^gloo: given up, nothing was written; your text is in (.*pets.yaml)\n$/,
        ],
        ["exit 3", 2, /^gloo: the editor ".*editor.sh" failed; set EDITOR to another/],
        ["sed -i 's/^name: .*/name: cats/' $1", 1, /^gloo: given up/],
      ] as const) {
        const done = await bench.gloo(["upstream", "edit", "pets"], await editor(script));
        assert.equal(done.code, code, `${script}: ${done.stderr}`);
        assert.match(done.stderr, said);
      }
      assert.equal(await runGit(bench.clone, ["rev-parse", "HEAD"]), head);
    });

    it("keeps the text of a person who was overtaken", async () => {
      const overtake = `cd ${bench.clone} && sed -i 's/rack 4/rack 9/' upstreams/pets.yaml && git commit -qam other; sed -i 's/rack 4/rack 5/' $1`;
      const done = await bench.gloo(["upstream", "edit", "pets"], await editor(overtake));
      assert.equal(done.code, 2);
      const [, file = ""] = /^gloo: your text is in (.*)\n/.exec(done.stderr) ?? [];
      assert.match(await readFile(file, "utf8"), /rack 5/);
      assert.match(done.stderr, /upstreams\/pets.yaml has been changed in commit/);
      assert.equal(
        await bench.committed("upstreams/pets.yaml"),
        petsText.replace("rack 4", "rack 9"),
      );
    });
  });

  describe("create --interactive", () => {
    it("asks for an upstream, again where an answer will not do", async () => {
      const person = answering([
        "1",
        "pets",
        "cats",
        "10.0.0.5",
        "10.0.0.5:80, cats.example.com:8080",
      ]);
      const done = await bench.gloo(["upstream", "create", "-i"], person);
      assert.equal(done.code, 0, done.stderr);
      assert.match(done.stderr, /there is an upstream "pets" already/);
      assert.match(done.stderr, /"10.0.0.5" is no address:port/);
      assert.equal(
        await bench.committed("upstreams/cats.yaml"),
        "name: cats\ntype: static\nspec:\n  hosts:\n    - addr: 10.0.0.5\n      port: 80\n    - addr: cats.example.com\n      port: 8080\n",
      );
    });

    for (const [type, answers, text] of [
      ["aws", ["", "keys", "list", "", ""], "region: us-east-1"],
      [
        "google",
        ["", "shop-241", "list", "", ""],
        "url: https://us-central1-shop-241.cloudfunctions.net/list",
      ],
      ["azure", ["shop", "keys", "list", "", "anonymous", ""], "auth_level: anonymous"],
      ["nats", ["10.0.0.1:4222"], "type: nats"],
    ] as const) {
      it(`asks for an upstream of type ${type}`, async () => {
        const person = answering([type, "made", ...answers]);
        const done = await bench.gloo(["upstream", "create", "-i"], person);
        assert.equal(done.code, 0, done.stderr);
        assert.ok((await bench.committed("upstreams/made.yaml")).includes(text));
      });
    }

    it("asks for a virtual service with routes, and for domains where there is one for all hosts", async () => {
      const person = answering([
        ...["shop", "*", "shop.example.com", "shop-tls"],
        ...["y", "path prefix", "", "", "pets", "/v2"],
        ...["n"],
      ]);
      const done = await bench.gloo(["virtualservice", "create", "-i"], person);
      assert.equal(done.code, 0, done.stderr);
      assert.match(done.stderr, /virtual service "web" answers all hosts/);
      assert.equal(
        await bench.committed("virtualservices/shop.yaml"),
        "name: shop\ndomains:\n  - shop.example.com\nssl_config:\n  secret_ref: shop-tls\nroutes:\n  - request_matcher:\n      path_prefix: /\n    single_destination:\n      upstream:\n        name: pets\n    prefix_rewrite: /v2\n",
      );
    });

    it("ends where nobody can answer, or nobody does", async () => {
      const alone = await bench.gloo(["upstream", "create", "-i"]);
      assert.deepEqual(
        [alone.code, alone.stderr],
        [
          2,
          "gloo: there is nobody at a terminal to ask; give -f FILE, such as `gloo upstream create -f -`\n",
        ],
      );
      const gone = await bench.gloo(["upstream", "create", "-i"], answering(["static"]));
      assert.equal(gone.code, 2);
      assert.match(gone.stderr, /gloo: given up; nothing was written\n$/);
    });
  });
});

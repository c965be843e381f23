import assert from "node:assert/strict";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, describe, it } from "node:test";
import { runGit } from "../../support/git-repo.js";
import {
  answering,
  createObjectBench,
  stdinOf,
  type ObjectBench,
} from "../../support/object-commands.js";

const upstream = (name: string, port = 80): string =>
  `name: ${name}\ntype: static\nspec:\n  hosts:\n    - addr: 10.0.0.1\n      port: ${port}\n`;
const petsText = `# Ours.\n${upstream("pets")}`;
const webText =
  "name: web\nroutes:\n  - request_matcher: { path_prefix: / }\n    single_destination: { upstream: { name: pets } }\n";
const combined = {
  upstreams: [
    { name: "pets", type: "service", spec: { hosts: [{ addr: "10.0.0.1", port: 81 }] } },
    { name: "cats", type: "static", spec: { hosts: [{ addr: "10.0.0.2", port: 80 }] } },
  ],
  virtual_services: [
    {
      name: "web",
      routes: [
        {
          request_matcher: { path_prefix: "/" },
          single_destination: { upstream: { name: "cats" } },
        },
      ],
    },
  ],
};

async function put(folder: string, files: Readonly<Record<string, string>>): Promise<void> {
  for (const [path, text] of Object.entries(files)) {
    await mkdir(dirname(join(folder, path)), { recursive: true });
    await writeFile(join(folder, path), text);
  }
}

describe("gloo apply", () => {
  let bench: ObjectBench;
  beforeEach(async () => {
    bench = await createObjectBench({
      "upstreams/pets.yaml": petsText,
      "upstreams/old.yaml": upstream("old"),
      "virtualservices/web.yaml": webText,
    });
  });
  afterEach(() => bench.close());
  const given = stdinOf(JSON.stringify(combined));

  it("creates and updates the objects of a combined file in one commit, and keeps comments", async () => {
    const before = await runGit(bench.clone, ["rev-parse", "HEAD"]);
    const done = await bench.gloo(["apply", "-f", "-"], given);
    assert.equal(done.code, 0, done.stderr);
    const commit = (await runGit(bench.clone, ["rev-parse", "HEAD"])).slice(0, 8);
    assert.deepEqual(done.stdout.split("\n"), [
      `updated upstream/pets in upstreams/pets.yaml (commit ${commit})`,
      `created upstream/cats in upstreams/cats.yaml (commit ${commit})`,
      `updated virtualservice/web in virtualservices/web.yaml (commit ${commit})`,
      "",
    ]);
    assert.equal(await runGit(bench.clone, ["rev-parse", "HEAD^"]), before);
    assert.equal(
      await bench.committed("upstreams/pets.yaml"),
      petsText.replace("port: 80", "port: 81"),
    );
    const again = await bench.gloo(["apply", "-f", "-"], given);
    assert.deepEqual(
      [again.code, again.stdout],
      [0, "the config says so already; no commit was made\n"],
    );
  });

  it("--delete takes away what the config has beyond that, and asks on a terminal", async () => {
    const no = answering(["n"]);
    const asked = await bench.gloo(["apply", "-f", "-", "--delete"], { ...given, ...no });
    assert.deepEqual([asked.code, no.asked], [1, ["Delete upstream/old? [y/N] "]]);
    const done = await bench.glooAtUrl(["apply", "-f", "-", "-d"], given);
    assert.equal(done.code, 0, done.stderr);
    assert.match(done.stdout, /\ndeleted upstream\/old in upstreams\/old.yaml /);
    assert.equal(
      await bench.remote.git("ls-tree", "-r", "--name-only", "main", "upstreams/"),
      "upstreams/cats.yaml\nupstreams/pets.yaml",
    );
  });

  it("is all or nothing: a mistake, an object that is there, one given twice", async () => {
    const head = await runGit(bench.clone, ["rev-parse", "HEAD"]);
    const fixed = await bench.gloo(["apply", "-f", "-", "--no-update"], given);
    assert.deepEqual(
      [fixed.code, fixed.stderr],
      [
        1,
        "gloo: stdin:1: there is upstream/pets already, in upstreams/pets.yaml; leave out --no-update to change it\n",
      ],
    );
    const dangling = await bench.gloo(
      ["apply", "-f", "-"],
      stdinOf(JSON.stringify(combined).replace('"name":"cats"}}', '"name":"dogs"}}')),
    );
    assert.equal(dangling.code, 1);
    assert.match(
      dangling.stderr,
      /error reference\/unknown-upstream: .*gloo: nothing was written\n$/s,
    );
    const twice = await bench.gloo(
      ["apply", "-f", "-"],
      stdinOf(`kind: Upstream\n${upstream("a")}---\nkind: Upstream\n${upstream("a")}`),
    );
    assert.deepEqual(
      [twice.code, twice.stderr],
      [1, "gloo: stdin:9: upstream/a is given already, at stdin:1\n"],
    );
    const nothing = await bench.gloo(["apply", "-f", "-"], stdinOf(upstream("a")));
    assert.deepEqual(
      [nothing.code, nothing.stderr],
      [
        1,
        "gloo: there is no object in stdin; outside of folders such as upstreams, objects say their kind\n",
      ],
    );
    assert.equal(await runGit(bench.clone, ["rev-parse", "HEAD"]), head);
  });

  it("takes a folder, whose folders say kinds", async () => {
    const folder = join(bench.clone, "..", "config");
    await put(folder, {
      "upstreams/cats.yaml": upstream("cats"),
      "a/virtualservices/web.yml": webText,
    });
    const done = await bench.gloo(["apply", "-f", folder]);
    assert.equal(done.code, 0, done.stderr);
    assert.match(
      done.stdout,
      /^created upstream\/cats in upstreams\/cats.yaml \(commit [0-9a-f]{8}\)\n$/,
    );
    assert.equal(done.stderr, "1 unchanged\n");
  });
});

describe("gloo function", () => {
  let bench: ObjectBench;
  beforeEach(async () => {
    bench = await createObjectBench({
      "upstreams/lambda.yaml":
        "name: lambda\ntype: aws\nspec: { region: us-east-1, secret_ref: keys }\nfunctions:\n  # Lists pets.\n  - name: list\n    spec: { function_name: list-pets }\n",
      "virtualservices/web.yaml":
        "name: web\nroutes:\n  - request_matcher: { path_prefix: / }\n    single_destination: { function: { upstream_name: lambda, function_name: list } }\n",
    });
  });
  afterEach(() => bench.close());

  it("get: prints functions with the routes that lead to them", async () => {
    const table = await bench.gloo(["function", "get"]);
    assert.equal(
      table.stdout,
      "Upstream  Function  Routes\nlambda    list      virtualservice/web, route 1\n",
    );
    const json = await bench.gloo(["function", "get", "list", "--json"]);
    assert.deepEqual(JSON.parse(json.stdout), [
      {
        upstream: "lambda",
        name: "list",
        routes: ["virtualservice/web, route 1"],
        spec: { function_name: "list-pets" },
      },
    ]);
    const none = await bench.gloo(["function", "get", "nope"]);
    assert.deepEqual(
      [none.code, none.stderr],
      [2, 'gloo: there is no function "nope"; `gloo function get` lists all\n'],
    );
  });

  it("creates, updates and deletes them, and keeps comments", async () => {
    const spec = stdinOf("function_name: add-pet\n");
    const made = await bench.gloo(
      ["function", "create", "add", "--upstream", "lambda", "-f", "-"],
      spec,
    );
    assert.equal(made.code, 0, made.stderr);
    assert.match(
      made.stdout,
      /^created function add of upstream\/lambda in upstreams\/lambda.yaml /,
    );
    assert.match(
      await bench.committed("upstreams/lambda.yaml"),
      / {2}# Lists pets.\n {2}- name: list\n/,
    );
    const twice = await bench.gloo(
      ["function", "create", "add", "--upstream", "lambda", "-f", "-"],
      spec,
    );
    assert.deepEqual(
      [twice.code, twice.stderr],
      [2, 'gloo: upstream/lambda has a function "add" already\n'],
    );
    const next = stdinOf("function_name: add-pet\nqualifier: '2'\n");
    assert.equal(
      (await bench.gloo(["function", "update", "add", "--upstream", "lambda", "-f", "-"], next))
        .code,
      0,
    );
    assert.equal((await bench.gloo(["function", "delete", "add", "--upstream", "lambda"])).code, 0);
    const used = await bench.gloo(["function", "delete", "list", "--upstream", "lambda"]);
    assert.deepEqual(
      [used.code, used.stderr],
      [
        1,
        "gloo: function list of upstream/lambda is in use; nothing was written\n  virtualservice/web, route 1\ngloo: change them first, or give --force\n",
      ],
    );
  });
});

describe("gloo import gloo", () => {
  let bench: ObjectBench;
  beforeEach(async () => {
    bench = await createObjectBench({ "README.md": "notes\n" });
  });
  afterEach(() => bench.close());

  it("takes the file storage of 2018: without status and versions, files copied, secrets named", async () => {
    const folder = join(bench.clone, "..", "_gloo_config");
    await put(folder, {
      "upstreams/pets.yml": `${upstream("pets")}status: { state: 1 }\nmetadata: { resource_version: "4", annotations: { a: b } }\n`,
      "virtualservices/web.yml": `${webText}roles: [edge]\nstatus: { state: Accepted }\n`,
      "roles/edge.yml": "name: edge\nvirtual_services: [web]\n",
      "files/shop.pb": "bytes",
      "secrets/shop-tls": "tls.key: clear\n",
    });
    const done = await bench.gloo(["import", "gloo", folder, "--out", "."]);
    assert.equal(done.code, 0, done.stderr);
    assert.equal(done.stdout, "roles/edge.yaml\nupstreams/pets.yaml\nvirtualservices/web.yaml\n");
    assert.match(
      done.stderr,
      /left out: secret shop-tls, in clear text; encrypt it: gloo secret create values --name shop-tls -f .*\/secrets\/shop-tls\n/,
    );
    const read = (path: string): Promise<string> => readFile(join(bench.clone, path), "utf8");
    assert.equal(
      await read("upstreams/pets.yaml"),
      `${upstream("pets")}metadata:\n  annotations:\n    a: b\n`,
    );
    assert.equal(await read("files/shop.pb"), "bytes");
    const check = await bench.gloo(["check", "--no-envoy"]);
    assert.equal(check.code, 0, check.stdout + check.stderr);
    await put(bench.clone, { "upstreams/pets.yaml": "# mine\n" });
    const kept = await bench.gloo(["import", "gloo", folder, "--out", "."]);
    assert.deepEqual(
      [kept.code, kept.stderr],
      [
        2,
        "gloo: upstreams/pets.yaml is there, with other content; nothing was written (--force)\n",
      ],
    );
  });

  it("takes what kubectl prints", async () => {
    const item = {
      apiVersion: "gloo.solo.io/v1",
      kind: "Upstream",
      metadata: {
        name: "default-pets-80",
        uid: "0-1",
        resourceVersion: "12",
        annotations: { "kubectl.kubernetes.io/last-applied-configuration": "{}" },
      },
      spec: {
        type: "kubernetes",
        spec: { service_name: "pets", service_namespace: "default", service_port: 80 },
      },
      status: { state: 1 },
    };
    const list = { apiVersion: "v1", kind: "List", metadata: {}, items: [item] };
    const done = await bench.gloo(["import", "gloo", "-"], stdinOf(JSON.stringify(list)));
    assert.equal(done.code, 0, done.stderr);
    assert.equal(
      done.stdout,
      "name: default-pets-80\ntype: kubernetes\nspec:\n  service_name: pets\n  service_namespace: default\n  service_port: 80\n",
    );
  });
});

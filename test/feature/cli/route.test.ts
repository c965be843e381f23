import assert from "node:assert/strict";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterEach, beforeEach, describe, it } from "node:test";
import { runGit } from "../../support/git-repo.js";
import {
  answering,
  createObjectBench,
  stdinOf,
  type ObjectBench,
} from "../../support/object-commands.js";

const upstream = (name: string): string =>
  `name: ${name}\ntype: static\nspec:\n  hosts:\n    - addr: 10.0.0.1\n      port: 80\n`;
const kubernetes = (port: number): string =>
  `name: shop-cart-${port}\ntype: kubernetes\nspec:\n  service_name: cart\n  service_namespace: shop\n  service_port: ${port}\n`;
const webText = `# The front door.
name: web
routes:
    # Everything else.
    - requestMatcher: { pathPrefix: / }   # keep last
      singleDestination:
          upstream: { name: pets }
    # Cats, for those who ask in time.
    - requestMatcher: { pathPrefix: /cats, verbs: [GET] }
      singleDestination: { upstream: { name: cats } }
      extensions: { timeout: 5s }
`;
const shopText = `name: shop
domains: [shop.example.com, "*.shop.example.com"]
routes: []
`;

describe("gloo route", () => {
  let bench: ObjectBench;
  beforeEach(async () => {
    bench = await createObjectBench({
      "upstreams/pets.yaml": upstream("pets"),
      "upstreams/cats.yaml": upstream("cats"),
      "upstreams/cart.yaml": `${kubernetes(80)}---\n${kubernetes(8080)}`,
      "virtualservices/web.yaml": webText,
      "virtualservices/shop.yaml": shopText,
    });
  });
  afterEach(() => bench.close());
  const web = (): Promise<string> => bench.committed("virtualservices/web.yaml");

  it("get: prints the routes for all hosts, of a name, or of a domain", async () => {
    const table = await bench.gloo(["route", "get"]);
    assert.equal(table.code, 0, table.stderr);
    assert.equal(
      table.stdout,
      "#  Match             Destination  Rewrite  Extensions\n" +
        "1  prefix /          pets\n" +
        "2  prefix /cats GET  cats                  timeout\n",
    );
    const yaml = await bench.gloo(["route", "get", "-v", "web", "-o", "yaml"]);
    assert.match(yaml.stdout, /^request_matcher:\n {2}path_prefix: \/\n.*---\n.*verbs:\n/s);
    const json = await bench.gloo(["route", "get", "-d", "shop.example.com", "--json"]);
    assert.equal(json.stdout, "[]\n");
    for (const [args, said] of [
      [
        ["-d", "nowhere.example.com"],
        'gloo: there is no virtual service with the domain "nowhere.example.com"; `gloo virtualservice get` lists all\n',
      ],
      [["-v", "nope"], 'gloo: there is no VirtualService "nope"\n'],
      [
        ["-v", "web", "-d", "x"],
        "gloo: --virtual-service and --domain exclude each other; give one of them\n",
      ],
    ] as const) {
      const wrong = await bench.gloo(["route", "get", ...args]);
      assert.deepEqual([wrong.code, wrong.stderr], [2, said]);
    }
  });

  it("create: appends a route, and keeps every byte of the others", async () => {
    const done = await bench.gloo([
      ...["route", "create", "--path-exact", "/dogs", "--http-method", "get,POST"],
      ...[
        "--header",
        "x-a:1,x-b",
        "--header",
        "x-c: d:e",
        "--upstream",
        "pets",
        "--prefix-rewrite",
        "/d",
      ],
    ]);
    assert.equal(done.code, 0, done.stderr);
    assert.match(
      done.stdout,
      /^created route 3 of virtualservice\/web in virtualservices\/web.yaml \(commit [0-9a-f]{8}\)\n$/,
    );
    assert.equal(await bench.subject(), "Create route 3 of virtualservice/web");
    const text = await web();
    assert.ok(text.startsWith(webText), text);
    const routes = JSON.parse((await bench.gloo(["route", "get", "--json"])).stdout) as unknown[];
    assert.deepEqual(routes[2], {
      request_matcher: {
        path_exact: "/dogs",
        verbs: ["GET", "POST"],
        headers: { "x-a": "1", "x-b": "", "x-c": "d:e" },
      },
      single_destination: { upstream: { name: "pets" } },
      prefix_rewrite: "/d",
    });
  });

  it("create: --sort puts the more specific ones first; comments move with their routes", async () => {
    const args = ["route", "create", "-e", "pet.born", "--upstream", "pets", "--sort"];
    const done = await bench.gloo(args);
    assert.equal(done.code, 0, done.stderr);
    assert.match(done.stdout, /^created route 1 of virtualservice\/web /);
    const table = await bench.gloo(["route", "get"]);
    assert.match(
      table.stdout,
      /\n1 {2}event pet.born .*\n2 {2}prefix \/cats GET .*\n3 {2}prefix \/ /,
    );
    const text = await web();
    assert.ok(
      text.includes(
        "    # Cats, for those who ask in time.\n    - requestMatcher: { pathPrefix: /cats, verbs: [GET] }\n",
      ),
      text,
    );
    assert.ok(
      text.includes(
        "    # Everything else.\n    - requestMatcher: { pathPrefix: / }   # keep last\n",
      ),
      text,
    );
  });

  it("create: --index chooses the place; -f takes routes of a file in either dialect", async () => {
    const routes =
      "- requestMatcher: { pathPrefix: /a }\n  singleDestination: { upstream: { name: pets } }\n";
    const done = await bench.gloo(
      ["route", "create", "--index", "1", "-f", "-", "-d", "shop.example.com"],
      stdinOf(routes),
    );
    assert.equal(done.code, 0, done.stderr);
    assert.match(done.stdout, /^created route 1 of virtualservice\/shop /);
  });

  it("create: finds the upstream of a Kubernetes Service by its port", async () => {
    const kube = ["--kube-upstream", "cart", "--kube-namespace", "shop"];
    const several = await bench.gloo(["route", "create", "--path-prefix", "/cart", ...kube]);
    assert.deepEqual(
      [several.code, several.stderr],
      [
        2,
        "gloo: there are several upstreams for Service shop/cart (shop-cart-80, shop-cart-8080); give --upstream\n",
      ],
    );
    const done = await bench.gloo([
      "route",
      "create",
      "--path-prefix",
      "/cart",
      ...kube,
      "--kube-port",
      "8080",
    ]);
    assert.equal(done.code, 0, done.stderr);
    assert.match(
      (await bench.gloo(["route", "get"])).stdout,
      /\n3 {2}prefix \/cart +shop-cart-8080\n/,
    );
    const none = await bench.gloo([
      "route",
      "create",
      "--path-prefix",
      "/",
      ...kube,
      "--kube-port",
      "1",
    ]);
    assert.equal(none.stderr, "gloo: there is no upstream for Service shop/cart, port 1\n");
  });

  it("create: makes the virtual service for all hosts where there is none", async () => {
    assert.equal((await bench.gloo(["virtualservice", "delete", "web"])).code, 0);
    const done = await bench.gloo(["route", "create", "--path-prefix", "/", "--upstream", "pets"]);
    assert.equal(done.code, 0, done.stderr);
    assert.match(
      done.stdout,
      /^created virtualservice\/default, for all hosts, in virtualservices\/default.yaml /,
    );
    const none = await bench.gloo([
      "route",
      "create",
      "-v",
      "web",
      "--path-prefix",
      "/",
      "--upstream",
      "pets",
    ]);
    assert.deepEqual([none.code, none.stderr], [2, 'gloo: there is no VirtualService "web"\n']);
  });

  it("create: asks for a route", async () => {
    const person = answering(["event", "pet.born", "cats", ""]);
    const done = await bench.gloo(["route", "create", "-i"], person);
    assert.equal(done.code, 0, done.stderr);
    assert.match((await bench.gloo(["route", "get"])).stdout, /\n3 {2}event pet.born +cats\n/);
  });

  it("says what is wrong with flags, and with what they come to", async () => {
    const head = await runGit(bench.clone, ["rev-parse", "HEAD"]);
    for (const [args, code, said] of [
      [
        ["create"],
        2,
        "gloo: what does it match? Give --path-prefix, --path-exact, --path-regex or --event; or a route by -f FILE\n",
      ],
      [
        ["create", "--path-prefix", "/"],
        2,
        "gloo: where does it lead? Give --upstream, and --function for a function of it; or a route by -f FILE\n",
      ],
      [
        ["create", "--http-method", "GET", "--upstream", "pets"],
        2,
        "gloo: which path? Give --path-prefix, --path-exact or --path-regex (--path-prefix / is every path)\n",
      ],
      [
        ["create", "--path-prefix", "/", "--path-exact", "/", "--upstream", "pets"],
        2,
        "gloo: a route matches one of --event, --path-exact, --path-regex and --path-prefix; an event has no methods or headers\n",
      ],
      [
        ["create", "--path-prefix", "/", "--function", "x"],
        2,
        "gloo: --function needs --upstream NAME, the upstream that has it\n",
      ],
      [
        ["update", "--upstream", "pets"],
        2,
        "gloo: which route? Give --index N, or flags such as --old-path-prefix\n",
      ],
      [
        ["update", "--index", "7", "--upstream", "pets"],
        2,
        "gloo: there is no route 7 in virtualservice/web, which has 2 routes\n",
      ],
      [
        ["delete", "--path-prefix", "/none"],
        2,
        "gloo: there is no such route in virtualservice/web; `gloo route get` lists all\n",
      ],
      [
        ["delete", "--index", "1", "--path-prefix", "/"],
        2,
        "gloo: --index and flags such as --path-prefix exclude each other; give one of them\n",
      ],
    ] as const) {
      const wrong = await bench.gloo(["route", ...args]);
      assert.deepEqual([wrong.code, wrong.stderr], [code, said]);
    }
    const dangling = await bench.gloo([
      "route",
      "create",
      "--path-prefix",
      "/x",
      "--upstream",
      "petz",
    ]);
    assert.equal(dangling.code, 1);
    assert.match(
      dangling.stderr,
      /error reference\/unknown-upstream: VirtualService\/web#\/routes\/2\/.*"petz"; did you mean "pets"\?/,
    );
    assert.equal(await runGit(bench.clone, ["rev-parse", "HEAD"]), head);
  });

  it("update: changes what is given, inherits the rest, merges extensions", async () => {
    await writeFile(join(bench.clone, "ext.yaml"), "host_rewrite: cats.example.com\n");
    const args = [
      "route",
      "update",
      "--index",
      "2",
      "--path-prefix",
      "/felines",
      "--extensions",
      "ext.yaml",
    ];
    const done = await bench.gloo(args);
    assert.equal(done.code, 0, done.stderr);
    assert.match(done.stdout, /^updated route 2 of virtualservice\/web /);
    const text = await web();
    assert.ok(
      /\n {4}- requestMatcher: \{ pathPrefix: \/felines, verbs: \[ ?GET ?\] \}\n/.test(text),
      text,
    );
    assert.ok(text.startsWith(webText.slice(0, webText.indexOf("    # Cats"))));
    const [, route] = JSON.parse((await bench.gloo(["route", "get", "--json"])).stdout) as object[];
    assert.deepEqual(route, {
      request_matcher: { path_prefix: "/felines", verbs: ["GET"] },
      single_destination: { upstream: { name: "cats" } },
      extensions: { timeout: "5s", host_rewrite: "cats.example.com" },
    });
  });

  it("update: finds the one route by what it was", async () => {
    const old = [
      "--old-path-prefix",
      "/cats",
      "--old-http-method",
      "GET",
      "--old-upstream",
      "cats",
    ];
    const done = await bench.gloo(["route", "update", ...old, "--upstream", "pets", "--sort"]);
    assert.equal(done.code, 0, done.stderr);
    assert.match(done.stdout, /^updated route 1 of virtualservice\/web /);
    const several = await bench.gloo([
      "route",
      "update",
      "--old-upstream",
      "pets",
      "--upstream",
      "cats",
    ]);
    assert.deepEqual(
      [several.code, several.stderr],
      [
        2,
        "gloo: several routes of virtualservice/web are such; choose by --index (`gloo route get` has the numbers)\n",
      ],
    );
  });

  it("delete: by place, by look, and by choice from a list", async () => {
    const look = await bench.gloo([
      "route",
      "delete",
      "--path-prefix",
      "/cats",
      "--http-method",
      "GET",
      "--dry-run",
    ]);
    assert.match(look.stdout, /^--- a\/virtualservices\/web.yaml\n/);
    const person = answering(["2", "y"]);
    const done = await bench.gloo(["route", "delete", "-i"], person);
    assert.equal(done.code, 0, done.stderr);
    assert.deepEqual(person.asked, [
      "Number or word: ",
      "Delete route 2, prefix /cats GET to cats? [y/N] ",
    ]);
    assert.match(done.stdout, /^deleted route 2 of virtualservice\/web /);
    assert.equal((await bench.gloo(["route", "delete", "--index", "1"])).code, 0);
    assert.equal((await bench.gloo(["route", "get"])).stdout, "no routes\n");
  });

  it("sort: moves routes with their comments, at a URL too, and does nothing twice", async () => {
    const done = await bench.glooAtUrl(["route", "sort"]);
    assert.equal(done.code, 0, done.stderr);
    assert.match(
      done.stdout,
      /^sorted routes of virtualservice\/web in virtualservices\/web.yaml /,
    );
    const again = await bench.glooAtUrl(["route", "sort"]);
    assert.deepEqual(
      [again.code, again.stdout],
      [0, "the config says so already; no commit was made\n"],
    );
    const text = await bench.committed("virtualservices/web.yaml", "remote");
    assert.ok(
      text.indexOf("# Cats") < text.indexOf("/cats") &&
        text.indexOf("/cats") < text.indexOf("# Everything else"),
      text,
    );
  });
});

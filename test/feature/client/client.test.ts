import assert from "node:assert/strict";
import { chmod, mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterEach, beforeEach, describe, it } from "node:test";
import {
  AlreadyExistsError,
  ConflictError,
  createClient,
  InvalidError,
  NotFoundError,
  PushRejectedError,
  type Client,
  type Upstream,
  type VirtualService,
} from "../../../src/client.js";
import { createTestRepository, type TestRepository } from "../../support/git-repo.js";
import { startGitServer, type GitServer } from "../../support/git-server.js";

const author = { name: "Grace Hopper", email: "grace@example.com" };

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
const routesText = `# Everything.
name: web
routes:
  # Pets go first.
  - request_matcher: { path_prefix: / }
    single_destination:
      upstream: { name: pets }
`;
const upstream = (name: string, port = 80): Upstream => ({
  name,
  type: "static",
  spec: { hosts: [{ addr: "10.0.0.9", port }] },
});

for (const kind of ["http", "local"] as const) {
  describe(`a client of a repository that is ${kind}`, () => {
    let remote: TestRepository;
    let server: GitServer | undefined;
    let client: Client;
    const others: Client[] = [];
    const connect = (more = {}): Client => {
      const made = createClient({ repository: server?.url ?? remote.folder, author, ...more });
      others.push(made);
      return made;
    };

    beforeEach(async () => {
      remote = await createTestRepository();
      await remote.commit({
        "upstreams/pets.yaml": petsText,
        "virtualservices/web.yaml": routesText,
        "files/pets.proto": 'syntax = "proto3";\n',
      });
      if (kind === "http") server = await startGitServer(remote.folder);
      client = connect();
    });
    afterEach(async () => {
      await Promise.all(others.splice(0).map((made) => made.close()));
      await server?.close();
      server = undefined;
      await remote.remove();
    });

    it("lists and gets objects in canonical form, with their place and version", async () => {
      const [pets, ...rest] = await client.upstreams.list();
      assert.deepEqual(rest, []);
      assert.deepEqual(JSON.parse(JSON.stringify(pets?.value)), {
        name: "pets",
        type: "static",
        connection_timeout: "5s",
        spec: { hosts: [{ addr: "10.0.0.1", port: 80 }] },
      });
      assert.equal(pets?.resourceVersion, await remote.resolve("main:upstreams/pets.yaml"));
      assert.deepEqual(pets.location, { file: "upstreams/pets.yaml", line: 3, column: 1 });
      assert.deepEqual((await client.virtualServices.get("web")).value.domains, ["*"]);
      await assert.rejects(client.upstreams.get("nobody"), NotFoundError);
    });

    it("updates a value, and keeps every other byte of the file", async () => {
      const { value, resourceVersion } = await client.upstreams.get("pets");
      const changed = structuredClone(JSON.parse(JSON.stringify(value))) as {
        spec: { hosts: { port: number }[] };
        connection_timeout: string;
      };
      changed.spec.hosts[0]!.port = 8080;
      changed.connection_timeout = "7s";
      const stored = await client.upstreams.update(changed as unknown as Upstream, {
        resourceVersion,
        message: "Move pets\n\nTicket 7.",
      });
      assert.equal(
        `${await remote.git("show", "main:upstreams/pets.yaml")}\n`,
        petsText.replace("port: 80", "port: 8080").replace("5s", "7s"),
      );
      assert.equal(stored.commit, await remote.resolve("main"));
      assert.equal(
        await remote.git("log", "-1", "--format=%an|%s", "main"),
        "Grace Hopper|Move pets",
      );
    });

    it("makes no commit of an update that changes nothing", async () => {
      const before = await remote.resolve("main");
      const { value } = await client.virtualServices.get("web");
      await client.virtualServices.update(value);
      assert.equal(await remote.resolve("main"), before);
    });

    it("creates an object in a file of its own, or in one that exists", async () => {
      const made = await client.upstreams.create(upstream("cats"));
      assert.equal(made.location.file, "upstreams/cats.yaml");
      await client.upstreams.create(upstream("dogs"), { path: "upstreams/pets.yaml" });
      await client.upstreams.create(upstream("fish"), { path: "edge/all.yaml" });
      const text = await remote.git("show", "main:upstreams/pets.yaml");
      assert.ok(text.startsWith(`${petsText}---\nname: dogs\n`), text);
      assert.match(await remote.git("show", "main:edge/all.yaml"), /^kind: Upstream\nname: fish\n/);
      const names = (await client.upstreams.list()).map(({ name }) => name);
      assert.deepEqual(names, ["cats", "dogs", "fish", "pets"]);
      await assert.rejects(
        client.upstreams.create(upstream("pets"), { path: "upstreams/x.yaml" }),
        (error) => {
          assert.ok(error instanceof AlreadyExistsError);
          assert.equal(error.path, "upstreams/pets.yaml");
          return true;
        },
      );
    });

    it("deletes an object, and with the last one its file", async () => {
      await client.upstreams.create(upstream("dogs"), { path: "upstreams/pets.yaml" });
      await client.upstreams.delete("dogs");
      assert.equal(`${await remote.git("show", "main:upstreams/pets.yaml")}\n`, petsText);
      await client.virtualServices.delete("web");
      await client.upstreams.delete("pets");
      assert.equal(await remote.git("ls-tree", "-r", "--name-only", "main"), "files/pets.proto");
      await assert.rejects(client.upstreams.delete("pets"), NotFoundError);
    });

    it("refuses what would make the config wrong, and says why", async () => {
      const before = await remote.resolve("main");
      await assert.rejects(client.upstreams.delete("pets"), (error) => {
        assert.ok(error instanceof InvalidError, String(error));
        assert.deepEqual(
          error.diagnostics.map(({ code }) => code),
          ["reference/unknown-upstream"],
        );
        return true;
      });
      await assert.rejects(
        client.upstreams.create({ name: "bad", type: "static", spec: { hots: [] } }),
        InvalidError,
      );
      assert.equal(await remote.resolve("main"), before);
      await client.upstreams.delete("pets", { validate: false });
      // What was wrong before is not held against the next one.
      await client.upstreams.create(upstream("cats"));
    });

    it("refuses an update of what somebody else has changed", async () => {
      const { value, resourceVersion } = await client.upstreams.get("pets");
      const other = await remote.commit({ "upstreams/pets.yaml": petsText.replace("80", "81") });
      await assert.rejects(
        client.upstreams.update({ ...value, connection_timeout: "9s" }, { resourceVersion }),
        (error) => {
          assert.ok(error instanceof ConflictError);
          assert.deepEqual([error.path, error.commit], ["upstreams/pets.yaml", other]);
          return true;
        },
      );
      await assert.rejects(client.upstreams.delete("pets", { resourceVersion }), ConflictError);
    });

    it("lets writers at once all land, and only one of two that create the same", async () => {
      const writers = ["a", "b", "c"].map((name) => connect().upstreams.create(upstream(name)));
      await Promise.all(writers);
      const same = await Promise.allSettled([
        connect().upstreams.create(upstream("same", 1)),
        connect().upstreams.create(upstream("same", 2)),
      ]);
      assert.deepEqual(same.map(({ status }) => status).sort(), ["fulfilled", "rejected"]);
      const lost = same.find((result) => result.status === "rejected");
      assert.ok(lost?.status === "rejected" && lost.reason instanceof AlreadyExistsError);
      const names = (await client.upstreams.list()).map(({ name }) => name);
      assert.deepEqual(names, ["a", "b", "c", "pets", "same"]);
    });

    it("watches: what is there, then what comes, changes and goes", async () => {
      const stop = new AbortController();
      const seen: string[] = [];
      const writer = connect();
      const steps = [
        () => writer.upstreams.create(upstream("cats")),
        () => writer.upstreams.update(upstream("cats", 81)),
        () => writer.upstreams.delete("cats"),
        () => Promise.resolve(stop.abort()),
      ];
      for await (const change of client.upstreams.watch({ signal: stop.signal, intervalMs: 20 })) {
        seen.push(`${change.type} ${change.name}`);
        await steps[seen.length - 1]?.();
      }
      assert.deepEqual(seen, ["added pets", "added cats", "updated cats", "deleted cats"]);
    });

    it("gives the text of an object to an editor, and takes it back byte for byte", async () => {
      const { text, resourceVersion } = await client.upstreams.getText("pets");
      assert.equal(text, petsText);
      const edited = petsText.replace("# rack 4", "# rack 5, moved in May");
      await client.upstreams.updateText("pets", edited, { resourceVersion });
      assert.equal(`${await remote.git("show", "main:upstreams/pets.yaml")}\n`, edited);
      await assert.rejects(client.upstreams.updateText("pets", "name: other\ntype: static\n"), {
        name: "EditError",
      });
    });

    it("makes one commit of several writes, or none", async () => {
      const before = await remote.resolve("main");
      const web = (await client.virtualServices.get("web")).value;
      const moved: VirtualService = {
        ...web,
        routes: [
          {
            request_matcher: { path_prefix: "/" },
            single_destination: { upstream: { name: "cats" } },
          },
        ],
      };
      const { commit } = await client.commit([
        { op: "create", kind: "Upstream", value: upstream("cats") },
        { op: "update", kind: "VirtualService", value: moved },
        { op: "delete", kind: "Upstream", name: "pets" },
      ]);
      assert.equal(await remote.git("rev-list", `${before}..main`), commit);
      assert.equal(
        `${await remote.git("show", "main:virtualservices/web.yaml")}\n`,
        routesText.replace("{ name: pets }", "{ name: cats }"),
      );
      await assert.rejects(
        client.commit([
          { op: "create", kind: "Upstream", value: upstream("dogs") },
          { op: "delete", kind: "Upstream", name: "nobody" },
        ]),
        NotFoundError,
      );
      assert.equal(await remote.resolve("main"), commit);
    });

    it("keeps files, and says who uses which secret", async () => {
      assert.deepEqual(
        (await client.files.list()).map(({ name }) => name),
        ["pets.proto"],
      );
      await client.files.create("apis/cats.proto", Buffer.from('syntax = "proto3"; // cats\n'));
      const cats = await client.files.get("apis/cats.proto");
      assert.equal(cats.path, "files/apis/cats.proto");
      await client.files.delete("apis/cats.proto", { resourceVersion: cats.resourceVersion });
      await assert.rejects(client.files.get("apis/cats.proto"), NotFoundError);
      const web = (await client.virtualServices.get("web")).value;
      await client.virtualServices.update({ ...web, ssl_config: { secret_ref: "web-tls" } });
      const [secret] = await client.secrets.list();
      assert.equal(secret?.name, "web-tls");
      assert.deepEqual(
        secret.usedBy.map(({ kind: of, name, pointer }) => [of, name, pointer]),
        [["VirtualService", "web", "/ssl_config/secret_ref"]],
      );
      await assert.rejects(
        client.secrets.sealed.create("web-tls.yaml", Buffer.from("password: clear\n")),
        InvalidError,
      );
    });

    it("works below a base path, and on another branch", async () => {
      const inProd = connect({ basePath: "env/prod" });
      assert.deepEqual(await inProd.upstreams.list(), []);
      await inProd.upstreams.create(upstream("cats"), {
        branch: "edit/cats",
        message: "Propose cats",
      });
      assert.equal(
        await remote.git("diff", "--name-only", "main", "edit/cats"),
        "env/prod/upstreams/cats.yaml",
      );
      const onBranch = connect({ basePath: "env/prod", branch: "edit/cats" });
      assert.equal((await onBranch.upstreams.get("cats")).isSound, true);
    });

    for (const name of ["../x", ".git", "a/b", "", "A", "-x", "x".repeat(300)]) {
      it(`takes no object by the name ${JSON.stringify(name.slice(0, 10))}`, async () => {
        const before = await remote.resolve("main");
        await assert.rejects(client.upstreams.create(upstream(name), { validate: false }), {
          code: "client/bad-name",
        });
        assert.equal(await remote.resolve("main"), before);
      });
    }

    it("writes nothing outside of the config", async () => {
      for (const path of [
        "../upstreams/x.yaml",
        ".git/x.yaml",
        "files/x.yaml",
        "upstreams/x.txt",
      ]) {
        await assert.rejects(client.upstreams.create(upstream("x"), { path }), (error) => {
          assert.match(String((error as { code?: unknown }).code), /bad-(?:name|path)/);
          return true;
        });
      }
      await assert.rejects(client.files.create("../../x", Buffer.from("x")), {
        code: "authoring/bad-path",
      });
    });

    it("tells what a hook of the server said", async () => {
      await mkdir(join(remote.folder, "hooks"), { recursive: true });
      const hook = join(remote.folder, "hooks", "pre-receive");
      await writeFile(hook, "#!/bin/sh\necho 'not on a Friday' >&2\nexit 1\n");
      await chmod(hook, 0o755);
      await assert.rejects(client.upstreams.create(upstream("cats")), (error) => {
        assert.ok(error instanceof PushRejectedError);
        assert.deepEqual(error.remoteLines, ["not on a Friday"]);
        return true;
      });
    });
  });
}

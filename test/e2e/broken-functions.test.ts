import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { fileURLToPath } from "node:url";
import { envoyBootstrap } from "../../src/cli/bootstrap/envoy-bootstrap.js";
import { startControlPlane, type TestControlPlane } from "../support/control-plane.js";
import { startTestEnvoy, type TestEnvoy } from "../support/envoy-process.js";
import { createTestRepository, type TestRepository } from "../support/git-repo.js";

const samples = fileURLToPath(new URL("../../sample-functions/", import.meta.url));

/** How a commit breaks a function of a sample, and what says so. */
interface Break {
  readonly file: string;
  readonly from: string;
  readonly to: string;
  /** Code, object, pointer, and a part of the message. */
  readonly want: readonly [code: string, object: string, pointer: string, message: string];
}

const rest = (from: string, to: string, file: string, upstream: string, at: string): Break => ({
  file: `upstreams/${file}`,
  from,
  to,
  want: ["template/syntax", `Upstream/${upstream}`, at, ""],
});

/** By sample: a function that is wrong in itself. */
const breaks: Readonly<Record<string, Break>> = {
  rest: rest("{{ id }}", "{{ id", "petstore.yaml", "petstore", "/functions/0/spec/path"),
  openfaas: rest(
    '"{{ name }}"',
    '"{{ name"',
    "openfaas.yaml",
    "openfaas",
    "/functions/1/spec/body",
  ),
  fission: rest("{{ order }}", "{% order %}", "fission.yaml", "fission", "/functions/1/spec/body"),
  fn: rest('"{{ name }}"', '"{{ name"', "fn.yaml", "fn", "/functions/1/spec/body"),
  "aws-lambda": {
    file: "upstreams/lambda.yaml",
    from: "function_name: greet\n",
    to: "function_name: a/../b\n",
    want: ["schema/violated", "Upstream/lambda", "/functions/0/spec/function_name", "a/../b"],
  },
  azure: {
    file: "upstreams/shop.yaml",
    from: "secret_ref: shop-keys",
    to: "secret_ref: no-keys",
    want: ["azure/no-key", "Upstream/shop", "/functions/1/spec/auth_level", "resize-image"],
  },
  google: {
    file: "upstreams/shop.yaml",
    from: "https://europe-west1-shop-7.cloudfunctions.net/report",
    to: "report",
    want: ["", "Upstream/shop", "/functions/1/spec/url", ""],
  },
  grpc: {
    file: "upstreams/bookstore.yaml",
    from: "Bookstore.FindBooks",
    to: "Bookstore.BurnBooks",
    want: ["", "Upstream/bookstore", "/functions/2/name", "BurnBooks"],
  },
  nats: {
    file: "upstreams/messages.yaml",
    from: "prices.get",
    to: "prices.>",
    want: ["nats/invalid-subject", "Upstream/messages", "/functions/0/spec/subject", "prices.>"],
  },
};

const secrets: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  "aws-keys": { access_key: "AKIDEXAMPLE", secret_key: "not-a-key" },
  "shop-keys": { _master: "master-key-0", "resize-image": "key-1" },
  "no-keys": { other: "key-2" },
  "bridge-token": { token: "token-3" },
};

function filesOf(sample: string): Record<string, string> {
  const folder = join(samples, sample);
  const paths = readdirSync(folder, { recursive: true }).map(String);
  const files = paths.filter((path) => /^(?:upstreams|virtualservices|files)\/.*\.\w+$/.test(path));
  return Object.fromEntries(files.map((path) => [path, readFileSync(join(folder, path), "utf8")]));
}

/** The first function that a route of the sample names, and what it is to be called instead. */
function withUnknownFunction(files: Record<string, string>): Record<string, string> {
  const [path, text] = Object.entries(files).find(
    ([name, content]) => name.startsWith("virtualservices/") && /function_name:/.test(content),
  ) ?? ["", ""];
  return { [path]: text.replace(/function_name: *[^,}\n]+/, "function_name: nowhere ") };
}

describe("a commit that breaks a function", () => {
  let secretsFolder: string;
  let git: TestRepository;
  let plane: TestControlPlane;
  let envoy: TestEnvoy;

  before(async () => {
    secretsFolder = mkdtempSync(join(tmpdir(), "gloo-test-secrets-"));
    for (const [ref, values] of Object.entries(secrets)) {
      mkdirSync(join(secretsFolder, ref));
      for (const [key, value] of Object.entries(values)) {
        writeFileSync(join(secretsFolder, ref, key), value);
      }
    }
    git = await createTestRepository();
    const first = await git.commit(filesOf("rest"));
    plane = await startControlPlane({ url: git.folder, httpPort: 0, secretsFolder });
    await plane.reaches(first, "live");
    envoy = await startTestEnvoy(
      envoyBootstrap({
        role: "ingress",
        name: "one",
        xds: { host: "127.0.0.1", port: plane.port },
        variant: "delta",
        adminPort: 0,
      }),
    );
  });
  after(async () => {
    await envoy.close();
    await plane.close();
    await git.remove();
    rmSync(secretsFolder, { recursive: true, force: true });
  });

  /** What Envoy has, and how often it was sent something. */
  async function stateOfEnvoy(): Promise<readonly string[]> {
    const stats = await envoy.admin("/stats?filter=(update_attempt|update_success|version_text)$");
    const lines = stats.split("\n").filter((line) => !/:\s*$/.test(line));
    assert.ok(
      lines.some((line) => /cds\.update_attempt: [1-9]/.test(line)),
      stats,
    );
    return lines.sort();
  }

  async function isRejected(
    files: Record<string, string>,
  ): Promise<ReturnType<typeof plane.record>> {
    const before = await stateOfEnvoy();
    const serving = plane.reconciler.serving()?.snapshot.id;
    const oid = await git.commit(files);
    await plane.turn();
    const record = plane.record(oid);
    assert.equal(record?.state, "rejected");
    assert.equal(plane.reconciler.serving()?.snapshot.id, serving);
    assert.deepEqual(await stateOfEnvoy(), before, "nothing was sent to Envoy");
    return record;
  }

  for (const [sample, { file, from, to, want }] of Object.entries(breaks)) {
    describe(`of the sample ${sample}`, () => {
      const files = filesOf(sample);
      before(async () => {
        const good = await git.commit(files, { replace: true });
        await plane.turn();
        await plane.reaches(good, "live");
      });

      it("is rejected with a diagnostic that names it, and changes nothing in Envoy", async () => {
        const text = files[file] ?? "";
        assert.ok(text.includes(from), `${file} has no ${from}`);
        const record = await isRejected({ [file]: text.replace(from, to) });
        const [code, object, pointer, message] = want;
        const found = record?.diagnostics.find(
          (one) =>
            one.severity === "error" &&
            one.code.startsWith(code) &&
            `${one.resource?.kind}/${one.resource?.name}` === object &&
            one.pointer === pointer &&
            one.message.includes(message),
        );
        assert.ok(found, JSON.stringify(record?.diagnostics, undefined, 2));
        assert.equal(found.location?.file, file);
        await git.commit(files, { replace: true });
      });

      // Subjects of NATS need not be listed: any name is one.
      it(
        "is rejected where a route names one that there is not",
        { skip: sample === "nats" },
        async () => {
          const record = await isRejected(withUnknownFunction(files));
          const found = record?.diagnostics.find(({ message }) => message.includes("nowhere"));
          assert.equal(found?.resource?.kind, "VirtualService");
          assert.match(found.code, /^(?:reference\/unknown-function|grpc\/)/);
          await git.commit(files, { replace: true });
        },
      );
    });
  }
});

import assert from "node:assert/strict";
import { once } from "node:events";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { runGloo, startGloo } from "../../support/cli.js";
import { poll } from "../../support/envoy-process.js";
import { startNatsServer, withoutNats } from "../../support/nats-server.js";
import { runCommand } from "../../support/run-program.js";

let folder: string;
before(async () => {
  folder = await mkdtemp(join(tmpdir(), "gloo-bridge-cli-"));
});
after(() => rm(folder, { recursive: true, force: true }));

describe("gloo bridge", () => {
  for (const [situation, args, message] of [
    ["no file", ["--creds", "missing.creds"], /cannot read .*missing\.creds \(ENOENT\)/],
    ["no token off loopback", ["--address", "0.0.0.0"], /--token-file is required/],
    ["a password in a URL", ["--nats", "nats://a:s3cret@b:4222"], /credentials belong into a file/],
    ["no pattern", ["--allow-subject", "a..b"], /no pattern of subjects/],
    ["half a key pair", ["--tls-cert", "a.pem"], /--tls-cert and --tls-key go together/],
    ["a header that steers NATS", ["--header", "Nats-Rollup"], /cannot be one of messages/],
    ["two credentials", ["--creds", "a", "--nkey", "b"], /cannot be used with/],
    ["a password without a user", ["--password-file", "a"], /--user/],
    ["no time", ["--timeout", "0"], /it is not 0.01 to 3600/],
    ["no port", ["--port", "65536"], /no whole number from 0 to 65535/],
    ["half a byte", ["--max-body", "0.5"], /no whole number/],
  ] as const) {
    it(`does not start with ${situation}`, async () => {
      const { code, stderr } = await runCommand(["bridge", ...args], { cwd: folder });
      assert.equal(code, 2, stderr);
      assert.match(stderr, message);
    });
  }

  it("does not start with a password file of two lines, and does not show them", async () => {
    await writeFile(join(folder, "password"), "s3cret\nline");
    const args = ["bridge", "--user", "a", "--password-file", "password"];
    const { code, stderr } = await runCommand(args, { cwd: folder });
    assert.equal(code, 2);
    assert.match(stderr, /password should hold one line/);
    assert.doesNotMatch(stderr, /s3cret/);
  });

  it("says which port is taken", async () => {
    const { createServer } = await import("node:net");
    const other = createServer().listen(0, "127.0.0.1");
    await once(other, "listening");
    const { port } = other.address() as { port: number };
    const { code, stderr } = await runCommand(["bridge", "--port", String(port)]);
    other.close();
    assert.equal(code, 2);
    assert.match(stderr, new RegExp(`port ${port} of 127.0.0.1 is taken`));
  });

  it("runs as a process of its own until SIGTERM", { skip: withoutNats }, async () => {
    const server = await startNatsServer();
    await server.addStream("ORDERS", ["orders.>"]);
    const child = startGloo(["bridge", "--nats", server.url, "--port", "0"], {
      env: { ...process.env, GLOO_BRIDGE_ALLOW_SUBJECT: "orders.created,orders.paid" },
    });
    let out = "";
    child.stdout?.setEncoding("utf8").on("data", (text: string) => void (out += text));
    const port = await poll("the bridge to start", () => /"port":(\d+)/.exec(out)?.[1]);
    const url = `http://127.0.0.1:${port}`;
    await poll("the bridge to be connected", async () =>
      (await fetch(`${url}/readyz`)).ok ? true : undefined,
    );
    const publish = async (subject: string): Promise<number> => {
      const headers = { "x-gloo-nats-subject": subject };
      return (await fetch(url, { method: "POST", headers, body: "7" })).status;
    };
    assert.equal(await publish("orders.created"), 200);
    assert.equal(await publish("orders.paid"), 200);
    assert.equal(await publish("orders.other"), 403);
    assert.equal((await server.stored("ORDERS", "orders.paid")).count, 2);
    child.kill("SIGTERM");
    const [code] = (await once(child, "exit")) as [number];
    assert.equal(code, 0);
    for (const line of out.trim().split("\n")) JSON.parse(line);
    assert.match(out, /"msg":"ended"/);
    await server.close();
  });

  it("shows its help", async () => {
    const { code, stdout } = await runGloo(["bridge", "--help"]);
    assert.equal(code, 0);
    assert.match(stdout, /Examples:[^]*gloo bridge --nats[^]*Exit codes:/);
  });
});

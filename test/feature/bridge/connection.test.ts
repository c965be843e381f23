import assert from "node:assert/strict";
import { once } from "node:events";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { Agent, request as httpRequest, type IncomingMessage } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { jetstreamManager } from "@nats-io/jetstream";
import { nkeys, type NatsConnection } from "@nats-io/transport-node";
import { createSecretFile } from "../../../src/admin/secret-file.js";
import { modeHeader, subjectHeader, tokenHeader } from "../../../src/messages/call-headers.js";
import { subjectFilter } from "../../../src/messages/subject.js";
import { startBridge, type TestBridge } from "../../support/bridge.js";
import { createCertificateAuthority } from "../../support/certificates.js";
import { poll } from "../../support/envoy-process.js";
import { startNatsServer, withoutNats, type NatsServer } from "../../support/nats-server.js";

let folder: string;
before(async () => {
  folder = await mkdtemp(join(tmpdir(), "gloo-bridge-"));
});
after(() => rm(folder, { recursive: true, force: true }));

/** Writes a file, and gives its path. */
async function fileOf(name: string, text: string): Promise<string> {
  const path = join(folder, name);
  await writeFile(path, text);
  return path;
}

const readyStatus = async (bridge: TestBridge): Promise<string> => {
  const { status, text } = await bridge.send({ method: "GET", path: "/readyz" });
  return `${status} ${text.trim()}`;
};

describe("the bridge and a server that comes and goes", { skip: withoutNats }, () => {
  let server: NatsServer;
  let bridge: TestBridge;
  before(async () => {
    server = await startNatsServer();
    await server.addStream("ORDERS", ["orders.>"]);
    bridge = await startBridge(server.url, { timeoutMs: 300 });
    await bridge.ready();
  });
  after(async () => {
    server.resume();
    await bridge.close();
    await server.close();
  });

  it("answers 408 while the server stands still, and 200 when it goes on", async () => {
    await server.pause();
    for (const mode of ["jetstream", "core", "request"]) {
      const { status } = await bridge.publish("orders.late", { mode, body: "7" });
      assert.equal(status, 408, mode);
    }
    server.resume();
    assert.equal((await bridge.publish("orders.late", { body: "8" })).status, 200);
  });

  it("answers 500 to what was under way when the server is killed", async () => {
    const slow = await startBridge(server.url, { timeoutMs: 30_000 });
    await slow.ready();
    await server.pause();
    const answer = slow.publish("orders.killed", { body: "7" });
    await poll("the request to be under way", async () =>
      (await slow.send({ method: "GET", path: "/healthz" })).status === 200 ? true : undefined,
    );
    await server.stop();
    const { status, text } = await answer;
    assert.equal(status, 500, text);
    await slow.close();
  });

  it("says that it is not ready, answers 500, and connects again when the server is back", async () => {
    await poll("the bridge to lose the server", async () =>
      (await readyStatus(bridge)) === "503 not connected to NATS" ? true : undefined,
    );
    const refused = await bridge.publish("orders.lost", { body: "7" });
    assert.deepEqual([refused.status, refused.text], [500, "there is no connection to NATS\n"]);
    assert.equal((await bridge.send({ method: "GET", path: "/healthz" })).status, 200);
    await server.start();
    await bridge.ready();
    assert.equal((await bridge.publish("orders.back", { body: "7" })).status, 200);
    const { last } = await server.stored("ORDERS", "orders.lost");
    assert.equal(last, null, "what was refused was published later");
  });
});

describe("the bridge that ends", { skip: withoutNats }, () => {
  it("answers what is under way, and takes nothing new", async (context) => {
    const server = await startNatsServer();
    const client = await server.connect();
    context.after(async () => {
      await client.close();
      await server.close();
    });
    const asked = client.subscribe("slow");
    await client.flush();
    const bridge = await startBridge(server.url);
    await bridge.ready();
    const agent = new Agent({ keepAlive: true });
    const headers = { [subjectHeader]: "slow", [modeHeader]: "request" };
    const outgoing = httpRequest({ host: "127.0.0.1", port: bridge.port, agent, headers });
    const response = once(outgoing, "response") as Promise<[IncomingMessage]>;
    outgoing.end();
    const [message] = await firstOf(asked);
    const closed = bridge.close();
    message?.respond("late");
    const [got] = await response;
    assert.deepEqual([got.statusCode, got.headers.connection], [200, "close"]);
    got.resume();
    await closed;
    await assert.rejects(bridge.publish("slow"), /ECONNREFUSED/);
    agent.destroy();
  });
});

describe("the bridge that ends beside a server that stands still", { skip: withoutNats }, () => {
  it("ends all the same", async (context) => {
    const server = await startNatsServer();
    context.after(() => server.close());
    const bridge = await startBridge(server.url, { timeoutMs: 200 });
    await bridge.ready();
    await server.pause();
    const answer = bridge.publish("orders.created", { body: "7" });
    assert.equal((await answer).status, 408);
    await bridge.close();
    assert.match(bridge.log(), /has acknowledged the message in time/);
  });
});

async function firstOf<T>(items: AsyncIterable<T>): Promise<readonly T[]> {
  for await (const item of items) return [item];
  return [];
}

describe("the bridge and what it may do", { skip: withoutNats }, () => {
  let server: NatsServer;
  let client: NatsConnection;
  const seed = nkeys.createUser();
  before(async () => {
    server = await startNatsServer(
      `authorization { users: [
        { user: admin, password: adm1n }
        { user: bridge, password: "s3cret", permissions: { publish: ["orders.>"] } }
        { nkey: ${seed.getPublicKey()} }
      ] }`,
      { user: "admin", pass: "adm1n" },
    );
    client = await server.connect();
    const manager = await jetstreamManager(client);
    await manager.streams.add({ name: "ALL", subjects: ["orders.>", "payments.>"] });
  });
  after(async () => {
    await client.close();
    await server.close();
  });

  it("shows a password or an nkey that it has from a file", async () => {
    const passwordFile = await fileOf("password", "s3cret\n");
    const nkeyFile = await fileOf("seed.nk", `${new TextDecoder().decode(seed.getSeed())}\n`);
    for (const own of [{ user: "bridge", passwordFile }, { nkeyFile }]) {
      const bridge = await startBridge(server.url, { nats: { servers: [server.url], ...own } });
      await bridge.ready();
      assert.equal((await bridge.publish("orders.created")).status, 200);
      await bridge.close();
    }
  });

  it("tries again with wrong credentials until the file has the right ones", async () => {
    const passwordFile = await fileOf("rotated", "wr0ng");
    const nats = { servers: [server.url], user: "bridge", passwordFile };
    const bridge = await startBridge(server.url, { nats });
    await poll("the bridge to be refused", () =>
      /cannot connect to NATS/.test(bridge.log()) ? true : undefined,
    );
    assert.equal(await readyStatus(bridge), "503 not connected to NATS");
    assert.equal((await bridge.publish("orders.created")).status, 500);
    await writeFile(passwordFile, "s3cret");
    await bridge.ready();
    assert.equal((await bridge.publish("orders.created")).status, 200);
    await bridge.close();
    assert.match(bridge.log(), /Authorization Violation/i);
    assert.doesNotMatch(bridge.log(), /wr0ng|s3cret/);
  });

  it("answers 500 where NATS does not let it publish, in every mode", async () => {
    const passwordFile = await fileOf("limited", "s3cret");
    const nats = { servers: [server.url], user: "bridge", passwordFile };
    const bridge = await startBridge(server.url, { nats });
    await bridge.ready();
    for (const mode of ["jetstream", "core", "request"]) {
      const { status, text } = await bridge.publish("payments.made", { mode });
      const why = "NATS does not let the bridge publish to this subject\n";
      assert.deepEqual([status, text], [500, why], mode);
      assert.equal((await bridge.publish("orders.created", { mode: "core" })).status, 202);
    }
    await bridge.close();
  });

  it("publishes to allowed subjects only", async () => {
    const nkeyFile = await fileOf("seed.nk", new TextDecoder().decode(seed.getSeed()));
    const allowed = ["orders.*", "payments.>"].flatMap((own) => subjectFilter(own) ?? []);
    const nats = { servers: [server.url], nkeyFile };
    const bridge = await startBridge(server.url, { nats, allowed });
    await bridge.ready();
    assert.equal((await bridge.publish("payments.a.b")).status, 200);
    const refused = await bridge.publish("orders.a.b");
    assert.deepEqual(
      [refused.status, refused.text],
      [403, "the bridge may not publish to this subject\n"],
    );
    await bridge.close();
  });

  it("publishes for a gateway that shows the token, old or new, and for no other", async () => {
    const token = createSecretFile(await fileOf("token", "new-token\nold-token\n"), "the token");
    const nkeyFile = await fileOf("seed.nk", new TextDecoder().decode(seed.getSeed()));
    const bridge = await startBridge(server.url, {
      nats: { servers: [server.url], nkeyFile },
      token,
    });
    await bridge.ready();
    for (const [given, status] of [
      ["new-token", 200],
      ["old-token", 200],
      ["new-toke", 401],
      ["", 401],
    ] as const) {
      const headers = { [tokenHeader]: given };
      assert.equal((await bridge.publish("orders.created", { headers })).status, status, given);
    }
    assert.equal((await bridge.publish("orders.created")).status, 401);
    await bridge.close();
    assert.doesNotMatch(bridge.log(), /-toke/);
  });
});

describe("the bridge and TLS", { skip: withoutNats }, () => {
  const authority = createCertificateAuthority("nats");
  let server: NatsServer;
  let tlsCa: string;
  let client: { readonly tlsCert: string; readonly tlsKey: string };
  before(async () => {
    const own = authority.issue({ commonName: "server" });
    const other = authority.issue({ commonName: "bridge" });
    tlsCa = await fileOf("ca.pem", String(authority.certificate));
    const cert = await fileOf("server.pem", String(own.certificate));
    const key = await fileOf("server.key", String(own.privateKey));
    client = {
      tlsCert: await fileOf("bridge.pem", String(other.certificate)),
      tlsKey: await fileOf("bridge.key", String(other.privateKey)),
    };
    server = await startNatsServer(
      `tls { cert_file: "${cert}", key_file: "${key}", ca_file: "${tlsCa}", verify: true }`,
      { tls: { caFile: tlsCa, certFile: client.tlsCert, keyFile: client.tlsKey } },
    );
    await server.addStream("ORDERS", ["orders.>"]);
  });
  after(() => server.close());

  it("shows its certificate to a server that it trusts", async () => {
    const bridge = await startBridge("", { nats: { servers: [server.url], tlsCa, ...client } });
    await bridge.ready();
    assert.equal((await bridge.publish("orders.created")).status, 200);
    await bridge.close();
  });

  it("does not connect to a server that it does not trust", async () => {
    const stranger = createCertificateAuthority("stranger");
    const wrongCa = await fileOf("wrong.pem", String(stranger.certificate));
    const bridge = await startBridge("", {
      nats: { servers: [server.url], tlsCa: wrongCa, ...client },
    });
    await poll("the bridge to refuse it", () =>
      /cannot connect to NATS/.test(bridge.log()) ? true : undefined,
    );
    assert.equal(await readyStatus(bridge), "503 not connected to NATS");
    await bridge.close();
  });

  it("sends nothing to a server without TLS if it is told of a CA or of tls://", async () => {
    const plain = await startNatsServer();
    for (const nats of [
      { servers: [plain.url], tlsCa },
      { servers: [plain.url.replace("nats:", "tls:")] },
    ]) {
      const bridge = await startBridge("", { nats });
      await poll("the bridge to refuse it", () =>
        /cannot connect to NATS/.test(bridge.log()) ? true : undefined,
      );
      await bridge.close();
    }
    await plain.close();
  });
});

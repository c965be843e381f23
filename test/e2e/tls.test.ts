import assert from "node:assert/strict";
import { once } from "node:events";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { createServer, request, type Server } from "node:https";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import type { TLSSocket } from "node:tls";
import { Secret } from "../../src/model/secret.js";
import { builtinPlugins } from "../../src/plugins/index.js";
import { createCertificateAuthority, type Certificate } from "../support/certificates.js";
import { poll } from "../support/envoy-process.js";
import { startFunctionGateway, type FunctionGateway } from "../support/function-gateway.js";

const trusted = createCertificateAuthority("trusted");
const stranger = createCertificateAuthority("stranger");
const partner = trusted.issue({ commonName: "partner" });

function secretOf({ certificate, privateKey }: Certificate, root?: Buffer): Secret {
  return new Secret([
    ["tls.crt", certificate.toString()],
    ["tls.key", privateKey.toString()],
    ...(root === undefined ? [] : [["tls.root", root.toString()] as const]),
  ]);
}

/** A back end that asks for client certificates, takes any, and says whose it got. */
async function startBackend({ certificate, privateKey }: Certificate): Promise<Server> {
  const tls = { cert: certificate, key: privateKey, requestCert: true, rejectUnauthorized: false };
  const server = createServer(tls, (message, response) => {
    const socket = message.socket as TLSSocket;
    const { subject } = socket.getPeerCertificate() as { subject?: { CN: string } };
    response.end(`${String(socket.servername)} ${subject?.CN ?? "nobody"}`);
  });
  await once(server.listen(0, "127.0.0.1"), "listening");
  return server;
}

describe("TLS in a real Envoy", () => {
  let gateway: FunctionGateway;
  let folder: string;
  let servers: readonly Server[] = [];
  let httpsPort = 0;

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), "gloo-tls-"));
    const upstreamCaFile = join(folder, "ca.crt");
    await writeFile(upstreamCaFile, trusted.certificate);
    gateway = await startFunctionGateway(builtinPlugins, { upstreamCaFile });
    servers = [
      await startBackend(trusted.issue({ commonName: "good" })),
      await startBackend(stranger.issue({ commonName: "odd" })),
    ];
    const [good = 0, odd = 0] = servers.map((server) => (server.address() as AddressInfo).port);
    const backends = {
      named: { hosts: [{ addr: "localhost", port: good }], tls: true },
      address: { hosts: [{ addr: "127.0.0.1", port: good }], tls: true },
      strange: { hosts: [{ addr: "localhost", port: odd }], tls: true },
      unverified: {
        hosts: [{ addr: "localhost", port: odd }],
        tls: true,
        tls_config: { insecure_skip_verify: true },
      },
      "own-ca": {
        hosts: [{ addr: "localhost", port: odd }],
        tls: true,
        tls_config: { secret_ref: "strange-ca" },
      },
      "other-name": {
        hosts: [{ addr: "localhost", port: good }],
        tls: true,
        tls_config: { sni: "other.example" },
      },
      "other-san": {
        hosts: [{ addr: "127.0.0.1", port: good }],
        tls: true,
        tls_config: { subject_alt_names: ["other.example", "localhost"] },
      },
      mutual: {
        hosts: [{ addr: "localhost", port: good }],
        tls: true,
        tls_config: { secret_ref: "partner" },
      },
    };
    const routes = Object.keys(backends).map((name) => ({
      request_matcher: { path_exact: `/${name}` },
      single_destination: { upstream: { name } },
    }));
    const served = (name: string, domains: readonly string[], secret_ref?: string) => ({
      name,
      domains,
      ...(secret_ref && { ssl_config: { secret_ref } }),
      routes: [
        {
          request_matcher: { path_prefix: "/" },
          single_destination: { upstream: { name: "plain" } },
          extensions: { add_request_headers: [{ key: "x-mark", value: name }] },
        },
      ],
    });
    const config = {
      upstreams: [
        ...Object.entries(backends).map(([name, spec]) => ({ name, type: "static", spec })),
        {
          name: "plain",
          type: "service",
          spec: { hosts: [{ addr: "127.0.0.1", port: gateway.backendPort }] },
        },
      ],
      virtual_services: [
        { name: "upstreams", domains: ["upstreams.example"], routes },
        served("pets-http", ["pets.example"]),
        served("pets-https", ["pets.example"], "pets"),
        served("partners-https", ["partners.example"], "partners"),
        served("rest-https", ["*", "dogs.example"], "rest"),
        served("wide-https", ["*.example"], "wide"),
      ],
    };
    const secrets = new Map([
      ["pets", secretOf(trusted.issue({ commonName: "pets", dnsNames: ["pets.example"] }))],
      ["partners", secretOf(trusted.issue({ commonName: "partners" }), trusted.certificate)],
      ["wide", secretOf(trusted.issue({ commonName: "wide" }))],
      ["rest", secretOf(trusted.issue({ commonName: "rest" }))],
      ["strange-ca", new Secret([["tls.root", stranger.certificate.toString()]])],
      ["partner", secretOf(partner)],
    ]);
    await gateway.publish({ "gloo-config.yaml": JSON.stringify(config) }, secrets);
    await gateway.resolved(Object.keys(backends));
    httpsPort = await poll("the HTTPS listener", async () => {
      const page = JSON.parse(await gateway.admin("/listeners?format=json")) as ListenersPage;
      return page.listener_statuses.find(({ name }) => name === "listener-gloo-rds-https")
        ?.local_address.socket_address.port_value;
    });
  });

  after(async () => {
    await gateway.close();
    for (const server of servers) server.close();
    await rm(folder, { recursive: true });
  });

  /** The subject of the certificate that was shown, and the virtual service that answered. */
  function ask(
    servername: string,
    host = servername,
    client?: Certificate,
  ): Promise<{ readonly subject: string; readonly status: number; readonly mark: unknown }> {
    const before = gateway.received.length;
    return new Promise((resolve, reject) => {
      const outgoing = request(
        {
          host: "127.0.0.1",
          port: httpsPort,
          servername,
          headers: { host },
          ca: trusted.certificate,
          checkServerIdentity: () => undefined,
          agent: false,
          ...(client && { cert: client.certificate, key: client.privateKey }),
        },
        (response) => {
          const { subject } = (response.socket as TLSSocket).getPeerCertificate();
          response.resume().on("end", () => {
            const mark = gateway.received[before]?.headers["x-mark"];
            resolve({ subject: String(subject.CN), status: response.statusCode ?? 0, mark });
          });
        },
      );
      outgoing.on("error", reject).end();
    });
  }

  for (const [servername, subject, mark] of [
    ["pets.example", "pets", "pets-https"],
    ["dogs.example", "rest", "rest-https"],
    ["cats.example", "wide", "wide-https"],
    ["elsewhere.test", "rest", "rest-https"],
    ["", "rest", "rest-https"],
  ] as const) {
    it(`shows the certificate for the server name "${servername}"`, async () => {
      const got = await ask(servername, servername || "elsewhere.test");
      assert.deepEqual(got, { subject, status: 200, mark });
    });
  }

  it("serves the same domain without TLS too", async () => {
    const got = await gateway.deliver({ path: "/", headers: { host: "pets.example" } });
    assert.equal(got.headers["x-mark"], "pets-http");
  });

  it("asks for a certificate of the CA where there is one, and of no other", async () => {
    await assert.rejects(ask("partners.example"));
    await assert.rejects(
      ask("partners.example", "partners.example", stranger.issue({ commonName: "x" })),
    );
    const got = await ask("partners.example", "partners.example", partner);
    assert.deepEqual(got, { subject: "partners", status: 200, mark: "partners-https" });
  });

  it("leads nobody past that by the host of another server name", async () => {
    assert.notEqual((await ask("pets.example", "partners.example")).mark, "partners-https");
    assert.notEqual((await ask("dogs.example", "partners.example")).mark, "partners-https");
  });

  for (const [name, want] of [
    ["named", "localhost nobody"],
    ["address", "false nobody"],
    ["strange", 503],
    ["unverified", "localhost nobody"],
    ["own-ca", "localhost nobody"],
    ["other-name", 503],
    ["other-san", "false nobody"],
    ["mutual", "localhost partner"],
  ] as const) {
    it(`speaks TLS to the back end "${name}": ${want}`, async () => {
      const { status, text } = await gateway.send({
        path: `/${name}`,
        headers: { host: "upstreams.example" },
      });
      assert.equal(status === 200 ? text : status, want);
    });
  }

  it("shows no private key on Envoy's admin pages", async () => {
    const dump = await gateway.admin("/config_dump?include_eds");
    assert.ok(dump.includes("partner~cert"));
    const key = partner.privateKey.toString();
    for (const secret of [key.split("\n")[1] ?? "", partner.privateKey.toString("base64")]) {
      assert.ok(secret.length > 20);
      assert.ok(!dump.includes(secret));
    }
  });
});

interface ListenersPage {
  readonly listener_statuses: readonly {
    readonly name: string;
    readonly local_address: { readonly socket_address: { readonly port_value: number } };
  }[];
}

import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { credentials, status, type ChannelCredentials } from "@grpc/grpc-js";
import { typeUrls } from "../../../src/envoy/type-urls.js";
import { messagesOf, snapshotOfRoles } from "../../support/snapshot.js";
import {
  createCertificateAuthority,
  type Certificate,
  type CertificateNames,
} from "../../support/certificates.js";
import { useAdsServer } from "../../support/xds-server.js";
import { openSession, variants } from "../../support/xds-session.js";

const { cluster } = typeUrls;
const authority = createCertificateAuthority("gloo test");
const serverCertificate = authority.issue({ commonName: "gloo" });
const clientCa = authority.certificate;

function securityOf(client?: Certificate, roots = authority.certificate): ChannelCredentials {
  return credentials.createSsl(roots, client?.privateKey, client?.certificate);
}
const snapshot = snapshotOfRoles(
  { ingress: messagesOf({ cluster: { a: 1 } }), edge: messagesOf({ cluster: { b: 1 } }) },
  messagesOf({ cluster: { fallback: 1 } }),
);

describe("TLS without client certificates", () => {
  const xds = useAdsServer({ tls: serverCertificate });

  it("serves a client that trusts the certificate, whatever role it asks for", async () => {
    xds.server.publish(snapshot);
    for (const [role, want] of [
      ["ingress", "a"],
      ["edge", "b"],
    ] as const) {
      const session = openSession(xds.connect(securityOf()), "delta", `${role}~1`);
      session.ask(cluster);
      assert.deepEqual((await session.take()).names, [want]);
    }
  });

  it("does not serve a client in plain text", async () => {
    const stream = xds.client.sotw();
    stream.send({ node: { id: "ingress~1" }, type_url: cluster });
    assert.equal((await stream.ended).code, status.UNAVAILABLE);
  });

  it("shows new connections the certificate that replaced the first, and keeps old ones", async () => {
    xds.server.publish(snapshot);
    const old = openSession(xds.connect(securityOf()), "sotw", "ingress~1");
    old.ask(cluster);
    await old.take();
    const other = createCertificateAuthority("another");
    xds.server.replaceTls(other.issue({ commonName: "gloo" }));
    const distrustful = openSession(xds.connect(securityOf()), "sotw", "ingress~2");
    distrustful.ask(cluster);
    assert.equal((await distrustful.stream.ended).code, status.UNAVAILABLE);
    const fresh = openSession(
      xds.connect(securityOf(undefined, other.certificate)),
      "sotw",
      "ingress~3",
    );
    fresh.ask(cluster);
    assert.deepEqual((await fresh.take()).names, ["a"]);
    await old.expectQuiet();
  });

  it("keeps its certificate when what should replace it is none, or asks clients for theirs", async () => {
    xds.server.publish(snapshot);
    const garbage = Buffer.from("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n");
    assert.throws(() => {
      xds.server.replaceTls({ ...serverCertificate, certificate: garbage });
    });
    const { privateKey } = authority.issue({ commonName: "another" });
    assert.throws(() => {
      xds.server.replaceTls({ ...serverCertificate, privateKey });
    });
    assert.throws(() => {
      xds.server.replaceTls({ ...serverCertificate, clientCa });
    }, /cannot change/);
    const session = openSession(xds.connect(securityOf()), "delta", "ingress~1");
    session.ask(cluster);
    assert.deepEqual((await session.take()).names, ["a"]);
  });
});

describe("a server without TLS", () => {
  const xds = useAdsServer();

  it("takes no certificates later", () => {
    assert.throws(() => {
      xds.server.replaceTls(serverCertificate);
    }, /without TLS/);
  });
});

describe("mutual TLS", () => {
  const xds = useAdsServer({ tls: { ...serverCertificate, clientCa } });

  for (const variant of variants) {
    for (const [situation, names, nodeId, want] of [
      ["its common name is the role", { commonName: "ingress" }, "ingress~1", "a"],
      [
        "the last part of its SPIFFE id is the role",
        { commonName: "", uris: ["spiffe://example.org/ns/gloo/edge"] },
        "edge~1",
        "b",
      ],
      ["it asks for no role", { commonName: "whoever" }, "just-a-name", "fallback"],
    ] as readonly (readonly [string, CertificateNames, string, string])[]) {
      it(`serves a client: ${situation}, ${variant}`, async () => {
        xds.server.publish(snapshot);
        const security = securityOf(authority.issue(names));
        const session = openSession(xds.connect(security), variant, nodeId);
        session.ask(cluster);
        assert.deepEqual((await session.take()).names, [want]);
      });
    }

    for (const [situation, names, nodeId] of [
      ["a role of another certificate", { commonName: "edge" }, "ingress~1"],
      ["a role that does not exist", { commonName: "edge" }, "nobody~1"],
      [
        "a role that is only a part of its SPIFFE id",
        { commonName: "", uris: ["spiffe://example.org/ingress/edge"] },
        "ingress~1",
      ],
      ["a role by the cluster of the node", { commonName: "edge" }, ""],
    ] as readonly (readonly [string, CertificateNames, string])[]) {
      it(`refuses a client that asks for ${situation}, ${variant}`, async () => {
        xds.server.publish(snapshot);
        const client = xds.connect(securityOf(authority.issue(names)));
        const stream = client[variant]();
        const node = nodeId === "" ? { id: "some", cluster: "ingress" } : { id: nodeId };
        stream.send({ node, type_url: cluster });
        const { code, details } = await stream.ended;
        assert.equal(code, status.PERMISSION_DENIED);
        assert.match(details, /may not have role/);
      });
    }
  }

  it("ends a stream whose cluster becomes a role that its certificate may not have", async () => {
    xds.server.publish(snapshotOfRoles({ ingress: messagesOf({ cluster: { a: 1 } }) }));
    const client = xds.connect(securityOf(authority.issue({ commonName: "ingress" })));
    const stream = client.sotw();
    stream.send({ node: { id: "some", cluster: "edge" }, type_url: cluster });
    await stream.next();
    xds.server.publish(snapshot);
    assert.equal((await stream.ended).code, status.PERMISSION_DENIED);
  });

  for (const [situation, security] of [
    ["no certificate", securityOf()],
    [
      "one of another authority",
      securityOf(createCertificateAuthority("another").issue({ commonName: "ingress" })),
    ],
  ] as const) {
    it(`takes no connection with ${situation}`, async () => {
      xds.server.publish(snapshot);
      const session = openSession(xds.connect(security), "delta", "ingress~1");
      session.ask(cluster);
      assert.equal((await session.stream.ended).code, status.UNAVAILABLE);
      assert.deepEqual(xds.events, []);
    });
  }

  it("cannot be made to take clients without certificates", () => {
    assert.throws(() => {
      xds.server.replaceTls(serverCertificate);
    }, /cannot change/);
  });

  it("trusts clients of the authority that replaced the first", async () => {
    xds.server.publish(snapshot);
    const other = createCertificateAuthority("another");
    xds.server.replaceTls({ ...serverCertificate, clientCa: other.certificate });
    const refused = openSession(
      xds.connect(securityOf(authority.issue({ commonName: "ingress" }))),
      "sotw",
      "ingress~1",
    );
    refused.ask(cluster);
    assert.equal((await refused.stream.ended).code, status.UNAVAILABLE);
    const served = openSession(
      xds.connect(securityOf(other.issue({ commonName: "ingress" }))),
      "sotw",
      "ingress~1",
    );
    served.ask(cluster);
    assert.deepEqual((await served.take()).names, ["a"]);
  });
});

describe("mutual TLS with role bindings", () => {
  const roleBindings = [
    { identity: "operator", roles: ["ingress", "edge"] },
    { identity: "{role}.gloo.example.org" },
  ];
  const xds = useAdsServer({ tls: { ...serverCertificate, clientCa, roleBindings } });

  for (const [names, role, want] of [
    [{ commonName: "operator" }, "ingress", status.OK],
    [{ commonName: "operator" }, "edge", status.OK],
    [{ commonName: "operator" }, "other", status.PERMISSION_DENIED],
    [{ commonName: "x", dnsNames: ["edge.gloo.example.org"] }, "edge", status.OK],
    [{ commonName: "x", dnsNames: ["edge.gloo.example.org"] }, "ingress", status.PERMISSION_DENIED],
    [{ commonName: "ingress" }, "ingress", status.PERMISSION_DENIED],
  ] as readonly (readonly [CertificateNames, string, status])[]) {
    const who = [names.commonName, ...(names.dnsNames ?? [])].join(", ");
    it(`${who} as ${role}: ${status[want]}`, async () => {
      xds.server.publish(snapshot);
      const session = openSession(
        xds.connect(securityOf(authority.issue(names))),
        "delta",
        `${role}~1`,
      );
      session.ask(cluster);
      if (want === status.OK) assert.equal((await session.take()).names.length, 1);
      else assert.equal((await session.stream.ended).code, want);
    });
  }
});

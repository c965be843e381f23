import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, readdirSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, it } from "node:test";
import { validateRole, validateWithEnvoy } from "../../../src/envoy-binary/validate.js";
import { packAny } from "../../../src/envoy/codec.js";
import type {
  Cluster,
  Listener,
  RouteConfiguration,
} from "../../../src/envoy/generated/messages.js";
import { envoyPath } from "../../support/envoy-binary.js";
import { roleResources } from "../../support/role-resources.js";

const ads = { ads: {}, resource_api_version: 2 } as const;
const never = new AbortController().signal;

const edsCluster: Cluster = { name: "a", type: 3, eds_cluster_config: { eds_config: ads } };
const assignment = {
  cluster_name: "a",
  endpoints: [
    {
      lb_endpoints: [
        { endpoint: { address: { socket_address: { address: "10.0.0.1", port_value: 80 } } } },
      ],
    },
  ],
};
const routes: RouteConfiguration = {
  name: "r",
  virtual_hosts: [
    { name: "v", domains: ["*"], routes: [{ match: { prefix: "/" }, route: { cluster: "a" } }] },
  ],
};

function listener(port: number): Listener {
  const manager = packAny(
    "envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager",
    {
      stat_prefix: "http",
      rds: { route_config_name: "r", config_source: ads },
      http_filters: [
        {
          name: "envoy.filters.http.router",
          typed_config: packAny("envoy.extensions.filters.http.router.v3.Router", {}),
        },
      ],
    },
  );
  const tls = packAny("envoy.extensions.transport_sockets.tls.v3.DownstreamTlsContext", {
    common_tls_context: { tls_certificate_sds_secret_configs: [{ name: "crt", sds_config: ads }] },
  });
  return {
    name: `l-${port}`,
    address: { socket_address: { address: "127.0.0.1", port_value: port } },
    filter_chains: [
      {
        filters: [{ name: "envoy.filters.network.http_connection_manager", typed_config: manager }],
        transport_socket: { name: "envoy.transport_sockets.tls", typed_config: tls },
      },
    ],
  };
}

const whole = {
  cluster: { a: edsCluster },
  endpoints: { a: assignment },
  route: { r: routes },
  listener: { l: listener(8443) },
};

describe("validateRole()", () => {
  it("takes a role whose config Envoy takes", async () => {
    assert.equal(
      await validateRole(await envoyPath(), roleResources("edge", whole), never),
      undefined,
    );
  });

  for (const [name, change, want] of [
    [
      "a bad regex in a route",
      {
        route: {
          r: {
            name: "r",
            virtual_hosts: [
              {
                name: "v",
                domains: ["*"],
                routes: [{ match: { safe_regex: { regex: "(" } }, route: { cluster: "a" } }],
              },
            ],
          },
        },
      },
      /missing \)/,
    ],
    [
      "a domain twice",
      {
        route: {
          r: {
            name: "r",
            virtual_hosts: [...(routes.virtual_hosts ?? []), { name: "w", domains: ["*"] }],
          },
        },
      },
      /Only a single wildcard domain/,
    ],
    [
      "a route to a cluster that is not there",
      { cluster: {}, endpoints: {} },
      /unknown cluster 'a'/,
    ],
    [
      "a bad cluster",
      { cluster: { a: { ...edsCluster, connect_timeout: { seconds: -1, nanos: 0 } } } },
      /duration/i,
    ],
    [
      "endpoints that name no address",
      {
        endpoints: {
          a: {
            ...assignment,
            endpoints: [
              {
                lb_endpoints: [
                  { endpoint: { address: { socket_address: { address: "host", port_value: 1 } } } },
                ],
              },
            ],
          },
        },
      },
      /malformed IP address: host/,
    ],
    [
      "two listeners on one address",
      { listener: { l: listener(8443), m: { ...listener(8443), name: "m" } } },
      /duplicate address/,
    ],
    [
      "a certificate that is none",
      {
        secret: {
          crt: {
            name: "crt",
            tls_certificate: {
              certificate_chain: { inline_string: "TOP-SECRET" },
              private_key: { inline_string: "TOP-SECRET" },
            },
          },
        },
      },
      /Failed to load certificate chain/,
    ],
  ] as const) {
    it(`says what Envoy says of ${name}`, async () => {
      const role = roleResources("edge", { ...whole, ...change });
      const message = await validateRole(await envoyPath(), role, never);
      assert.match(message ?? "no complaint", want);
      assert.doesNotMatch(message ?? "", /gloo-validate-[A-Za-z0-9]{6}\/|TOP-SECRET|\n/);
    });
  }

  it("takes clusters that fetch their trust root by SDS, and trust roots in files elsewhere", async () => {
    const context = packAny("envoy.extensions.transport_sockets.tls.v3.UpstreamTlsContext", {
      common_tls_context: {
        validation_context_sds_secret_config: { name: "ca", sds_config: ads },
      },
    });
    const role = roleResources("edge", {
      ...whole,
      cluster: {
        a: {
          ...edsCluster,
          transport_socket: { name: "envoy.transport_sockets.tls", typed_config: context },
        },
      },
      secret: {
        ca: {
          name: "ca",
          validation_context: { trusted_ca: { filename: "/not/on/this/machine" } },
        },
      },
    });
    assert.equal(await validateRole(await envoyPath(), role, never), undefined);
  });

  it("opens no port: one that is taken does not matter", async () => {
    const server = createServer().listen(0, "127.0.0.1");
    await new Promise((resolve) => server.once("listening", resolve));
    const { port } = server.address() as { port: number };
    try {
      const role = roleResources("edge", { ...whole, listener: { l: listener(port) } });
      assert.equal(await validateRole(await envoyPath(), role, never), undefined);
    } finally {
      server.close();
    }
  });
});

describe("validateWithEnvoy()", () => {
  it("complains once for each role that is refused, in their order", async () => {
    const bad = { ...whole, cluster: {} };
    const roles = new Map([
      ["a", roleResources("a", bad)],
      ["b", roleResources("b", whole)],
      ["c", roleResources("c", bad)],
    ]);
    const complaints = await validateWithEnvoy(await envoyPath(), { roles }, never);
    assert.deepEqual(
      complaints.map(({ role }) => role),
      ["a", "c"],
    );
  });

  it("kills Envoy and leaves no file behind when aborted", async () => {
    const folder = mkdtempSync(join(tmpdir(), "gloo-test-"));
    const slow = join(folder, "slow-envoy");
    // Stands in for an Envoy that does not come to an end; the real one always does.
    execFileSync("sh", [
      "-c",
      `printf '#!/bin/sh\\necho $$ > ${folder}/pid\\nexec sleep 600\\n' > ${slow}; chmod +x ${slow}`,
    ]);
    const controller = new AbortController();
    const roles = new Map([["a", roleResources("a", whole)]]);
    const systemTemporary = process.env["TMPDIR"];
    process.env["TMPDIR"] = folder;
    const run = validateWithEnvoy(slow, { roles }, controller.signal);
    try {
      const pid = await eventually(
        () => Number(readFileSync(join(folder, "pid"), "utf8")) || undefined,
      );
      controller.abort(new Error("enough"));
      await assert.rejects(run, /enough/);
      assert.throws(() => process.kill(pid, 0), { code: "ESRCH" });
      assert.deepEqual(readdirSync(folder).sort(), ["pid", "slow-envoy"]);
    } finally {
      if (systemTemporary === undefined) delete process.env["TMPDIR"];
      else process.env["TMPDIR"] = systemTemporary;
      controller.abort();
      await run.catch(() => undefined);
      rmSync(folder, { recursive: true });
    }
  });

  it("throws, and blames no config, when Envoy does not run", async () => {
    const roles = new Map([["a", roleResources("a", whole)]]);
    await assert.rejects(validateWithEnvoy("/no/such/envoy", { roles }, never), {
      code: "envoy/not-runnable",
    });
    await assert.rejects(validateWithEnvoy("/bin/false", { roles }, never), {
      code: "envoy/not-runnable",
    });
  });
});

async function eventually<T>(probe: () => T | undefined): Promise<T> {
  const deadline = Date.now() + 5_000;
  for (;;) {
    try {
      const value = probe();
      if (value !== undefined) return value;
    } catch (cause) {
      if (Date.now() > deadline) throw cause;
    }
    assert.ok(Date.now() < deadline, "it did not happen within 5 s");
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

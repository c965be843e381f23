import assert from "node:assert/strict";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { messageNames } from "../../src/envoy/artifact.js";
import { encodeByName, packAny } from "../../src/envoy/codec.js";
import type { HttpConnectionManager } from "../../src/envoy/generated/messages.js";
import { wrongMessage } from "../../src/translate/filter-messages.js";
import { commandsWithArgument, otherCommands } from "../../src/validate/header-format.js";
import { poll, startTestEnvoy } from "../support/envoy-process.js";

const listenerType = "envoy.config.listener.v3.Listener";
const managerType =
  "envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager";
const prefix = "envoy.extensions.filters.http.";
const messages = messageNames().filter((name) => {
  return name.startsWith(prefix) && /^[a-z0-9_.]+\.[A-Z]\w*$/.test(name.slice(prefix.length));
});
const commands = [...commandsWithArgument, ...otherCommands];

const router = {
  name: "envoy.filters.http.router",
  typed_config: packAny("envoy.extensions.filters.http.router.v3.Router", {}),
};

/** A message of which nothing is known but its type: it holds one field that no message has. */
function unknownContent(type: string) {
  return { type_url: `type.googleapis.com/${type}`, value: Uint8Array.of(0x80, 0x7d, 0x01) };
}

function listener(name: string, manager: HttpConnectionManager) {
  return packAny(listenerType, {
    name,
    address: { socket_address: { address: "127.0.0.1", port_value: 0 } },
    filter_chains: [
      {
        filters: [
          { name: "http", typed_config: packAny(managerType, { stat_prefix: "http", ...manager }) },
        ],
      },
    ],
  });
}

function withFilter(type: string) {
  const filter = { name: "filter", typed_config: unknownContent(type) };
  return listener(`chain ${type}`, { http_filters: [filter, router], route_config: {} });
}

function withRouteConfig(type: string) {
  const host = {
    name: "host",
    domains: ["*"],
    typed_per_filter_config: { filter: unknownContent(type) },
  };
  return listener(`route ${type}`, {
    http_filters: [router],
    route_config: { virtual_hosts: [host] },
  });
}

function withCommand(name: string) {
  const host = {
    name: "host",
    domains: ["*"],
    request_headers_to_add: [{ header: { key: "x-header", value: `%${name}%` } }],
  };
  return listener(`command ${name}`, {
    http_filters: [router],
    route_config: { virtual_hosts: [host] },
  });
}

describe("what is known of Envoy", () => {
  /** Why a real Envoy refuses a listener, by its name. */
  let refusals: ReadonlyMap<string, string>;
  let folder: string;

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), "gloo-knowledge-"));
    const path = join(folder, "listeners.pb");
    const resources = [
      ...messages.flatMap((type) => [withFilter(type), withRouteConfig(type)]),
      ...commands.map(withCommand),
      withCommand("LAST_OF_ALL"),
    ];
    const response = { version_info: "1", resources };
    await writeFile(path, encodeByName("envoy.service.discovery.v3.DiscoveryResponse", response));
    const envoy = await startTestEnvoy({
      node: { id: "test", cluster: "test" },
      admin: { address: { socket_address: { address: "127.0.0.1", port_value: 0 } } },
      dynamic_resources: {
        lds_config: { resource_api_version: "V3", path_config_source: { path } },
      },
    });
    const log = await poll("Envoy to judge all listeners", async () => {
      const text = await envoy.log();
      return /listener 'command LAST_OF_ALL' config rejected: .*\n/.test(text) ? text : undefined;
    });
    await envoy.close();
    const parts = log.split(/listener '([^']+)' config rejected: /).slice(1);
    refusals = new Map(
      parts.flatMap((name, index) => (index % 2 === 0 ? [[name, parts[index + 1] ?? ""]] : [])),
    );
  });

  after(() => rm(folder, { recursive: true }));

  for (const place of ["chain", "route"] as const) {
    it(`which messages configure HTTP filters: ${place}`, () => {
      // A message that lacks fields is the right one.
      const isWrong = /Didn't find a registered|Unable to unpack as|doesn't support virtual host/;
      const taken = messages.filter(
        (type) => !isWrong.test(refusals.get(`${place} ${type}`) ?? ""),
      );
      const known = messages.filter((type) => wrongMessage(type, place) === undefined);
      assert.deepEqual(known, taken);
      assert.ok(known.length > 40);
    });
  }

  it("which commands headers can have, and which of them need an argument", () => {
    const refused = commands.filter((name) => refusals.has(`command ${name}`));
    assert.deepEqual(refused, [...commandsWithArgument]);
    assert.match(refusals.get("command LAST_OF_ALL") ?? "", /^Not supported field/);
  });
});

import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { typeUrls } from "../../../src/envoy/type-urls.js";
import { createEnvironmentRoles } from "../../../src/environments/environment-roles.js";
import { shareAdsServer, type ServerShare } from "../../../src/environments/share-ads-server.js";
import type { EnvoyId, EnvoyStatus, ServeEvent } from "../../../src/serve/serve-events.js";
import type { Snapshot } from "../../../src/snapshot/snapshot.js";
import { madeSnapshot } from "../../support/made-snapshot.js";

/** A server that keeps what it is given, and whose Envoys a test speaks for. */
function madeServer() {
  const listeners = new Set<(event: ServeEvent) => void>();
  const published: { snapshot: Snapshot; isAwaited: (role: string) => boolean }[] = [];
  let streams: readonly EnvoyId[] = [];
  const server: ServerShare = {
    publish: (snapshot, isAwaited = () => false) => void published.push({ snapshot, isAwaited }),
    onEvent(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    envoys: () => streams.map(statusOf),
    progress: (concerns = () => true) => {
      const { length } = streams.filter(concerns);
      return { streams: length, current: length, rejecting: 0 };
    },
  };
  return {
    server,
    published,
    connect: (...envoys: readonly EnvoyId[]) => void (streams = envoys),
    emit(event: ServeEvent) {
      for (const listener of listeners) listener(event);
    },
  };
}

function statusOf(envoy: EnvoyId): EnvoyStatus {
  return {
    envoy,
    cluster: "",
    envoyVersion: "1.40.0",
    peer: "127.0.0.1:1",
    variant: "delta",
    service: "ADS",
    connectedAtMs: 0,
    types: new Map(),
  };
}

const config = (version: string): Snapshot =>
  madeSnapshot(
    { ingress: { cluster: { pets: version } }, internal: { cluster: { pets: version } } },
    version.repeat(40),
  );

const robots = {
  staging: { stream: 1, nodeId: "staging~1", role: "staging" },
  internal: { stream: 2, nodeId: "staging.internal~1", role: "staging.internal" },
  production: { stream: 3, nodeId: "edge~1", role: "edge" },
  unknown: { stream: 4, nodeId: "staging.nothing~1", role: undefined },
  stranger: { stream: 5, nodeId: "ingress~1", role: undefined },
} as const;

function share() {
  const made = madeServer();
  const shared = shareAdsServer(made.server, [
    createEnvironmentRoles("staging"),
    createEnvironmentRoles("production", { ingress: "edge" }),
  ]);
  return { ...made, staging: shared.of("staging"), production: shared.of("production"), shared };
}

describe("shareAdsServer()", () => {
  it("serves the roles of all environments by the names that Envoys ask for", () => {
    const { published, staging, production } = share();
    staging.publish(config("a"));
    production.publish(config("b"));
    const roles = published.at(-1)?.snapshot.roles ?? new Map<string, { role: string }>();
    const names = ["edge", "production.internal", "staging", "staging.internal"];
    assert.deepEqual([...roles.keys()], names);
    assert.deepEqual(
      [...roles.values()].map(({ role }) => role),
      names,
    );
  });

  it("leaves what others are served as it is, object by object", () => {
    const { published, staging, production } = share();
    production.publish(config("b"));
    staging.publish(config("a"));
    staging.publish(config("c"));
    const sets = published.map(({ snapshot }) =>
      snapshot.roles.get("edge")?.sets.get(typeUrls.cluster),
    );
    assert.equal(sets.length, 3);
    assert.ok(sets[0] !== undefined && sets.every((set) => set === sets[0]));
  });

  it("holds the Envoys of an environment that has published nothing yet", () => {
    const { published, staging, production } = share();
    staging.publish(config("a"));
    const { isAwaited } = published[0] ?? assert.fail();
    const isHeld = ["edge", "production", "production.x", "staging", "staging.x", "ingress"].map(
      (role) => isAwaited(role),
    );
    assert.deepEqual(isHeld, [true, true, true, false, false, false]);
    production.publish(config("b"));
    assert.equal(published[1]?.isAwaited("edge"), false);
  });

  it("tells each environment of its own Envoys, in its own words", () => {
    const { emit, published, staging, production, shared } = share();
    const heard: Record<string, ServeEvent[]> = { staging: [], production: [], strangers: [] };
    for (const [name, of] of Object.entries({ staging, production, strangers: shared.strangers })) {
      of.onEvent((event) => heard[name]?.push(event));
    }
    const [a, b] = [config("a"), config("b")];
    staging.publish(a);
    production.publish(b);
    const snapshotId = published.at(-1)?.snapshot.id ?? "";
    const exchange = { typeUrl: typeUrls.cluster, version: "1", snapshotId };
    emit({ kind: "nack", message: "no", envoy: robots.internal, ...exchange });
    emit({ kind: "ack", envoy: robots.production, ...exchange });
    emit({ kind: "connected", envoy: robots.unknown });
    emit({ kind: "connected", envoy: robots.stranger });
    const [nack, connected] = heard["staging"] ?? [];
    assert.deepEqual(nack, {
      kind: "nack",
      message: "no",
      envoy: { ...robots.internal, role: "internal" },
      ...exchange,
      snapshotId: a.id,
    });
    assert.deepEqual(connected, { kind: "connected", envoy: robots.unknown });
    assert.deepEqual(heard["production"], [
      {
        kind: "ack",
        envoy: { ...robots.production, role: "ingress" },
        ...exchange,
        snapshotId: b.id,
      },
    ]);
    assert.deepEqual(heard["strangers"], [{ kind: "connected", envoy: robots.stranger }]);
  });

  it("gives no id of a snapshot that an environment has no part in", () => {
    const { emit, published, staging, production } = share();
    staging.publish(config("a"));
    const ids: string[] = [];
    production.onEvent((event) => {
      if ("snapshotId" in event) ids.push(event.snapshotId);
    });
    const { id: snapshotId } = published[0]?.snapshot ?? assert.fail();
    emit({ kind: "ack", envoy: robots.production, typeUrl: "", version: "", snapshotId });
    assert.deepEqual(ids, [""]);
  });

  it("counts and lists the Envoys of each environment", () => {
    const { connect, staging, production, shared } = share();
    connect(...Object.values(robots));
    const rolesOf = (of: Pick<ServerShare, "envoys">) => of.envoys().map(({ envoy }) => envoy.role);
    assert.deepEqual(rolesOf(staging), ["ingress", "internal", undefined]);
    assert.deepEqual(rolesOf(production), ["ingress"]);
    assert.deepEqual(rolesOf(shared.strangers), [undefined]);
    assert.equal(staging.progress().streams, 3);
    assert.equal(production.progress().streams, 1);
  });

  it("stops telling whoever has heard enough", () => {
    const { emit, staging } = share();
    let heard = 0;
    const stop = staging.onEvent(() => void heard++);
    emit({ kind: "connected", envoy: robots.staging });
    stop();
    emit({ kind: "disconnected", envoy: robots.staging });
    assert.equal(heard, 1);
  });
});

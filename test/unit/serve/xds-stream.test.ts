import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { decode, unwrapAny } from "../../../src/envoy/codec.js";
import { typeUrls } from "../../../src/envoy/type-urls.js";
import { createDoubts } from "../../../src/serve/doubts.js";
import { readNode } from "../../../src/serve/node.js";
import type { DeltaRequest, SotwRequest } from "../../../src/serve/requests.js";
import { createResourceViews } from "../../../src/serve/resource-views.js";
import { createResponses } from "../../../src/serve/responses.js";
import type { ServeEvent } from "../../../src/serve/serve-events.js";
import { xdsServices } from "../../../src/serve/services.js";
import { createXdsStream, type XdsStream } from "../../../src/serve/xds-stream.js";
import { snapshotOfEditions, type Editions } from "../../support/snapshot.js";
import { readDelta, readSotw, variants, type Variant } from "../../support/xds-session.js";

const { cluster, endpoints, listener, route } = typeUrls;
const types = [cluster, endpoints, listener, route] as const;
const completeTypes: readonly string[] = [cluster, listener];
const names = ["a", "b", "c"] as const;
const discovery = "envoy.service.discovery.v3";

/** A stream, and a client that may take any part of what it rejects, as Envoy does. */
interface Client {
  readonly stream: XdsStream;
  readonly asked: Map<string, Set<string>>;
  readonly has: Map<string, Map<string, string>>;
  readonly events: ServeEvent[];
  /** Takes the oldest response that it has not taken. `partOf`: what it keeps of one it rejects. */
  take(verdict: "ack" | "nack", partOf?: (name: string) => boolean): boolean;
  ask(typeUrl: string, wanted: readonly string[]): void;
}

interface Arrived {
  readonly typeUrl: string;
  readonly nonce: string;
  readonly version: string;
  readonly bodies: ReadonlyMap<string, string>;
  readonly removed: readonly string[];
}

function createClient(variant: Variant): Client {
  const ads = xdsServices.at(-1);
  assert.ok(ads?.label === "ADS");
  const arrived: Arrived[] = [];
  const written: (() => void)[] = [];
  const events: ServeEvent[] = [];
  const asked = new Map<string, Set<string>>();
  const has = new Map<string, Map<string, string>>();
  const nonces = new Map<string, string>();
  const allNonces = new Set<string>();

  const stream = createXdsStream({
    stream: 1,
    variant,
    service: ads,
    peer: "127.0.0.1:1",
    connectedAtMs: 0,
    node: readNode({ id: "ingress~1" }),
    ttlMs: undefined,
    views: createResourceViews(),
    responses: createResponses(1_000),
    doubts: createDoubts(),
    now: () => 0,
    warmingMs: 0,
    after: () => () => undefined,
    emit: (event) => events.push(event),
    write(bytes, done) {
      assert.equal(written.length, 0, "one response is written at a time");
      written.push(done);
      const response = read(variant, bytes);
      assert.ok(!allNonces.has(response.nonce), "a nonce is unique");
      allNonces.add(response.nonce);
      for (const name of response.removed) assert.ok(!response.bodies.has(name));
      arrived.push(response);
    },
    isDueElsewhere: () => false,
    wrote: () => undefined,
  });

  const request = (typeUrl: string, nonce: string, error?: string) => ({
    node: undefined,
    typeUrl,
    nonce,
    error,
  });
  const sendSotw = (typeUrl: string, nonce: string, error?: string): void => {
    const rest = { version: "", names: [...(asked.get(typeUrl) ?? [])] };
    const sent: SotwRequest = { variant: "sotw", ...request(typeUrl, nonce, error), ...rest };
    stream.receive(typeUrl, sent);
  };
  const sendDelta = (typeUrl: string, nonce: string, change: Partial<DeltaRequest> = {}): void => {
    stream.receive(typeUrl, {
      variant: "delta",
      ...request(typeUrl, nonce),
      subscribe: [],
      unsubscribe: [],
      initialVersions: undefined,
      ...change,
    });
  };

  return {
    stream,
    asked,
    has,
    events,
    take(verdict, partOf = () => true) {
      const response = arrived.shift();
      if (response === undefined) return false;
      written.shift()?.();
      const { typeUrl, nonce, bodies, removed } = response;
      nonces.set(typeUrl, nonce);
      const wanted = asked.get(typeUrl) ?? new Set();
      const mine = has.get(typeUrl) ?? new Map<string, string>();
      has.set(typeUrl, mine);
      const isMine = (name: string): boolean =>
        partOf(name) && (wanted.has(name) || wanted.has("*"));
      for (const [name, body] of bodies) if (isMine(name)) mine.set(name, body);
      for (const name of removed) if (isMine(name)) mine.delete(name);
      if (variant === "sotw" && completeTypes.includes(typeUrl) && verdict === "ack") {
        for (const name of [...mine.keys()]) if (!bodies.has(name)) mine.delete(name);
      }
      const error = verdict === "nack" ? "rejected" : undefined;
      if (variant === "sotw") sendSotw(typeUrl, nonce, error);
      else sendDelta(typeUrl, nonce, { error });
      return true;
    },
    ask(typeUrl, wanted) {
      const before = asked.get(typeUrl);
      const after = new Set(wanted);
      asked.set(typeUrl, after);
      const mine = has.get(typeUrl);
      if (!after.has("*"))
        for (const name of mine?.keys() ?? []) if (!after.has(name)) mine?.delete(name);
      if (variant === "sotw") {
        sendSotw(typeUrl, nonces.get(typeUrl) ?? "");
      } else {
        const subscribe = wanted.filter((name) => !before?.has(name));
        const unsubscribe = [...(before ?? [])].filter((name) => !after.has(name));
        sendDelta(typeUrl, "", { subscribe, unsubscribe });
      }
    },
  };
}

function read(variant: Variant, bytes: Buffer): Arrived {
  if (variant === "sotw") {
    const response = decode(`${discovery}.DiscoveryResponse`, bytes);
    const { typeUrl, nonce, version, names: found } = readSotw(response);
    const bodies = (response.resources ?? []).map(({ value }) => hex(value));
    assert.equal(new Set(found).size, found.length, "no name comes twice");
    const byName = new Map(found.map((name, index) => [name, bodies[index] ?? ""]));
    return { typeUrl, nonce, version, bodies: byName, removed: [] };
  }
  const response = decode(`${discovery}.DeltaDiscoveryResponse`, bytes);
  const { typeUrl, nonce, version, removed, names: found } = readDelta(response);
  assert.equal(new Set([...found, ...removed]).size, found.length + removed.length);
  const bodies = (response.resources ?? []).map(({ resource }) => hex(resource?.value));
  const byName = new Map(found.map((name, index) => [name, bodies[index] ?? ""]));
  return { typeUrl, nonce, version, bodies: byName, removed };
}

function hex(bytes: Uint8Array | undefined): string {
  return Buffer.from(bytes ?? []).toString("hex");
}

/** What a client should have of a type in the end. */
function expected(editions: Editions, typeUrl: string, asked: ReadonlySet<string>) {
  const set = snapshotOfEditions(editions).roles.get("ingress")?.sets.get(typeUrl);
  const all = [...(set?.resources.values() ?? [])].filter(
    ({ name }) => asked.has("*") || asked.has(name),
  );
  return new Map(all.map(({ name, any }) => [name, hex(unwrapAny(any).value)]));
}

const someNames = fc.subarray([...names, "missing"], { minLength: 1 });
const contents = fc.dictionary(fc.constantFrom(...names), fc.integer({ min: 1, max: 3 }));
const editions = fc.record({
  cluster: contents,
  endpoints: contents,
  listener: contents,
  route: contents,
});
const step = fc.oneof(
  fc.record({ do: fc.constant("publish" as const), editions }),
  fc.record({ do: fc.constant("ack" as const) }),
  fc.record({ do: fc.constant("nack" as const), part: fc.subarray([...names]) }),
  fc.record({
    do: fc.constant("ask" as const),
    typeUrl: fc.constantFrom(...types),
    names: fc.oneof(someNames, fc.constant(["*"])),
  }),
);

for (const variant of variants) {
  describe(`createXdsStream(), ${variant}`, () => {
    it("whatever happens, a client that accepts the end has what is served, and then it is quiet", () => {
      fc.assert(
        fc.property(fc.array(step, { maxLength: 40 }), editions, (steps, last) => {
          const client = createClient(variant);
          const publish = (of: Editions): void => {
            client.stream.retarget(snapshotOfEditions(of));
            client.stream.flush();
          };
          for (const each of steps) {
            if (each.do === "publish") publish(each.editions);
            else if (each.do === "ask") client.ask(each.typeUrl, each.names);
            else if (each.do === "ack") client.take("ack");
            else client.take("nack", (name) => (each.part as readonly string[]).includes(name));
          }
          // Every name gets a content that it never had, which cures whatever was rejected.
          const withEdition = (edition: number, of: Editions): Editions =>
            Object.fromEntries(
              Object.entries(of).map(([kind, byName]) => [
                kind,
                Object.fromEntries(Object.keys(byName).map((name) => [name, edition])),
              ]),
            );
          const all = Object.fromEntries(names.map((name) => [name, 4]));
          publish({ cluster: all, endpoints: all, listener: all, route: all });
          while (client.take("ack"));
          const fresh = withEdition(5, last);
          publish(fresh);
          while (client.take("ack"));
          for (const [typeUrl, asked] of client.asked) {
            const want = expected(fresh, typeUrl, asked);
            const got = client.has.get(typeUrl) ?? new Map<string, string>();
            for (const [name, body] of want)
              assert.equal(got.get(name), body, `${typeUrl} ${name}`);
            // In state of the world, only complete types are told what is gone.
            if (variant === "delta" || completeTypes.includes(typeUrl)) {
              assert.deepEqual([...got.keys()].sort(), [...want.keys()].sort(), typeUrl);
            }
          }
          assert.notEqual(client.stream.settled(), "pending");
          publish(fresh);
          assert.equal(client.take("ack"), false, "an equal snapshot is quiet");
        }),
        { numRuns: Number(process.env["FC_RUNS"] ?? 150) },
      );
    });

    it("an older snapshot replaces a newer one, whatever the client said of that", () => {
      fc.assert(
        fc.property(
          editions,
          editions,
          fc.array(fc.record({ accepts: fc.boolean(), part: fc.subarray([...names]) })),
          (old, bad, verdicts) => {
            const client = createClient(variant);
            const publish = (of: Editions): void => {
              client.stream.retarget(snapshotOfEditions(of));
              client.stream.flush();
            };
            publish(old);
            for (const typeUrl of types) client.ask(typeUrl, ["*"]);
            while (client.take("ack"));
            publish(bad);
            for (const { accepts, part } of verdicts) {
              const kept = (name: string): boolean => (part as readonly string[]).includes(name);
              if (accepts) client.take("ack");
              else client.take("nack", kept);
            }
            publish(old);
            while (client.take("ack"));
            for (const typeUrl of types) {
              const want = expected(old, typeUrl, new Set("*"));
              const got = client.has.get(typeUrl) ?? new Map<string, string>();
              for (const [name, body] of want) assert.equal(got.get(name), body);
              if (variant === "delta" || completeTypes.includes(typeUrl)) {
                assert.deepEqual([...got.keys()].sort(), [...want.keys()].sort());
              }
            }
          },
        ),
        { numRuns: Number(process.env["FC_RUNS"] ?? 150) },
      );
    });
  });
}

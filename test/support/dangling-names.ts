import { isJsonObject, type JsonObject, type JsonValue } from "../../src/lib/json.js";

/** A role's resources as `renderSnapshot` gives them. */
type RenderedRole = Readonly<Record<string, JsonObject>>;

/** Names that resources of a role refer to and that it is not served. */
export function danglingNames(role: RenderedRole): readonly string[] {
  const { cluster = {}, endpoints = {}, listener = {}, route = {}, secret = {} } = role;
  const missing: string[] = [];
  const expect = (kind: string, name: JsonValue | undefined, known: JsonObject): void => {
    if (typeof name === "string" && !Object.hasOwn(known, name)) missing.push(`${kind} ${name}`);
  };
  for (const object of objectsIn([cluster, listener, route])) {
    expect("route", object["routeConfigName"], route);
    if (object["sdsConfig"] !== undefined) expect("secret", object["name"], secret);
    if (object["edsClusterConfig"] !== undefined) expect("endpoints", object["name"], endpoints);
    if (isJsonObject(object["envoyGrpc"])) {
      expect("cluster", object["envoyGrpc"]["clusterName"], cluster);
    }
    // In routes, `cluster` is a name; elsewhere it may be many things.
    if (typeof object["cluster"] === "string") expect("cluster", object["cluster"], cluster);
    const weighted = object["weightedClusters"];
    if (!isJsonObject(weighted) || !Array.isArray(weighted["clusters"])) continue;
    for (const entry of weighted["clusters"] as readonly JsonObject[]) {
      expect("cluster", entry["name"], cluster);
    }
  }
  return missing;
}

function* objectsIn(value: JsonValue): Generator<JsonObject> {
  if (Array.isArray(value)) for (const item of value as JsonValue[]) yield* objectsIn(item);
  else if (isJsonObject(value)) {
    yield value;
    for (const inner of Object.values(value)) yield* objectsIn(inner);
  }
}

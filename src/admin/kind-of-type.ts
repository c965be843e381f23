import { typeUrls } from "../envoy/type-urls.js";

const kinds: ReadonlyMap<string, string> = new Map(
  Object.entries(typeUrls).map(([kind, typeUrl]) => [typeUrl, kind]),
);

/** `cluster`, `route`, …; the type URL itself for a type that is not served. */
export function kindOfType(typeUrl: string): string {
  return kinds.get(typeUrl) ?? typeUrl;
}

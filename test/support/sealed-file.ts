import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { sealedFileOf, type SealedFile } from "../../src/parse/sealed-file.js";
import { createAgeKeyring } from "../../src/secrets/age-keyring.js";

/** The folder of files that the real `sops` wrote, and of the keys of age that open them. */
export const sopsFixtures = new URL("../fixtures/sops/", import.meta.url);

/** The identity that most fixtures are encrypted for. */
export const controlPlaneKeyFile = fileURLToPath(new URL("control-plane.agekey", sopsFixtures));

/** The text of a fixture. */
export function sopsText(name: string): string {
  return readFileSync(new URL(name, sopsFixtures), "utf8");
}

/** A text as an encrypted file of a tree. */
export function sealedFile(text: string, name = "shop-keys.yaml"): SealedFile {
  const bytes = Buffer.from(text, "utf8");
  const oid = `oid of ${name} ${text.length} ${text}`;
  return sealedFileOf({ kind: "file", path: `secrets/${name}`, name, oid, bytes });
}

/** A keyring with the identities of a fixture. */
export function fixtureKeyring(name: "control-plane" | "somebody-else") {
  return createAgeKeyring(sopsText(`${name}.agekey`));
}

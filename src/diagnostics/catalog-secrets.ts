import type { CatalogEntry } from "./catalog-entry.js";

/** What is said of encrypted files below `secrets/`. No message holds a value of theirs. */
export const secretsCatalog = {
  "secrets/partly-clear": {
    severity: "error",
    message: (p: { key: string }) =>
      `"${p.key}" is in clear text, although the rules of the file would encrypt it`,
    hint: () => "change the secret, for it must be taken as known, and write it with `sops`",
    explain:
      "SOPS says in each file which values it encrypts (`unencrypted_suffix`, `encrypted_regex` and so on). This value is one of them and is not encrypted: it was added by hand.",
    example:
      "# secrets/shop-keys.yaml\nold: ENC[AES256_GCM,data:…,iv:…,tag:…,type:str]\nnew: s3cr3t\nsops:\n  # …",
  },
  "secrets/malformed": {
    severity: "error",
    message: (p: { reason: string }) => `this is no file of SOPS: ${p.reason}`,
    hint: () => "encrypt it with `sops encrypt --in-place`, and change it with `sops edit` only",
    explain:
      "The file has a key `sops`, and something in it is not as SOPS writes it. Nothing of the file is used.",
    example: '# secrets/shop-keys.yaml\ndefault: ENC[AES256_GCM,…]\nsops:\n  mac: ""',
  },
  "secrets/unsupported": {
    severity: "error",
    message: (p: { services: string }) =>
      `the file can be opened with ${p.services} only, and age is needed`,
    hint: () => "add an age recipient: `sops rotate --in-place --add-age age1… <file>`",
    explain:
      "The control plane opens files with identities of age and asks no key service. One age recipient beside others is enough. Files of several key groups (Shamir's secret sharing) are not opened.",
    example: "# secrets/shop-keys.yaml\nsops:\n  kms:\n    - arn: arn:aws:kms:…",
  },
  "secrets/no-key": {
    severity: "error",
    message: () => "the file is encrypted, and this process has no identity to open it with",
    hint: () => "set --age-key-file to the file with the age identity",
    explain:
      "The repository holds secrets that are encrypted for age, and `age_key_file` is not set. `gloo check` does without: it checks all that can be seen from outside.",
    example: "# gloo serve without --age-key-file\nsops:\n  age:\n    - recipient: age1…",
  },
  "secrets/no-identity": {
    severity: "error",
    message: (p: { recipients: string }) =>
      `none of the identities of age opens the file; it is encrypted for ${p.recipients}`,
    hint: () =>
      "add the recipient of the control plane (`age-keygen -y <age key file>`) to .sops.yaml, and run `sops updatekeys <file>`",
    explain:
      "A file can be opened by those for whom it was encrypted. None of the identities in `age_key_file` is one of them.",
    example: "# secrets/shop-keys.yaml\nsops:\n  age:\n    - recipient: age1… # somebody else",
  },
  "secrets/mac-mismatch": {
    severity: "error",
    message: () => "the MAC does not fit: values were added, taken away or changed without SOPS",
    hint: () => "take the last version that SOPS wrote, and change it with `sops edit` only",
    explain:
      "SOPS signs all values of a file together, so that nobody without the key can change it. After a merge by hand, too, the MAC fits no more.",
    example:
      "# secrets/shop-keys.yaml, of which a line was removed by hand\nsops:\n  mac: ENC[AES256_GCM,…]",
  },
  "secrets/undecryptable": {
    severity: "error",
    message: (p: { key: string }) =>
      `the value of "${p.key}" cannot be decrypted: it was changed, or moved here from elsewhere`,
    hint: () => "take the last version that SOPS wrote, and change it with `sops edit` only",
    explain:
      "Every value is bound to the file and to the keys that lead to it. Copied to another key or into another file, it is worthless.",
    example: "# secrets/shop-keys.yaml\ndefault: ENC[AES256_GCM,…] # the value of another key",
  },
  "secrets/not-a-string": {
    severity: "error",
    message: (p: { key: string; found: string }) =>
      `the value of "${p.key}" must be a string, and is ${p.found}`,
    hint: () => "a secret is a map of strings; put the value in quotes before it is encrypted",
    explain:
      "A secret holds strings by key, as in the secrets folder of the process. SOPS keeps the type of a value beside it, so this can be seen without opening the file.",
    example: "# secrets/shop-keys.yaml\npin: ENC[AES256_GCM,data:…,iv:…,tag:…,type:int]",
  },
  "secrets/duplicate-name": {
    severity: "error",
    message: (p: { ref: string }) => `secret "${p.ref}" is defined by more than one file`,
    hint: () => "rename one of the files",
    explain:
      "The name of a secret is the name of its file, without `.yaml`, `.sops.yaml` and the like. Names are unique across the tree, also where there are several folders named `secrets`.",
    example: "# teams/a/secrets/pets-tls.yaml and teams/b/secrets/pets-tls.yaml",
  },
  "secrets/defined-twice": {
    severity: "error",
    message: (p: { ref: string }) =>
      `secret "${p.ref}" is in the secrets folder of the process too`,
    hint: () => "take it out of one of them: nothing says which of the two is meant",
    explain:
      "A secret comes from the repository or from `secrets_dir`, never from both, so that nobody serves an old one by mistake.",
    example: "# secrets/pets-tls.yaml, and a file pets-tls in --secrets-dir",
  },
} as const satisfies Record<string, CatalogEntry>;

import { scrubUrls } from "./remote-url.js";
import { SourceError, type SourceErrorCode } from "./source-error.js";

/** Where an SSH remote is, for messages. */
export interface SshPlace {
  readonly url: string;
  readonly host: string;
  readonly port?: number;
}

type Told = readonly [SourceErrorCode, string];

/** What Git, ssh and the hosts say → what it means. The first that fits. */
const meanings: readonly (readonly [RegExp, (place: SshPlace, said: RegExpExecArray) => Told])[] = [
  [
    /REMOTE HOST IDENTIFICATION HAS CHANGED|POSSIBLE DNS SPOOFING|Offending .*key in/,
    (place) => [
      "source/host-key",
      `the host key of ${addressOf(place)} is not the one that is known: somebody may be in between; if the host has a new key, compare the fingerprint of ${scanOf(place)} with the one its owner publishes, and replace the line in the file of known hosts`,
    ],
  ],
  [
    /Host key verification failed|No .* host key is known/,
    (place) => [
      "source/host-key",
      `the host key of ${addressOf(place)} is not known; run ${scanOf(place)}, compare the fingerprint (ssh-keygen -lf) with the one the host publishes, and add the line to the file of known hosts`,
    ],
  ],
  [
    /UNPROTECTED PRIVATE KEY FILE|bad permissions/i,
    () => [
      "source/auth-failed",
      "the key for SSH may be read by others, so ssh does not use it; run chmod 600 on it",
    ],
  ],
  [
    /Load key "[^"]*": ([^\n]{1,80})/,
    (_, [, why]) => [
      "source/auth-failed",
      `ssh cannot use the key (${String(why).trim()}); give a private key without a passphrase`,
    ],
  ],
  [
    /Permission denied|Too many authentication failures|Authentication failed/,
    (place) => [
      "source/auth-failed",
      `${addressOf(place)} refused the key; add its public half as a deploy key that may read`,
    ],
  ],
  [
    /Could not resolve hostname|Name or service not known/,
    (place) => [
      "source/unreachable",
      `the host ${place.host} was not found; check its name and DNS, and it will be tried again`,
    ],
  ],
  [
    /timed out|Timeout, server .* not responding/i,
    (place) => [
      "source/timeout",
      `${addressOf(place)} did not answer in time; it will be tried again`,
    ],
  ],
  [
    /cannot run ssh|ssh: (?:command )?not found/,
    () => [
      "source/program-missing",
      "ssh is not on the PATH, and git needs it for this repository; install openssh-client",
    ],
  ],
  [
    /does not appear to be a git repository|repository .*not found|no such repository|project you were looking for could not be found/i,
    ({ url }) => [
      "source/repository-not-found",
      `${url} was not found; check the path, and that the key may read it`,
    ],
  ],
  [
    /No space left on device|Disk quota exceeded|unable to (?:create|write)[^\n]*(?:denied|Read-only)/i,
    () => [
      "source/disk",
      "the disk is in the way of git fetch; check its space and its permissions",
    ],
  ],
  [
    /object ([0-9a-f]{40}: \w+: [^\n]{1,120})/,
    (_, [, what]) => [
      "source/protocol",
      `the remote sent what Git's own check refuses (object ${String(what)}); take it out of the history`,
    ],
  ],
  [
    /object-format|hash algorithm|mismatched algorithms/i,
    () => [
      "source/protocol",
      "the repository uses SHA-256 object names, which are not supported; use one with SHA-1",
    ],
  ],
  [
    /Connection (?:refused|reset|closed)|closed by remote host|No route to host|unreachable|kex_exchange_identification|Broken pipe|hung up unexpectedly|early EOF/i,
    (place) => [
      "source/unreachable",
      `${addressOf(place)} cannot be reached, or ended the connection; it will be tried again`,
    ],
  ],
];

/** What a failed `git` said, where that has a meaning that is known. */
export function knownSshErrorOf(stderr: string, place: SshPlace): SourceError | undefined {
  for (const [pattern, tell] of meanings) {
    const said = pattern.exec(stderr);
    if (said === null) continue;
    const [code, message] = tell(place, said);
    return new SourceError(code, message);
  }
  return undefined;
}

/** Turns what a failed `git` said into a `SourceError`. */
export function sshErrorOf(stderr: string, place: SshPlace): SourceError {
  const known = knownSshErrorOf(stderr, place);
  if (known !== undefined) return known;
  const last = stderr.trim().split("\n").filter(Boolean).at(-1) ?? "it did not say why";
  return new SourceError(
    "source/protocol",
    `git cannot fetch from ${place.url}: ${scrubUrls(last).slice(0, 200)}; it will be tried again`,
  );
}

/** Whether the remote does not give a commit by its name alone: a protocol 0 remote gives only tips. */
export function isUnknownWant(stderr: string): boolean {
  return /not our ref|unadvertised object|couldn't find remote ref|no such remote ref/i.test(
    stderr,
  );
}

/** Whether the mirror's own files may be at fault, so that it is to be made anew. */
export function isMirrorDamage(stderr: string): boolean {
  const own = stderr.replace(/^remote: .*$/gm, "");
  return mirrorDamage.test(own);
}

const mirrorDamage =
  /bad object|bad (?:ref|shallow|config)|(?:packfile|index|object|pack|ref|shallow)[^\n]*(?:corrupt|does not match|broken|empty|too small|bad)|not a git repository|missing (?:blob|tree|commit|necessary)|did not send all necessary objects|unable to (?:read|parse|resolve)/i;

function addressOf({ host, port }: SshPlace): string {
  return port === undefined ? host : `${host}:${port}`;
}

function scanOf({ host, port }: SshPlace): string {
  return `ssh-keyscan ${port === undefined ? "" : `-p ${port} `}${host}`;
}

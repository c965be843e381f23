import type { ProgramResult } from "../lib/run-program.js";
import { withDeadline } from "./deadline.js";
import { runGitProgram, type GitRun } from "./git-program.js";
import { commitNotGiven, commitNotSent, type GitRemote, type WantedCommit } from "./git-remote.js";
import { tooLarge, type SourceLimits, type SourceTimeouts } from "./limits.js";
import { packFolderOf, type Mirror } from "./mirror.js";
import { CorruptObjectError } from "./objects/git-object.js";
import type { KnownRef } from "./refs.js";
import type { RepositoryLocation } from "./remote-url.js";
import { checkSshFiles, sshCommandOf, type SshOptions } from "./ssh-command.js";
import { isMirrorDamage, isUnknownWant, knownSshErrorOf, sshErrorOf } from "./ssh-failure.js";
import type { SourceError } from "./source-error.js";

/** A repository behind SSH. */
export interface SshRemoteOptions {
  readonly location: Extract<RepositoryLocation, { kind: "ssh" }>;
  readonly ssh: SshOptions;
  readonly limits: SourceLimits;
  readonly timeouts: SourceTimeouts;
}

/** What `git` says beside a list of refs and beside a pack: little. */
const maxTalkBytes = 1024 * 1024;

/** Reaches a repository by the system's `git`, which runs the system's `ssh`. */
export function createSshRemote({ location, ssh, limits, timeouts }: SshRemoteOptions): GitRemote {
  const { url } = location;
  const program = {
    env: ssh.env ?? {},
    sshCommand: sshCommandOf(ssh, timeouts),
    maxObjectBytes: limits.maxObjectBytes,
  };

  /** Runs Git for at most `ms` milliseconds. Throws where it could not be run to its end. */
  async function run(ms: number, how: Omit<GitRun, "signal">, signal: AbortSignal) {
    await checkSshFiles(ssh);
    return withDeadline(signal, ms, async (limited) => {
      const result = await runGitProgram({ ...how, signal: limited }, program);
      // 127: the shell that holds it to a limit did not find it.
      if (result.code === 127) throw sshErrorOf("cannot run ssh", location);
      return result;
    });
  }

  function failureOf(result: ProgramResult): Error {
    const { stderr } = result;
    if (stderr.includes("File too large")) {
      return tooLarge("the remote's pack", "maxPackBytes", limits);
    }
    if (/attempting to allocate/.test(stderr)) {
      return tooLarge("an object of the remote's pack", "maxObjectBytes", limits);
    }
    const known = knownSshErrorOf(stderr, location);
    if (known !== undefined) return known;
    if (isMirrorDamage(stderr)) return new CorruptObjectError(lastLineOf(stderr));
    return sshErrorOf(stderr, location);
  }

  async function fetchOnce(
    { gitdir }: Mirror,
    source: string,
    depth: number | undefined,
    signal: AbortSignal,
  ): Promise<ProgramResult> {
    const args = [
      `--git-dir=${gitdir}`,
      "fetch",
      "--quiet",
      "--no-tags",
      "--no-write-fetch-head",
      "--no-auto-maintenance",
      "--no-recurse-submodules",
      ...(depth === undefined ? [] : [`--depth=${depth}`]),
      "--",
      url,
      source,
    ];
    const maxFileBytes = limits.maxPackBytes;
    return run(timeouts.packMs, { args, maxOutputBytes: maxTalkBytes, maxFileBytes }, signal);
  }

  return {
    url,
    async listRefs(names, signal) {
      // A tag is listed as the object it is, and once more as the commit it leads to.
      const patterns = (names ?? []).flatMap((name) =>
        name.startsWith("refs/tags/") ? [name, `${name}^{}`] : [name],
      );
      const args = ["ls-remote", "--quiet", "--", url, ...patterns];
      const maxOutputBytes = limits.maxAdvertisementBytes;
      const result = await run(timeouts.listMs, { args, maxOutputBytes }, signal);
      if (result.overflowed) {
        throw tooLarge("the remote's list of refs", "maxAdvertisementBytes", limits);
      }
      if (result.code !== 0) throw sshErrorOf(result.stderr, location);
      return parseRefs(result.stdout.toString("utf8"));
    },
    async fetch(mirror, want, signal) {
      const { store } = mirror;
      const { oid, ref, depth } = want;
      let result = await fetchOnce(mirror, oid, depth, signal);
      // Where Git's protocol 2 does not come through, only what a ref names now can be asked for.
      if (result.code !== 0 && isUnknownWant(result.stderr)) {
        if (ref === undefined) throw notGiven(want, result);
        result = await fetchOnce(mirror, ref, depth, signal);
        if (result.code !== 0 && isUnknownWant(result.stderr)) throw notGiven(want, result);
      }
      if (result.code !== 0) throw failureOf(result);
      store.addPacksOf(packFolderOf(mirror));
      if (!store.has(oid)) throw commitNotSent(oid);
    },
    forget: () => undefined,
    close: () => Promise.resolve(),
  };
}

function notGiven({ oid }: WantedCommit, { stderr }: ProgramResult): SourceError {
  return commitNotGiven(oid, new Error(lastLineOf(stderr)));
}

function lastLineOf(text: string): string {
  return text.trim().split("\n").at(-1)?.slice(0, 200) ?? "";
}

/** Lines of `oid<TAB>name`. A tag's second line, `name^{}`, has the commit that it leads to. */
function parseRefs(text: string): readonly KnownRef[] {
  const refs = new Map<string, string>();
  for (const line of text.split("\n")) {
    const [oid = "", name] = line.split("\t");
    if (name !== undefined) refs.set(name.replace(/\^\{\}$/, ""), oid);
  }
  return [...refs].map(([ref, oid]) => ({ ref, oid }));
}

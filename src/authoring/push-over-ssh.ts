import { withDeadline } from "../source/deadline.js";
import { runGitProgram } from "../source/git-program.js";
import { checkSshFiles, sshCommandOf } from "../source/ssh-command.js";
import { sshErrorOf } from "../source/ssh-failure.js";
import type { SshRemoteOptions } from "../source/ssh-remote.js";
import { pushArguments, pushRefusal } from "./push-arguments.js";
import type { Pusher } from "./remote-repository.js";
import { writeLooseObjects } from "./write-loose-objects.js";

const maxTalkBytes = 1024 * 1024;

/** Pushes by the system's Git, from the mirror, as `source` fetches into it. */
export function createSshPusher({ location, ssh, limits, timeouts }: SshRemoteOptions): Pusher {
  const program = {
    env: ssh.env ?? {},
    sshCommand: sshCommandOf(ssh, timeouts),
    maxObjectBytes: limits.maxObjectBytes,
  };
  return {
    push: (publication, mirror, signal) =>
      withDeadline(signal, timeouts.packMs, async (limited) => {
        await checkSshFiles(ssh);
        const { gitdir } = await mirror.current();
        await writeLooseObjects(`${gitdir}/objects`, publication.objects);
        const args = [`--git-dir=${gitdir}`, ...pushArguments(publication, location.url)];
        const result = await runGitProgram(
          { args, maxOutputBytes: maxTalkBytes, signal: limited },
          program,
        );
        if (result.code === 0) return;
        const said = { stdout: result.stdout.toString("utf8"), stderr: result.stderr };
        throw pushRefusal(publication.ref, said) ?? sshErrorOf(result.stderr, location);
      }),
    close: () => Promise.resolve(),
  };
}

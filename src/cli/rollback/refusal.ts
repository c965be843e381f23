import { PushRejectedError } from "../../authoring/authoring-error.js";
import { printableText } from "../../lib/printable-text.js";
import { CommandError, type Io } from "../io.js";

/**
 * Shows what the hooks of a server printed about a push that was refused, line by line as `git push` does,
 * and gives the error that is left to report. Other errors are given back as they are.
 */
export function refusalOf(cause: unknown, io: Io): unknown {
  if (!(cause instanceof PushRejectedError)) return cause;
  for (const line of cause.remoteLines) io.stderr(`remote: ${printableText(line)}\n`);
  const next =
    "nothing was changed; a protected branch may take it by a pull request: --branch NAME";
  return new CommandError(`the server refused the push (${cause.reason}); ${next}`, { cause });
}

import { CommandError } from "../io.js";

/** One line that Git hands to a pre-receive hook. */
export interface PushedRef {
  readonly oldOid: string;
  readonly newOid: string;
  /** In full, such as `refs/heads/main`. */
  readonly ref: string;
}

const noOid = /^0+$/;

/**
 * Reads what Git writes to the stdin of a pre-receive hook: `<old oid> <new oid> <ref>`, a line for each
 * ref that is pushed (githooks(5)). Throws `CommandError` for anything else.
 */
export function readPushedRefs(text: string): readonly PushedRef[] {
  return text
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => {
      const found = /^([0-9a-f]{40}) ([0-9a-f]{40}) (refs\/\S+)$/.exec(line);
      if (found === null) {
        throw new CommandError(
          "stdin is not what Git gives a pre-receive hook (<old> <new> <ref>); let Git run it: " +
            "gloo hook install pre-receive",
        );
      }
      const [, oldOid = "", newOid = "", ref = ""] = found;
      return { oldOid, newOid, ref };
    });
}

/** Whether the push takes the ref away. */
export function isDeletion({ newOid }: PushedRef): boolean {
  return noOid.test(newOid);
}

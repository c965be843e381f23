/** The longest subject that is taken, in bytes: a server refuses lines of more than 4 KiB. */
const maxSubjectBytes = 1024;

/** Subjects of the server's own: whoever may publish there can change streams and forge replies. */
const reserved = /^(?:\$SYS|\$JS|_INBOX)(?:\.|$)/;

/**
 * Says why a text is no subject to publish to; undefined: it is one.
 * https://docs.nats.io/nats-concepts/subjects#characters-allowed-and-recommended-for-subject-names
 */
export function problemOfSubject(subject: string): string | undefined {
  if (subject === "") return "it is empty";
  if (Buffer.byteLength(subject) > maxSubjectBytes) {
    return `it is longer than ${maxSubjectBytes} bytes`;
  }
  if (/[\p{Cc}\p{Cs}\p{Z}]/u.test(subject)) return "it has a space or a control character";
  if (/[*>]/.test(subject)) return "it has a wildcard, and a message goes to one subject";
  if (subject.split(".").includes("")) return "it has an empty token";
  if (reserved.test(subject)) return "it belongs to the NATS server itself";
  return undefined;
}

/** Whether subjects fit a pattern. */
export type SubjectFilter = (subject: string) => boolean;

/**
 * The filter of a pattern as NATS has it: `*` stands for one token, `>` at the end for one or more.
 * Undefined: the text is no pattern.
 */
export function subjectFilter(pattern: string): SubjectFilter | undefined {
  const tokens = pattern.split(".");
  const isOpen = tokens.at(-1) === ">";
  const fixed = isOpen ? tokens.slice(0, -1) : tokens;
  const isPattern = fixed.every(
    (token) => token === "*" || /^[^*>\p{Cc}\p{Cs}\p{Z}]+$/u.test(token),
  );
  if (!isPattern) return undefined;
  return (subject) => {
    const parts = subject.split(".");
    if (isOpen ? parts.length <= fixed.length : parts.length !== fixed.length) return false;
    return fixed.every((token, index) => token === "*" || token === parts[index]);
  };
}

/** The headers by which Envoy tells the bridge what to do. A client cannot set them: Envoy takes its own away. */
export const subjectHeader = "x-gloo-nats-subject";
export const modeHeader = "x-gloo-nats-mode";
export const tokenHeader = "x-gloo-bridge-token";

/** How a message is delivered: stored by a stream, handed to whoever listens, or answered. */
export const deliveryModes = ["jetstream", "core", "request"] as const;
export type DeliveryMode = (typeof deliveryModes)[number];

/** Whether a text names a mode. */
export function isDeliveryMode(text: string): text is DeliveryMode {
  return (deliveryModes as readonly string[]).includes(text);
}

/** A subject as its header has it: what is not printable ASCII is encoded, and `%`. */
export function encodeSubject(subject: string): string {
  return subject.replace(/[^!-$&-~]/gu, encodeURIComponent);
}

/** The subject that a header's value stands for; undefined: it stands for none. */
export function decodeSubject(value: string): string | undefined {
  try {
    return decodeURIComponent(value);
  } catch {
    return undefined; // no encoding of UTF-8
  }
}

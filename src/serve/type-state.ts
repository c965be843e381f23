import type { ResourceSet, XdsResource } from "../snapshot/snapshot.js";
import type { ResponseBody } from "./responses.js";

/** A response that is due, and the resources in it that the client did not have in this version. */
export interface DueResponse {
  readonly body: ResponseBody;
  readonly changed: readonly XdsResource[];
}

/** What a request said about a response that was sent. */
export interface Verdict {
  readonly kind: "ack" | "nack";
  readonly nonce: string;
  readonly message: string;
}

/**
 * What one stream has asked for, and has been sent, of one type. Decides by what was sent, not by
 * what was acknowledged: a push never waits for an ACK, and a return to an older version reaches
 * everyone who was sent the newer one.
 */
export interface TypeState<Request> {
  /** Takes a request. Gives the client's verdict on an earlier response, if the request has one. */
  request(request: Request, set: ResourceSet): Verdict | undefined;
  /** The names are answered with the next response even if the client has them. */
  resend(names: Iterable<string>): void;
  /**
   * The response that is due, given what is to be served; undefined: none. In phase "update" nothing
   * is taken away from the client yet; phase "removal" follows when all types had their update.
   */
  next(set: ResourceSet, phase: "update" | "removal"): DueResponse | undefined;
  /** Remembers that the response was written, under this nonce. */
  sent(nonce: string): void;
  /** The names subscribed to; `*` is the wildcard. */
  subscribed(): readonly string[];
}

/** What an absent type holds. */
export const emptySet: ResourceSet = { version: "", resources: new Map() };

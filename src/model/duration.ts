/** A span of time as protobuf has it (`google.protobuf.Duration`). */
export interface Span {
  readonly seconds: number;
  /** 0 to 999,999,999, with the sign of `seconds`. */
  readonly nanos: number;
}

/**
 * A duration as config spells it: a Go duration string (`"5s"`, `"1m30s"`, `"1500ms"`), or the
 * integer nanoseconds of 2018.
 */
export type DurationText = string | number;

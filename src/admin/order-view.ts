import type { Order } from "../reconcile/orders/orders.js";
import type { ReconcilerStatus, TurnReport } from "../reconcile/reconciler.js";
import type { OrdersStatus, OrderView, TurnResponse } from "./api-types.js";
import { isoOf } from "./time.js";

/** What people have told the loop to keep to. */
export function ordersStatus({ pin, suspension }: ReconcilerStatus["orders"]): OrdersStatus {
  return {
    pinned: pin === undefined ? null : { ...orderView(pin), commit: pin.commit.oid },
    suspended: suspension === undefined ? null : orderView(suspension),
  };
}

function orderView({ who, why, atMs }: Order): OrderView {
  return { by: who, reason: why ?? null, since: isoOf(atMs) };
}

/** A turn that somebody asked for. */
export function turnResponse(number: number, report: TurnReport | undefined): TurnResponse {
  if (report === undefined) return { number, turn: null };
  const { result, reason, atMs, commit, judged, durations, error } = report;
  return {
    number,
    turn: {
      result,
      reason,
      at: isoOf(atMs),
      commit: commit ?? null,
      judged,
      durations,
      error: error ?? null,
    },
  };
}

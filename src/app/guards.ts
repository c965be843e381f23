import { createChangeWindowGuard } from "../reconcile/guards/change-window.js";
import { createForcePushGuard } from "../reconcile/guards/force-push.js";
import type { Guard } from "../reconcile/guards/guard.js";
import { createMassDeletionGuard } from "../reconcile/guards/mass-deletion.js";
import { parseWindow } from "../reconcile/guards/parse-window.js";
import type { Settings } from "./settings.js";

/** The guards that the settings call for, what a person must look at first. */
export function guardsOf(settings: Settings): readonly Guard[] {
  const { guardDeletionPercent, guardDeletionLeast, guardForcePush, changeWindow } = settings;
  return [
    createForcePushGuard(guardForcePush),
    createMassDeletionGuard({ percent: guardDeletionPercent, least: guardDeletionLeast }),
    createChangeWindowGuard(changeWindow.map(parseWindow)),
  ];
}

import type { Config } from "../model/resource.js";
import { type RenderFunction } from "./calls.js";
import { withoutTemplates } from "./match-request.js";

/** Fills in the templates of REST functions; what other functions are sent is for Envoy's filters. */
export function createFunctionRenderer(_config: Config): RenderFunction {
  return withoutTemplates;
}

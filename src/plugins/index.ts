import type { TranslationPlugin } from "../translate/plugin.js";
import { awsLambdaPlugin } from "./aws-lambda/plugin.js";
import { azureFunctionsPlugin } from "./azure-functions/plugin.js";
import { cloudEventsPlugin } from "./cloud-events/plugin.js";
import { envoyExtensionsPlugin } from "./envoy-extensions/plugin.js";
import { googleFunctionsPlugin } from "./google-functions/plugin.js";
import { grpcPlugin } from "./grpc/plugin.js";
import { httpFiltersPlugin } from "./http-filters/plugin.js";
import { knativePlugin } from "./knative/plugin.js";
import { kubernetesPlugin } from "./kubernetes/plugin.js";
import { natsPlugin } from "./nats/plugin.js";
import { restPlugin } from "./rest/plugin.js";
import { routeCorsPlugin } from "./route-cors/plugin.js";
import { routeFanOutPlugin } from "./route-fan-out/plugin.js";
import { routeHeadersPlugin } from "./route-headers/plugin.js";
import { routeHostRewritePlugin } from "./route-host-rewrite/plugin.js";
import { routeRetriesPlugin } from "./route-retries/plugin.js";
import { routeTimeoutPlugin } from "./route-timeout/plugin.js";
import { staticPlugin } from "./static/plugin.js";

/** The features of the language that come with the product, in the order in which they are merged. */
export const builtinPlugins: readonly TranslationPlugin[] = [
  staticPlugin,
  kubernetesPlugin,
  knativePlugin,
  awsLambdaPlugin,
  azureFunctionsPlugin,
  googleFunctionsPlugin,
  restPlugin,
  grpcPlugin,
  natsPlugin,
  cloudEventsPlugin,
  routeHeadersPlugin,
  routeRetriesPlugin,
  routeTimeoutPlugin,
  routeHostRewritePlugin,
  routeCorsPlugin,
  routeFanOutPlugin,
  envoyExtensionsPlugin,
  httpFiltersPlugin,
];

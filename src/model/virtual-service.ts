// The definitions are schemas/virtual-service.schema.json; these are their types in canonical form:
// no domains have become `["*"]`, no roles `["ingress"]`; routes have exactly one matcher and
// exactly one form of destination.
export type {
  Destination,
  EventMatcher,
  RequestMatcher,
  Route,
  SslConfig,
  VirtualService,
  WeightedDestination,
} from "./generated/language.js";

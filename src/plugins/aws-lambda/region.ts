/** A partition of AWS: regions that share accounts and names, and nothing with those of others. */
interface Partition {
  readonly name: string;
  readonly domain: string;
}

/** By what their regions begin with. Everything else is in the partition `aws`. */
const partitions: readonly (readonly [string, Partition])[] = [
  ["cn-", { name: "aws-cn", domain: "amazonaws.com.cn" }],
  ["us-gov-", { name: "aws-us-gov", domain: "amazonaws.com" }],
  ["us-iso-", { name: "aws-iso", domain: "c2s.ic.gov" }],
  ["us-isob-", { name: "aws-iso-b", domain: "sc2s.sgov.gov" }],
  ["eu-isoe-", { name: "aws-iso-e", domain: "cloud.adc-e.uk" }],
  ["us-isof-", { name: "aws-iso-f", domain: "csp.hci.ic.gov" }],
  ["eusc-", { name: "aws-eusc", domain: "amazonaws.eu" }],
];

function partitionOf(region: string): Partition {
  const found = partitions.find(([start]) => region.startsWith(start));
  return found?.[1] ?? { name: "aws", domain: "amazonaws.com" };
}

/** Where Lambda answers in a region. */
export function lambdaEndpoint(region: string): string {
  return `https://lambda.${region}.${partitionOf(region).domain}`;
}

/** What a function's ARN is made of. */
export interface FunctionName {
  readonly region: string;
  /** Empty: that of whoever calls. */
  readonly account: string;
  readonly name: string;
  readonly qualifier?: string;
}

/**
 * The ARN of a function, as Envoy's filter wants it. One without an account is none of AWS's: the script
 * in the cluster turns it into the bare name.
 */
export function functionArn({ region, account, name, qualifier }: FunctionName): string {
  const version = qualifier === undefined || qualifier === "" ? "" : `:${qualifier}`;
  return `arn:${partitionOf(region).name}:lambda:${region}:${account}:function:${name}${version}`;
}

import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { functionArn, lambdaEndpoint } from "../../../../src/plugins/aws-lambda/region.js";

describe("lambdaEndpoint()", () => {
  for (const [region, host] of [
    ["us-east-1", "lambda.us-east-1.amazonaws.com"],
    ["mx-central-1", "lambda.mx-central-1.amazonaws.com"],
    ["cn-northwest-1", "lambda.cn-northwest-1.amazonaws.com.cn"],
    ["us-gov-west-1", "lambda.us-gov-west-1.amazonaws.com"],
    ["us-iso-east-1", "lambda.us-iso-east-1.c2s.ic.gov"],
    ["us-isob-east-1", "lambda.us-isob-east-1.sc2s.sgov.gov"],
    ["eu-isoe-west-1", "lambda.eu-isoe-west-1.cloud.adc-e.uk"],
    ["us-isof-south-1", "lambda.us-isof-south-1.csp.hci.ic.gov"],
    ["eusc-de-east-1", "lambda.eusc-de-east-1.amazonaws.eu"],
  ] as const) {
    it(`${region}: ${host}`, () => assert.equal(lambdaEndpoint(region), `https://${host}`));
  }
});

describe("functionArn()", () => {
  for (const [arn, name] of [
    [
      "arn:aws:lambda:eu-west-1:123456789012:function:f:live",
      { region: "eu-west-1", account: "123456789012", name: "f", qualifier: "live" },
    ],
    [
      "arn:aws-cn:lambda:cn-north-1::function:f",
      { region: "cn-north-1", account: "", name: "f", qualifier: "" },
    ],
  ] as const) {
    it(arn, () => assert.equal(functionArn(name), arn));
  }
});

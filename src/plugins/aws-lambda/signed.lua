-- Runs behind Envoy's own signer, which lets a request go on as it is when it has no credentials.

function envoy_on_request(h)
  local signature = h:headers():get("authorization") or ""
  if string.match(signature, "^AWS4%-HMAC%-SHA256 Credential=") then return end
  h:logErr("a Lambda function cannot be called: its credentials are not there")
  h:respond({ [":status"] = "502", ["content-type"] = "text/plain; charset=utf-8" }, "the function cannot be called\n")
end

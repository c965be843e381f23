-- Runs in the cluster behind Envoy's own filter for Lambda, which has made the call: method, body,
-- invocation type, and a path with the function's whole ARN. What is left to do is done here.

-- A function whose account is not known is called by its name alone, in the account of whoever signs.
local function name_function(headers)
  local path = headers:get(":path")
  local name, qualifier = string.match(path, "^/2015%-03%-31/functions/arn:[^:]+:lambda:[^:]+::function:([^:/]+):?([^:/]*)/invocations$")
  if not name then return end
  path = "/2015-03-31/functions/" .. name .. "/invocations"
  if qualifier ~= "" then path = path .. "?Qualifier=" .. string.gsub(qualifier, "%$", "%%24") end
  headers:replace(":path", path)
end

-- What a client says about its own credentials is none of AWS's business.
local function prepare(h)
  local headers = h:headers()
  headers:remove("x-amz-security-token")
  name_function(headers)
  local kept = h:streamInfo():dynamicMetadata():get("gloo.aws-lambda")
  if kept then headers:replace("x-gloo-original", kept.original) end
  return headers
end

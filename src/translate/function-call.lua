-- Makes a request a call of the function that its route names: path and host. Runs in the cluster,
-- behind the filter that adds credentials.

local function call(h)
  local context = h:filterContext()
  local headers = h:headers()
  local name = context:get("credential")
  if name then
    local credential = headers:get(name) or ""
    if credential == "" then return "its credential is not there" end
    local prefix = context:get("prefix")
    if prefix then headers:replace(name, prefix .. credential) end
  end
  local query = string.match(headers:get(":path"), "%?.*$") or ""
  headers:replace(":path", context:get("path") .. query)
  headers:replace(":authority", context:get("authority"))
end

function envoy_on_request(h)
  local ok, problem = pcall(call, h)
  if ok and not problem then return end
  h:logErr("a function cannot be called: " .. problem)
  h:respond({ [":status"] = "502", ["content-type"] = "text/plain; charset=utf-8" }, "the function cannot be called\n")
end

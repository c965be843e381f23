-- Runs before Envoy's own filter for Lambda, for functions whose event is the whole request: when a
-- request is tried again, it is what the first try has made of it. So the first try keeps what it was,
-- in a header that routes take away from clients, and later ones begin with that.

local HEADER = "x-gloo-original"
local CHANGED = {
  ":method", ":path", "content-type", "content-length", "authorization", "x-amz-content-sha256",
  "x-amz-date", "x-amz-invocation-type", "x-amz-security-token",
}

local function keep(headers)
  local parts = {}
  for i = 1, #CHANGED do
    local value = headers:get(CHANGED[i])
    parts[i] = value and #value .. ":" .. value or "-"
  end
  return table.concat(parts)
end

local function restore(headers, text)
  local at = 1
  for i = 1, #CHANGED do
    local size = string.match(text, "^(%d+):", at)
    if size then
      local first = at + #size + 1
      headers:replace(CHANGED[i], string.sub(text, first, first + size - 1))
      at = first + size
    else
      headers:remove(CHANGED[i])
      at = at + 1
    end
  end
end

function envoy_on_request(h)
  local context = h:filterContext()
  if not (context and context:get("wraps")) then return end
  local headers = h:headers()
  local text = headers:get(HEADER)
  if text then
    restore(headers, text)
    headers:remove(HEADER)
  else
    text = keep(headers)
  end
  h:streamInfo():dynamicMetadata():set("gloo.aws-lambda", "original", text)
end

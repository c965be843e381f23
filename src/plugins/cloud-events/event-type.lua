-- Reads the types of CloudEvents in structured mode. A request comes twice: first to the route that has the
-- types of all routes in its filter context, then, marked, to the route of its type, which has none there.

local TYPE, METHOD, LENGTH = "x-gloo-event-type", "x-gloo-event-method", "x-gloo-event-length"
local AGAIN = "x-gloo-event-again"
local EVENT = "application/cloudevents+json"

-- The members of the event that are asked for. Readers differ in which of two equal ones they take.
local function read_event(s)
  if s == "" then fail("the request has no body") end
  if not is_utf8(s) then fail("the body is not JSON: it is not UTF-8") end
  local found = {}
  local i = blank(s, 1)
  if byte(s, i) ~= 123 then fail("the body is not a JSON object") end
  i = blank(s, i + 1)
  while byte(s, i) ~= 125 do
    if byte(s, i) ~= 34 then bad_json(i) end
    local e, escaped = string_end(s, i)
    local key = sub(s, i + 1, e - 1)
    if escaped then key = unescape(key) end
    i = blank(s, e + 1)
    if byte(s, i) ~= 58 then bad_json(i) end
    i = blank(s, i + 1)
    if key == "type" or key == "specversion" then
      if found[key] ~= nil then fail('the event has "' .. key .. '" twice') end
      found[key], i = take(s, i, 2)
    else
      i = skip(s, i, 2)
    end
    i = blank(s, i)
    local d = byte(s, i)
    if d == 44 then
      i = blank(s, i + 1)
      if byte(s, i) ~= 34 then bad_json(i) end
    elseif d ~= 125 then
      bad_json(i)
    end
  end
  i = blank(s, i + 1)
  if i <= #s then bad_json(i) end
  return found
end

-- The type, encoded as in the header of an event in binary mode.
local function type_of(s)
  local event = read_event(s)
  if event.specversion ~= "1.0" then fail('the event has no "specversion" of "1.0"') end
  if type(event.type) ~= "string" or event.type == "" then fail('the event has no text as its "type"') end
  return (gsub(event.type, "[^!#$&-~]", function(c) return format("%%%02X", byte(c)) end))
end

local function contains(list, wanted)
  for i = 1, #list do
    if list[i] == wanted then return true end
  end
  return false
end

local function refuse(h, status, text)
  h:respond({ [":status"] = tostring(status), ["content-type"] = "text/plain; charset=utf-8" }, text .. "\n")
end

local function restore(headers)
  headers:replace(":method", headers:get(METHOD))
  headers:replace("content-length", headers:get(LENGTH))
  headers:remove(TYPE)
  headers:remove(METHOD)
  headers:remove(LENGTH)
end

function envoy_on_request(h)
  local types = h:filterContext():get("types")
  local headers = h:headers()
  if not types then return restore(headers) end
  local kind = lower(match(headers:get("content-type"), "^%s*([^;]-)%s*$")
    or match(headers:get("content-type"), "^%s*([^;]-)%s*;"))
  if kind ~= EVENT then
    return refuse(h, 415, "events are taken one by one, as " .. EVENT .. " or in binary mode")
  end
  local encoding = headers:get("content-encoding")
  if encoding and encoding ~= "identity" then
    return refuse(h, 415, "events are taken without a content-encoding")
  end
  local body = h:body()
  local s = body and body:getBytes(0, body:length()) or ""
  local ok, found = pcall(type_of, s)
  if not ok then
    local text = type(found) == "table" and found.text
    return refuse(h, text and 400 or 500, text or "the event could not be read")
  end
  if not contains(types, found) then return refuse(h, 404, "no route takes events of this type") end
  headers = h:headers()
  headers:replace(TYPE, found)
  headers:replace(METHOD, headers:get(":method"))
  headers:replace(LENGTH, tostring(#s))
  h:respond({ [":status"] = "404", [AGAIN] = "1" }, "")
end

-- What Envoy calls, and the functions that it has compiled so far.

-- The names that chunks know.
local env = {
  need = need, member = member, from_body = from_body, from_form = from_form, overlay = overlay,
  from_path = from_path, from_authority = from_authority, from_header = from_header,
  from_query = from_query, pseudo = pseudo, body_unless = body_unless, either = either,
  alternative = alternative, truthy = truthy, compare = compare, equal = equal, contains = contains,
  entries = entries, loop_list = loop_list, spend = spend, make_list = make_list,
  make_object = make_object, NULL = NULL, f = functions, buffer = buffer, put = put, concat = concat,
  text = text, in_string = in_string, in_json = in_json, in_json_line = in_json_line,
  in_url = in_url, in_header = in_header, in_xml = in_xml, send = send, reply = reply,
  num = function(x) return { t = NUMBER, x = x } end,
}

local young, old, count = {}, {}, 0

local function chunk_of(h)
  local context = h:filterContext()
  local id = context and context:get("id")
  if not id then return nil end
  local f = young[id]
  if f then return f end
  f = old[id] or setfenv(loadstring(context:get("src"), "=" .. id), env)()
  if count >= MAX_CHUNKS then young, old, count = {}, young, 0 end
  young[id] = f
  count = count + 1
  return f
end

local NAMESPACE = "gloo.rest"

local function respond(h, status, reason)
  local headers = { [":status"] = status, ["content-type"] = "text/plain; charset=utf-8" }
  h:respond(headers, reason .. "\n")
end

-- What the client is told about an error: its mistake or, if it is no table, one of this script.
local function answer(h, e)
  if type(e) ~= "table" then
    h:logErr("function: " .. tostring(e))
    return respond(h, "500", "the function could not be run")
  end
  local kind = e.status == 413 and "payload too large: " or "bad request: "
  respond(h, tostring(e.status or 400), kind .. to_utf8(e.text))
end

function envoy_on_request(h)
  local ok, f = pcall(chunk_of, h)
  if not ok then return answer(h, f) end
  if not f then return end
  if f.response and h:headers():get(":method") == "HEAD" then
    h:streamInfo():dynamicMetadata():set(NAMESPACE, "head", true)
  end
  if not f.request then
    if f.reads_response then h:headers():remove("accept-encoding") end
    return
  end
  local c = { h = h, f = f, part = f.request, steps = 0 }
  local done, e = pcall(f.request.run, c)
  if not done then return answer(h, e) end
  drop(c)
end

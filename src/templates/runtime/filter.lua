-- What Envoy calls, and the functions that it has compiled so far.

local env = {
  need = need, member = member, from_body = from_body, from_form = from_form, overlay = overlay,
  from_path = from_path, from_authority = from_authority, from_header = from_header,
  from_query = from_query, pseudo = pseudo, body_unless = body_unless, either = either,
  alternative = alternative, truthy = truthy, compare = compare, equal = equal, contains = contains,
  entries = entries, loop_list = loop_list, tick = tick, make_list = make_list,
  make_object = make_object, NULL = NULL, f = functions, buffer = buffer, put = put, concat = concat,
  text = text, in_string = in_string, in_json = in_json, in_url = in_url, in_header = in_header,
  in_xml = in_xml, send = send, reply = reply,
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

local function answer(h, e)
  if type(e) == "table" and e.text then
    local status = e.status or 400
    local reason = status == 413 and "payload too large: " or "bad request: "
    h:respond({ [":status"] = tostring(status), ["content-type"] = "text/plain; charset=utf-8" }, reason .. to_utf8(e.text) .. "\n")
  else
    h:logErr("function: " .. tostring(e))
    h:respond({ [":status"] = "500", ["content-type"] = "text/plain; charset=utf-8" }, "the function could not be run\n")
  end
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
  if c.stream then
    -- The old body is dropped as it comes; the new one takes the place of its first piece.
    local rest = c.stream
    for piece in h:bodyChunks() do
      piece:setBytes(rest)
      rest = ""
    end
  end
end

function envoy_on_response(h)
  local ok, f = pcall(chunk_of, h)
  if not ok or not f or not f.response then return end
  local headers = h:headers()
  -- Replies of Envoy itself come this way too, and are none of the function's. The route marks where
  -- a response comes from.
  local origin = headers:get(ORIGIN)
  headers:remove(ORIGIN)
  if origin ~= "via_upstream" then return end
  local status = tonumber(headers:get(":status"))
  local marks = h:streamInfo():dynamicMetadata():get(NAMESPACE)
  local c = { h = h, f = f, part = f.response, steps = 0, is_head = marks ~= nil and marks.head == true }
  local done, e = pcall(f.response.run, c)
  if done then return end
  local known = type(e) == "table" and e.text
  if not known then h:logErr("response function: " .. tostring(e)) end
  -- What the back end says about its own failure is worth more than that it could not be rendered; and
  -- where there is no body to be filled from, there is none to be sent.
  headers = h:headers()
  if c.is_head then headers:remove("content-length") end
  if status >= 400 or c.is_head or is_bodiless(headers:get(":status")) then return end
  local reason = known and "bad gateway: " .. to_utf8(e.text) .. "\n" or "the response could not be made\n"
  h:body(true):setBytes(reason)
  headers = h:headers()
  headers:replace(":status", known and "502" or "500")
  headers:remove("content-encoding")
  headers:remove("transfer-encoding")
  headers:replace("content-type", "text/plain; charset=utf-8")
  headers:replace("content-length", format("%d", #reason))
end

-- What Envoy calls for responses. Only scripts of routes that change responses have this file: that it is
-- called costs more than most functions.

function envoy_on_response(h)
  local ok, f = pcall(chunk_of, h)
  local headers = h:headers()
  -- Replies of Envoy itself come this way too, and are none of the function's. The route marks where
  -- a response comes from.
  local origin = headers:get(ORIGIN)
  headers:remove(ORIGIN)
  if origin ~= "via_upstream" or not ok or not f or not f.response then return end
  local status = tonumber(headers:get(":status"))
  local marks = h:streamInfo():dynamicMetadata():get(NAMESPACE)
  local c = { h = h, f = f, part = f.response, steps = 0, is_response = true }
  c.is_head = marks ~= nil and marks.head == true
  local done, e = pcall(f.response.run, c)
  if done then return drop(c) end
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

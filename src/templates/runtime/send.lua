-- What a function ends with: all that was rendered takes its place, or nothing does.

local function check_path(path)
  if byte(path, 1) ~= 47 then fail('the path "' .. in_header(path) .. '" does not begin with "/"') end
  for part in string.gmatch(match(path, "^[^?]*"), "[^/]+") do
    if part == "." or part == ".." then fail('a parameter makes "' .. part .. '" a part of the path') end
  end
end

local function check_special(name, value)
  if name == ":method" and not find(value, "^[A-Z][A-Z%-]*$") then
    fail('"' .. value .. '" is not a method')
  elseif (name == ":authority" or name == "host") and not find(value, "^[%w%-._~%%:%[%]]+$") then
    fail('"' .. value .. '" is not a host')
  elseif name == ":scheme" and value ~= "http" and value ~= "https" then
    fail('"' .. value .. '" is not a scheme')
  elseif name == ":status" and not find(value, "^[2-5]%d%d$") then
    fail('"' .. value .. '" is not a status')
  end
end

local TYPES = {
  json = "application/json", text = "text/plain; charset=utf-8", xml = "application/xml",
  form = "application/x-www-form-urlencoded",
}

local function set_headers(headers, names, values)
  for i = 1, #names do headers:replace(names[i], values[i]) end
end

-- Headers that describe a body, for the one that was rendered.
local function describe(headers, body, kind, has_type)
  headers:remove("content-encoding")
  headers:remove("transfer-encoding")
  if body == "" then
    if not has_type then headers:remove("content-type") end
    return
  end
  if has_type then return end
  local is_json = find(lower(headers:get("content-type") or ""), "json", 1, true) ~= nil
  local known = headers:get("content-type") ~= nil
  if is_json ~= (kind == "json") or not known then headers:replace("content-type", TYPES[kind]) end
end

local function has_content_type(names)
  for i = 1, #names do
    if names[i] == "content-type" then return true end
  end
  return false
end

-- What a chunk's request function ends with: everything is rendered, nothing has been changed.
local function send(c, path, names, values, body)
  if path then check_path(path) end
  for i = 1, #names do check_special(names[i], values[i]) end
  local h = c.h
  local headers = h:headers()
  if c.f.reads_response then headers:remove("accept-encoding") end
  if body then
    local length = tonumber(headers:get("content-length") or "0") or 0
    local comes = length > 0 or headers:get("transfer-encoding") ~= nil
    if c.text == nil and comes then
      c.stream = body
    elseif c.has_body or body ~= "" then
      h:body(true):setBytes(body)
      headers = h:headers()
    end
    describe(headers, body, c.part.body, has_content_type(names))
    if body ~= "" or comes or c.has_body then
      headers:replace("content-length", format("%d", #body))
    else
      headers:remove("content-length")
    end
  end
  set_headers(headers, names, values)
  if path then headers:replace(":path", path) end
end

local function is_bodiless(status)
  return status == "204" or status == "304"
end

local function reply(c, names, values, body)
  for i = 1, #names do check_special(names[i], values[i]) end
  local h = c.h
  local headers = h:headers()
  set_headers(headers, names, values)
  if not body then return end
  if c.is_head then headers:remove("content-length") end
  if c.is_head or is_bodiless(headers:get(":status")) then return end
  h:body(true):setBytes(body)
  headers = h:headers()
  describe(headers, body, c.part.body, has_content_type(names))
  headers:replace("content-length", format("%d", #body))
end

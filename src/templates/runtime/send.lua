-- What a function ends with: all that was rendered takes its place, or nothing does.

local function check_path(path)
  if #path > MAX_HEADER then fail("the path is too long") end
  if byte(path, 1) ~= 47 then fail('the path "' .. in_header(path) .. '" does not begin with "/"') end
  if not find(path, "/.", 1, true) then return end
  for part in string.gmatch(match(path, "^[^?]*"), "[^/]+") do
    if part == "." or part == ".." then fail('a parameter makes "' .. part .. '" a part of the path') end
  end
end

local function check_special(name, value)
  if name == ":method" and not find(value, "^[A-Z][A-Z%-]*$") then
    fail('"' .. value .. '" is not a method')
  elseif name == ":authority" and not find(value, "^[%w%-._~%%:%[%]]+$") then
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

local function check_headers(names, values)
  for i = 1, #names do
    local name, value = names[i], values[i]
    if #value > MAX_HEADER then fail('the header "' .. name .. '" is too long') end
    if byte(name, 1) == 58 then check_special(name, value) end
  end
end

local function has_content_type(names)
  for i = 1, #names do
    if names[i] == "content-type" then return true end
  end
  return false
end

-- Says what the new body is, unless the function says so itself.
local function describe(headers, body, kind)
  local known = headers:get("content-type")
  if body == "" then
    if known then headers:remove("content-type") end
    return
  end
  local is_json = known and find(lower(known), "json", 1, true) ~= nil
  if is_json ~= (kind == "json") then headers:replace("content-type", TYPES[kind]) end
end

-- Puts the new body in the place of the old one, and gives the headers as they can be used from then
-- on. A body that nobody has read, and that no other takes the place of, is not waited for.
local function place_body(c, body, names)
  local h = c.h
  local headers = h:headers()
  if c.text == nil then headers:remove("content-encoding") end
  if c.text == nil and body == "" then
    c.drops = true
  elseif c.has_body or body ~= "" then
    h:body(true):setBytes(body)
    headers = h:headers()
  end
  if headers:get("transfer-encoding") then headers:remove("transfer-encoding") end
  if not has_content_type(names) then describe(headers, body, c.part.body) end
  if body ~= "" or c.is_response or headers:get("content-length") then
    headers:replace("content-length", format("%d", #body))
  end
  return headers
end

-- Drops a body as it comes. Envoy sets content-length to what setBytes() is given, each time: so nothing
-- but the empty body can be put in the place of pieces.
local function drop(c)
  if not c.drops then return end
  for piece in c.h:bodyChunks() do piece:setBytes("") end
end

-- What a chunk's request function ends with: everything is rendered, nothing has been changed.
local function send(c, path, names, values, body)
  if path then check_path(path) end
  check_headers(names, values)
  local headers
  if body then headers = place_body(c, body, names) else headers = c.h:headers() end
  if c.f.reads_response then headers:remove("accept-encoding") end
  set_headers(headers, names, values)
  if path then headers:replace(":path", path) end
end

local function is_bodiless(status)
  return status == "204" or status == "304"
end

-- The same for responses.
local function reply(c, names, values, body)
  check_headers(names, values)
  local headers = c.h:headers()
  set_headers(headers, names, values)
  if not body then return end
  if c.is_head then headers:remove("content-length") end
  if c.is_head or is_bodiless(headers:get(":status")) then return end
  place_body(c, body, names)
end

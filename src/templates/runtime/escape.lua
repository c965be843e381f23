-- What becomes of a value in the place where it is printed.

local JSON_ESCAPES = {
  ['"'] = '\\"', ["\\"] = "\\\\", ["\b"] = "\\b", ["\f"] = "\\f", ["\n"] = "\\n", ["\r"] = "\\r",
  ["\t"] = "\\t", ["\127"] = "\\u007f",
}
for code = 0, 31 do
  local c = char(code)
  JSON_ESCAPES[c] = JSON_ESCAPES[c] or format("\\u%04x", code)
end

local function escape(s)
  if not find(s, '[%z\1-\31"\\\127-\255]') then return s end
  return (gsub(to_utf8(s), '[%z\1-\31"\\\127]', JSON_ESCAPES))
end

local function is_number(v)
  return type(v) == "number" or (type(v) == "table" and v.t == NUMBER)
end

local function is_scalar_text(s)
  if s == "true" or s == "false" or s == "null" then return true end
  return number_end(s, 1) == #s
end

local json

local function json_list(v, open, close, each)
  local out, n, size = {}, 0, 0
  each(function(text)
    n = n + 1
    size = size + #text
    if size > MAX_OUTPUT then fail("the result is too large", 413) end
    out[n] = text
  end)
  return open .. concat(out, ",") .. close
end

json = function(v)
  local kind = type(v)
  if kind == "string" then return '"' .. escape(v) .. '"' end
  if kind == "number" then return format("%d", v) end
  if kind == "boolean" then return v and "true" or "false" end
  if v.t == NUMBER then return v.x end
  if v == NULL then return "null" end
  if v.s then return sub(v.s, v.a, v.b) end
  if v.t == LIST then
    return json_list(v, "[", "]", function(put)
      for i = 1, v.n do put(json(v.k[i])) end
    end)
  end
  return json_list(v, "{", "}", function(put)
    local keys, n = keys_of(v)
    for i = 1, n do put('"' .. escape(keys[i]) .. '":' .. json(v.k[keys[i]])) end
  end)
end

local function text(v)
  if type(v) == "string" then return v end
  return json(v)
end

-- Inside a JSON string.
local function in_string(v)
  if type(v) == "string" or (type(v) == "table" and v.t > NUMBER) then return escape(text(v)) end
  return json(v)
end

-- Where a JSON value stands. A text that is a number, true, false or null stands for that.
local function in_json(v)
  if type(v) == "string" and is_scalar_text(v) then return v end
  return json(v)
end

-- The same in a header. Line breaks can only be blanks between the parts of lists and objects.
local function in_json_line(v)
  return (gsub(in_json(v), "[%z\1-\31]", " "))
end

local PERCENT, UNPERCENT = {}, {}
for code = 0, 255 do
  PERCENT[char(code)] = format("%%%02X", code)
  UNPERCENT[format("%02x", code)] = char(code)
end

local function in_url(v)
  return (gsub(text(v), "[^A-Za-z0-9%-._~]", PERCENT))
end

local function in_header(v)
  return match(gsub(text(v), "[%z\1-\8\10-\31\127]", " "), "^[ \t]*(.-)[ \t]*$")
end

local XML = { ["&"] = "&amp;", ["<"] = "&lt;", [">"] = "&gt;", ['"'] = "&quot;", ["'"] = "&#39;" }
local function in_xml(v)
  return (gsub(gsub(to_utf8(text(v)), "[%z\1-\8\11\12\14-\31]", ""), "[&<>\"']", XML))
end

local function unpercent(s)
  if not find(s, "%", 1, true) then return s end
  return (gsub(s, "%%(%x%x)", function(hex) return UNPERCENT[lower(hex)] end))
end

local function form_decode(s)
  return unpercent((gsub(s, "%+", " ")))
end

-- Text that grows in loops.
local function buffer()
  return { n = 0, size = 0 }
end

local function put(o, s)
  local size = o.size + #s
  if size > MAX_OUTPUT then fail("the result is too large", 413) end
  local n = o.n + 1
  o.n, o.size, o[n] = n, size, s
end

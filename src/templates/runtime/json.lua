-- JSON of the body, checked in full and read as far as it is asked for.

local function blank(s, i)
  local b = byte(s, i)
  if b ~= 32 and b ~= 10 and b ~= 13 and b ~= 9 then return i end
  return find(s, "[^ \t\r\n]", i) or #s + 1
end

local ESCAPED = {
  [34] = '"', [47] = "/", [92] = "\\", [98] = "\b", [102] = "\f", [110] = "\n", [114] = "\r", [116] = "\t",
}

-- The closing quote of the string that opens at i, and whether there are escapes in it.
local function string_end(s, i)
  local j, escaped = i + 1, false
  while true do
    j = find(s, '["\\%z\1-\31]', j)
    if not j then bad_json(#s + 1) end
    local b = byte(s, j)
    if b == 34 then return j, escaped end
    if b ~= 92 then bad_json(j) end
    escaped = true
    local e = byte(s, j + 1)
    if e == 117 then
      if not find(s, "^%x%x%x%x", j + 2) then bad_json(j) end
      j = j + 6
    elseif e and ESCAPED[e] then
      j = j + 2
    else
      bad_json(j)
    end
  end
end

local function unescape(raw)
  local out, n, from = {}, 0, 1
  while true do
    local at = find(raw, "\\", from, true)
    if not at then break end
    out[n + 1] = sub(raw, from, at - 1)
    n = n + 2
    if byte(raw, at + 1) ~= 117 then
      out[n] = ESCAPED[byte(raw, at + 1)]
      from = at + 2
    else
      local code = tonumber(sub(raw, at + 2, at + 5), 16)
      from = at + 6
      if code >= 55296 and code < 57344 then
        local low = code < 56320 and match(raw, "^\\u(%x%x%x%x)", from)
        low = low and tonumber(low, 16)
        if low and low >= 56320 and low < 57344 then
          code = 65536 + (code - 55296) * 1024 + (low - 56320)
          from = from + 6
        else
          code = 65533
        end
      end
      out[n] = character(code)
    end
  end
  out[n + 1] = sub(raw, from)
  return concat(out)
end

-- The end of the number that begins at i; nil: there is none.
local function number_end(s, i)
  local first = byte(s, i) == 45 and i + 1 or i
  local _, e = find(s, "^%d+", first)
  if not e or (e > first and byte(s, first) == 48) then return nil end
  if byte(s, e + 1) == 46 then
    _, e = find(s, "^%d+", e + 2)
    if not e then return nil end
  end
  local exponent = byte(s, e + 1)
  if exponent == 101 or exponent == 69 then
    _, e = find(s, "^[+-]?%d+", e + 2)
  end
  if e and e - i >= MAX_DIGITS then fail("a number has more than " .. MAX_DIGITS .. " digits") end
  return e
end

local function word_end(s, i)
  if sub(s, i, i + 3) == "true" or sub(s, i, i + 3) == "null" then return i + 3 end
  if sub(s, i, i + 4) == "false" then return i + 4 end
  bad_json(i)
end

-- Checks the value at i and gives the position behind it.
local function skip(s, i, depth)
  local b = byte(s, i)
  if b == 34 then return string_end(s, i) + 1 end
  if b == 123 or b == 91 then
    if depth > MAX_DEPTH then fail("the body is nested too deeply") end
    local stop = b + 2
    i = blank(s, i + 1)
    if byte(s, i) == stop then return i + 1 end
    while true do
      if b == 123 then
        if byte(s, i) ~= 34 then bad_json(i) end
        i = blank(s, string_end(s, i) + 1)
        if byte(s, i) ~= 58 then bad_json(i) end
        i = blank(s, i + 1)
      end
      i = blank(s, skip(s, i, depth + 1))
      local d = byte(s, i)
      if d == stop then return i + 1 end
      if d ~= 44 then bad_json(i) end
      i = blank(s, i + 1)
    end
  end
  if b and (b == 45 or (b >= 48 and b <= 57)) then
    return (number_end(s, i) or bad_json(i)) + 1
  end
  return word_end(s, i) + 1
end

-- Reads the value at i and gives the position behind it too.
local function take(s, i, depth)
  local b = byte(s, i)
  if b == 34 then
    local e, escaped = string_end(s, i)
    local raw = sub(s, i + 1, e - 1)
    return escaped and unescape(raw) or raw, e + 1
  end
  if b == 123 or b == 91 then
    local e = skip(s, i, depth)
    return { t = b == 123 and OBJECT or LIST, s = s, a = i, b = e - 1 }, e
  end
  if b and (b == 45 or (b >= 48 and b <= 57)) then
    local e = number_end(s, i) or bad_json(i)
    return { t = NUMBER, x = sub(s, i, e) }, e + 1
  end
  local e = word_end(s, i)
  if e == i + 4 then return false, e + 1 end
  if b == 116 then return true, e + 1 end
  return NULL, e + 1
end

-- The members of the object at i, those in `wanted` or all; and the position behind it.
local function members(s, i, depth, wanted)
  local kids = {}
  i = blank(s, i + 1)
  if byte(s, i) == 125 then return kids, i + 1 end
  while true do
    if byte(s, i) ~= 34 then bad_json(i) end
    local e, escaped = string_end(s, i)
    local key = sub(s, i + 1, e - 1)
    if escaped then key = unescape(key) end
    i = blank(s, e + 1)
    if byte(s, i) ~= 58 then bad_json(i) end
    i = blank(s, i + 1)
    if not wanted or wanted[key] then
      kids[key], i = take(s, i, depth + 1)
    else
      i = skip(s, i, depth + 1)
    end
    i = blank(s, i)
    local d = byte(s, i)
    if d == 125 then return kids, i + 1 end
    if d ~= 44 then bad_json(i) end
    i = blank(s, i + 1)
  end
end

local function items(s, i)
  local kids, n = {}, 0
  i = blank(s, i + 1)
  if byte(s, i) == 93 then return kids, 0 end
  while true do
    n = n + 1
    kids[n], i = take(s, i, 1)
    i = blank(s, i)
    if byte(s, i) == 93 then return kids, n end
    i = blank(s, i + 1)
  end
end

local function parse(s, wanted)
  if not is_utf8(s) then fail("the body is not JSON: it is not UTF-8") end
  local i = blank(s, 1)
  local value, after
  if byte(s, i) == 123 then
    local kids
    kids, after = members(s, i, 1, wanted)
    value = { t = OBJECT, k = kids }
  else
    value, after = take(s, i, 1)
  end
  after = blank(s, after)
  if after <= #s then bad_json(after) end
  return value
end

local function kids_of(v)
  local kids = v.k
  if not kids then
    if v.t == OBJECT then kids = members(v.s, v.a, 1) else kids, v.n = items(v.s, v.a) end
    v.k = kids
  end
  return kids, v.n
end

-- The keys of an object, sorted.
local function keys_of(v)
  local keys, n = v.keys, 0
  if not keys then
    keys = {}
    for key in pairs((kids_of(v))) do
      n = n + 1
      keys[n] = key
    end
    sort(keys)
    v.keys, v.n = keys, n
  end
  return keys, v.n
end

-- What is below `v` on a path of names and indices; nil: nothing.
local function member(v, path)
  for p = 1, #path do
    if type(v) ~= "table" then return nil end
    local tag, name = v.t, path[p]
    if tag == OBJECT then
      v = kids_of(v)[name]
    elseif tag == LIST and find(name, "^%d+$") then
      v = kids_of(v)[tonumber(name) + 1]
    else
      return nil
    end
  end
  return v
end

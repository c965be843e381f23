-- Operators and functions of the template language.

local function need(v, name)
  if v == nil then fail('no value for "' .. name .. '"') end
  return v
end

local function kind_of(v)
  local kind = type(v)
  if kind ~= "table" then return "a " .. kind end
  if v.t == NUMBER then return "a number" end
  if v.t == LIST then return "a list" end
  return v.t == OBJECT and "an object" or "null"
end

local function truthy(v)
  if type(v) == "boolean" then return v end
  if v == NULL or v == "" then return false end
  if is_number(v) then return tonumber(json(v)) ~= 0 end
  if type(v) == "string" then return true end
  return next((kids_of(v))) ~= nil
end

local function number_text(v)
  if is_number(v) then return json(v) end
  if type(v) == "string" and number_end(v, 1) == #v then return v end
end

local function sign(a, b)
  if a == b then return 0 end
  return a < b and -1 or 1
end

-- Whole numbers exactly, others as IEEE doubles.
local function compare_numbers(a, b)
  local x, y = tonumber(a), tonumber(b)
  if x ~= y or a == b then return sign(x, y) end
  local minus, p = match(a, "^(-?)(%d+)$")
  local minus_b, q = match(b, "^(-?)(%d+)$")
  if not p or not q or x == 0 then return 0 end
  local order = #p ~= #q and sign(#p, #q) or sign(p, q)
  return minus == "-" and minus_b == "-" and -order or order
end

local function compare(c, a, b)
  if type(a) == "string" and type(b) == "string" then
    spend_bytes(c, a)
    return sign(a, b)
  end
  local x, y = number_text(a), number_text(b)
  if not x or not y then fail("cannot compare " .. kind_of(a) .. " with " .. kind_of(b)) end
  return compare_numbers(x, y)
end

local function equal(c, a, b)
  spend(c, 1)
  if a == b then return true end
  if is_number(a) or is_number(b) then
    local x, y = number_text(a), number_text(b)
    return x ~= nil and y ~= nil and compare_numbers(x, y) == 0
  end
  if type(a) ~= "table" or type(b) ~= "table" or a.t ~= b.t or a == NULL then return false end
  local p, n = kids_of(a)
  local q, m = kids_of(b)
  if a.t == LIST and n ~= m then return false end
  for key, value in pairs(p) do
    if q[key] == nil or not equal(c, value, q[key]) then return false end
  end
  for key in pairs(q) do
    spend(c, 1)
    if p[key] == nil then return false end
  end
  return true
end

local function list_of(v, what)
  if type(v) ~= "table" or v.t ~= LIST then fail(what .. " needs a list, not " .. kind_of(v)) end
  return kids_of(v)
end

local function make_list(kids, n)
  return { t = LIST, k = kids, n = n }
end

local function make_object(kids)
  return { t = OBJECT, k = kids }
end

local function contains(c, list, v)
  if type(list) == "string" and type(v) == "string" then
    spend_bytes(c, list)
    return find(list, v, 1, true) ~= nil
  end
  if type(list) == "table" and list.t == OBJECT then
    return type(v) == "string" and kids_of(list)[v] ~= nil
  end
  local kids, n = list_of(list, '"in"')
  for i = 1, n do
    if equal(c, kids[i], v) then return true end
  end
  return false
end

-- Pairs for `for k, v in map`, in the order of keys.
local function entries(v)
  if type(v) ~= "table" or v.t ~= OBJECT then
    fail("a loop over keys and values needs an object, not " .. kind_of(v))
  end
  local keys, n = keys_of(v)
  return v.k, keys, n
end

local function loop_list(v)
  return list_of(v, "a loop")
end

local function whole(v, what)
  local x = number_text(v)
  if not x or not find(x, "^-?%d+$") then fail(what .. " needs a whole number") end
  return x
end

-- The same as a Lua number, without the sign that a zero may have.
local function count_of(v, what)
  local n = tonumber(whole(v, what))
  return n == 0 and 0 or n
end

local function remainder(x, by)
  local rest = 0
  for i = 1, #x do
    local b = byte(x, i)
    if b ~= 45 then rest = (rest * 10 + b - 48) % by end
  end
  return rest
end

local function alike(c, v, what)
  local kids, n = list_of(v, what)
  local numbers = n > 0 and is_number(kids[1])
  for i = 1, n do
    spend(c, 1)
    if is_number(kids[i]) ~= numbers or not (numbers or type(kids[i]) == "string") then
      fail(what .. " needs a list of numbers or a list of strings")
    end
  end
  return kids, n
end

local function extreme(c, v, what, wanted)
  local kids, n = alike(c, v, what)
  if n == 0 then fail(what .. " of an empty list") end
  local best = kids[1]
  for i = 2, n do
    if compare(c, kids[i], best) == wanted then best = kids[i] end
  end
  return best
end

local function text_of(c, v, what)
  if type(v) ~= "string" then fail(what .. " needs a string, not " .. kind_of(v)) end
  spend_bytes(c, v)
  return v
end

local functions = {
  upper = function(c, v) return upper(text_of(c, v, "upper")) end,
  lower = function(c, v) return lower(text_of(c, v, "lower")) end,
  range = function(c, v)
    local n = count_of(v, "range")
    if n < 0 or n > MAX_RANGE then fail("range takes 0 to " .. MAX_RANGE) end
    local kids = {}
    spend(c, n)
    for i = 1, n do kids[i] = i - 1 end
    return make_list(kids, n)
  end,
  length = function(c, v)
    if type(v) == "string" then
      spend_bytes(c, v)
      local _, n = gsub(v, "[^\128-\191]", "")
      return n
    end
    if type(v) == "table" and v.t == OBJECT then
      local _, n = keys_of(v)
      return n
    end
    local _, n = list_of(v, "length")
    return n
  end,
  sort = function(c, v)
    local kids, n = alike(c, v, "sort")
    local order, sorted = {}, {}
    for i = 1, n do order[i] = i end
    sort(order, function(i, j)
      local found = compare(c, kids[i], kids[j])
      if found == 0 then return i < j end
      return found < 0
    end)
    for i = 1, n do sorted[i] = kids[order[i]] end
    return make_list(sorted, n)
  end,
  first = function(c, v)
    local kids, n = list_of(v, "first")
    if n == 0 then fail("first of an empty list") end
    return kids[1]
  end,
  last = function(c, v)
    local kids, n = list_of(v, "last")
    if n == 0 then fail("last of an empty list") end
    return kids[n]
  end,
  round = function(c, v, digits)
    local x, d = number_text(v), count_of(digits, "round")
    if not x then fail("round needs a number, not " .. kind_of(v)) end
    if d < 0 or d > 12 then fail("round takes 0 to 12 digits") end
    local scale, n = 10 ^ d, tonumber(x)
    if not (n > -1e15 and n < 1e15) then fail("round takes numbers below 1e15") end
    local rounded = floor((n < 0 and -n or n) * scale + 0.5) / scale
    local shown = format("%." .. d .. "f", rounded)
    if d == 0 then shown = shown .. ".0" else shown = gsub(shown, "(%.%d-)0*$", "%1") end
    if sub(shown, -1) == "." then shown = shown .. "0" end
    return { t = NUMBER, x = (n < 0 and rounded > 0 and "-" or "") .. shown }
  end,
  divisibleBy = function(c, v, by)
    local x, d = whole(v, "divisibleBy"), count_of(by, "divisibleBy")
    d = d < 0 and -d or d
    if d == 0 or d > 1e12 then fail("divisibleBy takes a divisor from 1 to 1e12") end
    return remainder(x, d) == 0
  end,
  odd = function(c, v) return remainder(whole(v, "odd"), 2) == 1 end,
  even = function(c, v) return remainder(whole(v, "even"), 2) == 0 end,
  max = function(c, v) return extreme(c, v, "max", 1) end,
  min = function(c, v) return extreme(c, v, "min", -1) end,
  header = function(c, name)
    name = lower(text_of(c, name, "header"))
    return c.h:headers():get(name == "host" and ":authority" or name) or ""
  end,
}

-- default(): the first, or the second if the first cannot be computed.
local function either(c, first, second)
  local ok, value = pcall(first)
  if ok then return value end
  if type(value) ~= "table" or value.status then error(value, 0) end
  return second()
end

local function alternative(v, other)
  if v == nil then return other end
  return v
end

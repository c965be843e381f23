-- Parameters: what stands in the path, the host, headers and the query.

-- A pattern is literal texts with a name's index between each two; `d` decodes what was captured, and
-- nothing in `no` may be in it. Names that come first take as much as they can.
local function capture(P, pattern, value)
  local texts, names = pattern, pattern.names
  local n = #names
  local prefix, suffix = texts[1], texts[n + 1]
  local stop = #value - #suffix
  if sub(value, 1, #prefix) ~= prefix or sub(value, stop + 1) ~= suffix then return end
  local from, found, turned = #prefix + 1, {}, nil
  for i = n, 2, -1 do
    local literal = texts[i]
    -- The last place of the literal that leaves a character to the name behind it.
    local start
    if literal == "" then
      start = stop
    else
      turned = turned or reverse(value)
      local at = find(turned, reverse(literal), #value - stop + 2, true)
      if not at then return end
      start = #value - at - #literal + 2
    end
    if start <= from then return end
    found[i] = sub(value, start + #literal, stop)
    stop = start - 1
  end
  found[1] = sub(value, from, stop)
  for i = 1, n do
    local no = pattern.no and pattern.no[i]
    if found[i] == "" or (no and find(found[i], no)) then return end
  end
  for i = 1, n do
    local decode = pattern.d and pattern.d[i]
    P[names[i]] = decode == 1 and unpercent(found[i]) or decode == 2 and form_decode(found[i]) or found[i]
  end
end

local function extract(P, pattern, value)
  if not value then return end
  if #pattern == 0 then P[pattern.names[1]] = value else capture(P, pattern, value) end
end

local function from_path(c, P, pattern)
  local path = c.h:headers():get(":path") or ""
  local mark = not pattern.query and find(path, "?", 1, true)
  if mark then path = sub(path, 1, mark - 1) end
  extract(P, pattern, path)
end

local function from_authority(c, P, pattern)
  local authority = c.h:headers():get(":authority") or ""
  if not pattern.port then authority = gsub(authority, ":%d+$", "") end
  extract(P, pattern, authority)
end

local function from_header(c, P, name, pattern)
  extract(P, pattern, c.h:headers():get(name))
end

local function fields_of(s)
  local fields = {}
  for field in string.gmatch(s, "[^&]+") do
    local key, value = match(field, "^([^=]*)=?(.*)$")
    key = form_decode(key)
    if fields[key] == nil then fields[key] = form_decode(value) end
  end
  return fields
end

local function from_query(c, P, name, pattern)
  if not c.query then
    c.query = fields_of(match(c.h:headers():get(":path") or "", "%?(.*)$") or "")
  end
  extract(P, pattern, c.query[name])
end

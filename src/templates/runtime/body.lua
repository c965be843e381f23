-- The body, read when it is first asked for: as JSON, or as the fields of a form.

local function content_type(c)
  return lower(c.h:headers():get("content-type") or "")
end

local function is_form(c)
  return c.f.form and find(content_type(c), "^application/x%-www%-form%-urlencoded") ~= nil
end

local function read_body(c)
  if c.text == nil then
    local b = c.h:body()
    local n = b and b:length() or 0
    c.text = n > 0 and b:getBytes(0, n) or ""
    c.has_body = n > 0
  end
  return c.text
end

local function document(c)
  local doc = c.doc
  if doc ~= nil then return doc end
  local part = c.part
  doc = NULL
  -- A body that goes on unchanged may be anything; one that says it is JSON has to be.
  if not is_form(c) and (part.body or find(content_type(c), "json", 1, true)) then
    local s = read_body(c)
    local first = byte(s, blank(s, 1))
    if first then
      if first ~= 123 and c.h:headers():get("content-encoding") then
        fail("the body is encoded, and so cannot be read")
      end
      doc = parse(s, part.wanted)
    end
  end
  c.doc = doc
  return doc
end

local function from_body(c, path)
  return member(document(c), path)
end

-- The same for what is below a name that is a parameter too, which has no members if it was given.
local function body_unless(c, taken, path)
  if taken == nil then return from_body(c, path) end
end

local function from_form(c, P, name, pattern, index)
  if not c.fields then
    c.fields = is_form(c) and fields_of(read_body(c)) or {}
  end
  if P[index] == nil then extract(P, pattern, c.fields[name]) end
  return P[index]
end

local function pseudo(c, name)
  return c.h:headers():get(name) or ""
end

-- An object with parameters in it: `path` says where below it each of them belongs.
local function overlay(c, v, count, ...)
  local parts = { ... }
  for i = 1, count, 2 do
    local path, value = parts[i], parts[i + 1]
    if value ~= nil then
      local is_object = type(v) == "table" and v.t == OBJECT
      local kids = {}
      if is_object then
        for key, kid in pairs((kids_of(v))) do
          spend(c, 1)
          kids[key] = kid
        end
      end
      local rest = {}
      for p = 2, #path do rest[p - 1] = path[p] end
      kids[path[1]] = #rest == 0 and value or overlay(c, kids[path[1]], 2, rest, value)
      v = make_object(kids)
    end
  end
  return v
end

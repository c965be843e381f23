-- The runtime of functions: one script, of which this is the first file, for all routes. What differs
-- from route to route comes as a Lua chunk in the filter context: `id` (its content hash) and `src`.
-- The files are joined in the order of runtime.ts, without comments and indentation, so no string may
-- span lines; a name is known to all that comes behind it.

local byte, char, find, format = string.byte, string.char, string.find, string.format
local gsub, lower, match, reverse = string.gsub, string.lower, string.match, string.reverse
local sub, upper, concat, sort = string.sub, string.upper, table.concat, table.sort
local floor, type, tonumber, pcall, error = math.floor, type, tonumber, pcall, error

-- What one rendering may do at most.
local MAX_STEPS, MAX_OUTPUT, MAX_DEPTH, MAX_RANGE = 100000, 8388608, 200, 10000
local MAX_DIGITS, MAX_HEADER = 400, 32768
-- How many functions stay compiled, twice: those in use move to the younger half.
local MAX_CHUNKS = 1000
local ORIGIN = "x-gloo-origin"

-- Values: a string, a boolean, a Lua number (a count), or a table with a tag `t`. Numbers of documents
-- keep their text `x`, so that they leave as they came. Lists and objects of documents are slices
-- [a, b] of their text `s`; their children `k` are read when first asked for.
local NUMBER, LIST, OBJECT = 1, 2, 3
local NULL = { t = 0 }

local function fail(text, status)
  error({ text = text, status = status }, 0)
end

local function bad_json(at)
  fail("the body is not JSON: unexpected text at byte " .. at)
end

-- Whoever sends a body decides how long loops over it are, so all work in them is counted.
local function spend(c, count)
  local steps = c.steps + count
  if steps > MAX_STEPS then fail("too many steps", 413) end
  c.steps = steps
end

local function spend_bytes(c, s)
  spend(c, floor(#s / 256))
end


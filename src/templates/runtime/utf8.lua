-- UTF-8: what comes from headers and paths may be any bytes, what goes into JSON may not.

local function is_utf8(s)
  if not find(s, "[\128-\255]") then return true end
  s = gsub(s, "[\194-\223][\128-\191]", ".")
  s = gsub(s, "\224[\160-\191][\128-\191]", ".")
  s = gsub(s, "[\225-\236\238\239][\128-\191][\128-\191]", ".")
  s = gsub(s, "\237[\128-\159][\128-\191]", ".")
  s = gsub(s, "\240[\144-\191][\128-\191][\128-\191]", ".")
  s = gsub(s, "[\241-\243][\128-\191][\128-\191][\128-\191]", ".")
  s = gsub(s, "\244[\128-\143][\128-\191][\128-\191]", ".")
  return not find(s, "[\128-\255]")
end

-- The length of the character at i; nil: there is none.
local function character_length(s, i)
  local a, b, c, d = byte(s, i, i + 3)
  if a < 128 then return 1 end
  if a < 194 or a > 244 or not b or b < 128 or b > 191 then return nil end
  if a < 224 then return 2 end
  if not c or c < 128 or c > 191 then return nil end
  if a < 240 then
    if (a == 224 and b < 160) or (a == 237 and b > 159) then return nil end
    return 3
  end
  if not d or d < 128 or d > 191 then return nil end
  if (a == 240 and b < 144) or (a == 244 and b > 143) then return nil end
  return 4
end

-- Each byte that is no part of a character becomes U+FFFD: a lax reader might see a quote in it.
local function to_utf8(s)
  if is_utf8(s) then return s end
  local out, n, from, i = {}, 0, 1, 1
  while i <= #s do
    local length = character_length(s, i)
    if not length then
      out[n + 1], out[n + 2] = sub(s, from, i - 1), "\239\191\189"
      n, from = n + 2, i + 1
    end
    i = i + (length or 1)
  end
  out[n + 1] = sub(s, from)
  return concat(out)
end

local function character(code)
  if code < 128 then return char(code) end
  if code < 2048 then return char(192 + floor(code / 64), 128 + code % 64) end
  if code < 65536 then
    return char(224 + floor(code / 4096), 128 + floor(code / 64) % 64, 128 + code % 64)
  end
  local a, b = floor(code / 262144), floor(code / 4096) % 64
  return char(240 + a, 128 + b, 128 + floor(code / 64) % 64, 128 + code % 64)
end

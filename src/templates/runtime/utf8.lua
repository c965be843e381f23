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

local SEQUENCES = {
  "^[\194-\223][\128-\191]", "^\224[\160-\191][\128-\191]",
  "^[\225-\236\238\239][\128-\191][\128-\191]", "^\237[\128-\159][\128-\191]",
  "^\240[\144-\191][\128-\191][\128-\191]", "^[\241-\243][\128-\191][\128-\191][\128-\191]",
  "^\244[\128-\143][\128-\191][\128-\191]",
}

-- Each byte that is no part of a character becomes U+FFFD: a lax reader might see a quote in it.
local function to_utf8(s)
  if is_utf8(s) then return s end
  return (gsub(s, "[\128-\255]+", function(run)
    local out, n, i = {}, 0, 1
    while i <= #run do
      local stop
      for p = 1, #SEQUENCES do
        local _, e = find(run, SEQUENCES[p], i)
        if e then stop = e break end
      end
      n = n + 1
      out[n] = stop and sub(run, i, stop) or "\239\191\189"
      i = (stop or i) + 1
    end
    return concat(out)
  end))
end

local function character(code)
  if code < 128 then return char(code) end
  if code < 2048 then return char(192 + floor(code / 64), 128 + code % 64) end
  if code < 65536 then
    return char(224 + floor(code / 4096), 128 + floor(code / 64) % 64, 128 + code % 64)
  end
  return char(240 + floor(code / 262144), 128 + floor(code / 4096) % 64, 128 + floor(code / 64) % 64, 128 + code % 64)
end

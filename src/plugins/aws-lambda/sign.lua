-- Signs calls with the keys of a secret: Envoy's own signers take none from SDS. A filter before this
-- one has put the keys into headers, which go no further.
-- https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html

local function take(headers, name)
  local value = headers:get(name)
  headers:remove(name)
  if value == "" then return nil end
  return value
end

local function encoded(text)
  return (gsub(text, "[^%w%-._~/]", function(c) return string.format("%%%02X", byte(c)) end))
end

-- AWS wants every header of its own signed.
local function signed_headers(headers)
  local values, names = { host = headers:get(":authority") }, { "host" }
  for name, value in pairs(headers) do
    if string.sub(name, 1, 6) == "x-amz-" then
      if values[name] then
        values[name] = values[name] .. "," .. value
      else
        names[#names + 1] = name
        values[name] = value
      end
    end
  end
  table.sort(names)
  local lines = {}
  for i = 1, #names do
    local value = gsub(gsub(values[names[i]], "^%s+", ""), "%s+$", "")
    lines[i] = names[i] .. ":" .. gsub(value, " +", " ") .. "\n"
  end
  return table.concat(lines), table.concat(names, ";")
end

local function sign(h, access_key, secret_key, session_token)
  local headers = prepare(h)
  local time = os.date("!%Y%m%dT%H%M%SZ", math.floor(tonumber(h:timestamp()) / 1000))
  headers:replace("x-amz-date", time)
  if session_token then headers:replace("x-amz-security-token", session_token) end
  local lines, names = signed_headers(headers)
  local path, query = string.match(headers:get(":path"), "^([^?]*)%??(.*)$")
  local request = table.concat({
    headers:get(":method"), encoded(path), query, lines, names, headers:get("x-amz-content-sha256"),
  }, "\n")
  local scope = string.sub(time, 1, 8) .. "/" .. REGION .. "/lambda/aws4_request"
  local text = table.concat({ "AWS4-HMAC-SHA256", time, scope, hex(sha256(request)) }, "\n")
  local key = "AWS4" .. secret_key
  for part in string.gmatch(scope, "[^/]+") do key = hmac(key, part) end
  headers:replace("authorization", "AWS4-HMAC-SHA256 Credential=" .. access_key .. "/" .. scope .. ", SignedHeaders=" .. names .. ", Signature=" .. hex(hmac(key, text)))
end

function envoy_on_request(h)
  local headers = h:headers()
  local access_key, secret_key = take(headers, "x-gloo-access-key"), take(headers, "x-gloo-secret-key")
  local session_token = take(headers, "x-gloo-session-token")
  local ok, problem = false, "its credentials are not there"
  if access_key and secret_key then
    ok, problem = pcall(sign, h, access_key, secret_key, session_token)
  end
  if ok then return end
  h:logErr("a Lambda function cannot be called: " .. tostring(problem))
  h:respond({ [":status"] = "502", ["content-type"] = "text/plain; charset=utf-8" }, "the function cannot be called\n")
end

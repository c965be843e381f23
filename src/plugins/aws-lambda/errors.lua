-- Lambda answers 200 where a function has failed.

function envoy_on_response(h)
  local headers = h:headers()
  if headers:get("x-amz-function-error") then headers:replace(":status", "502") end
end

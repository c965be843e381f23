-- For calls that Envoy's own filter signs, right behind this one.

function envoy_on_request(h)
  prepare(h)
end

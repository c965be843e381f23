-- For calls that Envoy's own filter signs, right behind this one. The signature with placeholders is taken
-- away, so that there is none if that filter has no credentials.

function envoy_on_request(h)
  prepare(h):remove("authorization")
end

-- For wrk: POST /v2/coupon/issue for customers and series at random.
-- Arguments: a number of this run's own; first and last series; first and last mobile number.

local run, first_series, last_series, first_mobile, last_mobile
local sent = 0

function init(args)
  run = args[1]
  first_series, last_series = tonumber(args[2]), tonumber(args[3])
  first_mobile, last_mobile = tonumber(args[4]), tonumber(args[5])
  math.randomseed(tonumber(run))
end

function request()
  sent = sent + 1
  local series = math.random(first_series, last_series)
  local mobile = first_mobile + math.random(0, last_mobile - first_mobile)
  local body = string.format('{"seriesId": %d, "customer": {"mobile": "%d"}}', series, mobile)
  wrk.headers["Idempotency-Key"] = string.format("wrk-%s-%d", run, sent)
  return wrk.format("POST", nil, nil, body)
end

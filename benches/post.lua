-- Posts one file over and over, as kube-apiserver posts reviews; reports in one line at the end.
-- wrk ... -s post.lua URL -- FILE
function init(args)
  local file = assert(io.open(args[1], "rb"))
  wrk.body = file:read("*a")
  file:close()
  wrk.method = "POST"
  wrk.headers["Content-Type"] = "application/json"
  wrk.headers["Accept"] = "application/json, */*"
  wrk.headers["User-Agent"] = "kube-apiserver-admission"
end

function done(summary, latency)
  local errors = summary.errors
  local failed = errors.connect + errors.read + errors.write + errors.timeout + errors.status
  io.write(string.format("measured requests=%d microseconds=%d failed=%d p50=%d p99=%d\n", summary.requests,
    summary.duration, failed, latency:percentile(50), latency:percentile(99)))
end

-- Prints what wrk measured on one line for compare: requests, seconds, p50 and
-- p99 in microseconds, and what failed: connects, reads, writes, answers of 400
-- and above, timeouts.
done = function(summary, latency)
  local e = summary.errors
  io.write(string.format("RESULT %d %.3f %d %d %d %d %d %d %d\n",
    summary.requests, summary.duration / 1e6,
    latency:percentile(50), latency:percentile(99),
    e.connect, e.read, e.write, e.status, e.timeout))
end

-- Asks as one person after another: the first argument is a file with a Cookie
-- header's value on each line, the second the line before the first to use.
-- Without a second one it begins anywhere.
dofile("bench/report.lua")

local requests, next = {}, 0

function init(args)
  for line in io.lines(args[1]) do
    requests[#requests + 1] = wrk.format("GET", nil, { ["Host"] = wrk.headers["Host"], ["Cookie"] = line })
  end
  math.randomseed(os.time())
  next = tonumber(args[2]) or math.random(#requests)
end

function request()
  next = next % #requests + 1
  return requests[next]
end

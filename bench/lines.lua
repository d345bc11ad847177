-- For wrk: what a file asks, line by line: a path, and after a tab the body of a POST.
-- Argument: the file. When it is at its end, the connections stop.

local requests, sent = {}, 0

function init(args)
  for line in io.lines(args[1]) do
    requests[#requests + 1] = line
  end
end

function request()
  sent = sent + 1
  local line = requests[sent]
  if line == nil then
    wrk.thread:stop()
    line = requests[1]
  end
  local path, body = line:match("^([^\t]*)\t?(.*)$")
  if body == "" then
    return wrk.format("GET", path)
  end
  return wrk.format("POST", path, nil, body)
end

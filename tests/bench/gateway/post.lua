-- Posts signed requests from a file: wrk … -s post.lua URL -- FILE THREADS often|once
--
-- Each thread takes every so many-th request. "often" begins again at the end of the file; "once"
-- stops the run there, for no id may come twice.

local threads = 0

-- Runs once for each thread, outside of it: `first` is a global of the thread's own.
function setup(thread)
  thread:set("first", threads)
  threads = threads + 1
end

function init(arguments)
  local file = assert(io.open(arguments[1], "rb"))
  local timestamp = file:read("*l")
  local body = file:read("*l")
  records = file:read("*a")
  file:close()
  step = tonumber(arguments[2])
  once = arguments[3] == "once"
  id_length = 20
  signature_length = 3 + 44
  record_length = id_length + 1 + signature_length + 1
  count = #records / record_length
  at = first
  before = "POST " .. wrk.path .. " HTTP/1.1\r\nhost: " .. wrk.host
    .. "\r\ncontent-type: application/json\r\ncontent-length: " .. #body
    .. "\r\nwebhook-timestamp: " .. timestamp .. "\r\nwebhook-id: "
  between = "\r\nwebhook-signature: "
  after = "\r\n\r\n" .. body
end

function request()
  if at >= count then
    assert(not once, "all requests of the file are sent")
    at = first
  end
  local from = at * record_length + 1
  at = at + step
  local to = from + id_length
  return before .. records:sub(from, to - 1) .. between
    .. records:sub(to + 1, to + signature_length) .. after
end

function done(summary, latency, _)
  local errors = summary.errors
  io.write(string.format(
    '{"requests":%d,"microseconds":%d,"p99":%d,"refused":%d,"broken":%d}\n',
    summary.requests, summary.duration, latency:percentile(99), errors.status,
    errors.connect + errors.read + errors.write + errors.timeout))
end

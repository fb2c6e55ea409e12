-- Decides on one request, in Redis: what `Rule::decide` says, read, decided and written in one
-- step, on the server's clock. Numbers are doubles, which hold whole microseconds until 2255.
--
-- KEYS[1]  what is limited, under one rule
-- ARGV[1]  how many requests may pass, 1 to 1000000
-- ARGV[2]  in how many seconds, 1 to 86400
--
-- Answers {1, seconds until the state expires} for an admitted request, and for a refused one
-- {0, seconds until the next may pass}, having written nothing.
local function whole(text, max)
  local number = tonumber(text)
  return number and number >= 1 and number <= max and number % 1 == 0 and number
end

local requests, per_seconds = whole(ARGV[1], 1000000), whole(ARGV[2], 86400)
if not (requests and per_seconds) then
  return redis.error_reply("ERR a rate limit is 1 to 1000000 requests in 1 to 86400 seconds")
end
local state = redis.call("GET", KEYS[1]) or "0"
if not string.find(state, "^%d+$") then
  return redis.error_reply("ERR the key holds something else than the state of a rate limit")
end

local emission = math.ceil(per_seconds * 1000000 / requests)
local burst = emission * requests
local time = redis.call("TIME")
local now = time[1] * 1000000 + time[2]
local tat = math.max(tonumber(state), now) + emission
local ahead = tat - now
if ahead <= burst then
  local expires = math.ceil(ahead / 1000000)
  redis.call("SET", KEYS[1], string.format("%.0f", tat), "EX", expires)
  return {1, expires}
end
return {0, math.ceil(math.min(ahead - burst, burst) / 1000000)}

-- Swaps a text for another, in Redis: the one operation of a store of claims, in one step.
--
-- KEYS[1]  the key
-- ARGV[1]  what must be there: "=" and the text, or "" where none may be
-- ARGV[2]  what to write: "=" and the text, or "" to delete
-- ARGV[3]  how many seconds what is written lives
--
-- Answers {1} if it has swapped; else {0, the text that is there}, or {0, nil} where there is none.
local current = redis.call("GET", KEYS[1])
if (current and "=" .. current or "") ~= ARGV[1] then
  return {0, current}
end
if ARGV[2] == "" then
  redis.call("DEL", KEYS[1])
else
  redis.call("SET", KEYS[1], string.sub(ARGV[2], 2), "EX", ARGV[3])
end
return {1}

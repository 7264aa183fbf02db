#!/usr/bin/env bash
# Places orders of three lines with wrk and prints how many a second.
# usage: place.sh URL TOKEN CHANNEL [SECONDS] [CONNECTIONS]       needs wrk
set -euo pipefail
url=$1 token=$2 channel=$3 seconds=${4:-10} connections=${5:-8}
script=$(mktemp)
trap 'rm -f "$script"' EXIT
cat > "$script" <<'LUA'
local channel, token = os.getenv("CHANNEL"), os.getenv("TOKEN")
local function sku(low, high) return string.format("SKU-%05d", math.random(low, high)) end
local document = "mutation($input: OrderPlaceInput!) { orderPlace(input: $input) { order { id number } userErrors { code } } }"
local headers = { ["content-type"] = "application/json", ["authorization"] = "Bearer " .. token }
local thread_list = {}
bad = 0
function setup(thread) table.insert(thread_list, thread) end
function init() math.randomseed(os.time()) bad = 0 end
function request()
  local lines = string.format('[{"sku":"%s","quantity":1},{"sku":"%s","quantity":1},{"sku":"%s","quantity":1}]', sku(1, 666), sku(667, 1333), sku(1334, 1990))
  local payments = '[{"provider":"card","method":"card","authorized":"9999.00"}]'
  local body = '{"query":"' .. document .. '","variables":{"input":{"channelId":"' .. channel .. '","lines":' .. lines .. ',"payments":' .. payments .. '}}}'
  return wrk.format("POST", nil, headers, body)
end
function response(status, _, body) if status ~= 200 or not body:find('"number"', 1, true) then bad = bad + 1 end end
function done(summary)
  local refused = 0
  for _, thread in ipairs(thread_list) do refused = refused + thread:get("bad") end
  print(string.format("%.0f orders a second, %d refused", (summary.requests - refused) / (summary.duration / 1e6), refused))
end
LUA
CHANNEL=$channel TOKEN=$token wrk -t2 -c"$connections" -d"${seconds}s" --latency -s "$script" "$url" | grep -E "orders a second|99%|50%"

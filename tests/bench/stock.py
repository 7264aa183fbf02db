#!/usr/bin/env python3
"""Stock at size: what the figures of stock are measured on, and with.

stock.py movements DATABASE_URL EACH     gives every level of the shop that shop.py made EACH movements more, over the last 90 days: as many
                                         receipts of one as shipments of one, so that the books still add up; a tenth of them is to be bought
stock.py levels DATABASE_URL COUNT       fills the shop up to COUNT levels; every twentieth is low, every fiftieth of those sold out
stock.py lists URL TOKEN [ROUNDS]        times `stockLevels` with each filter, page 1, and prints the medians
stock.py replenishment URL TOKEN         times a walk through all of `replenishment`, and its count
stock.py hot URL TOKEN CHANNEL DATABASE_URL [SECONDS [CLIENTS]]   PostgreSQL: in turn, three times, CLIENTS (64) that add one to one row with
                                         pgbench, and as many that reserve one SKU with wrk; prints both rates and their ratio

Needs psql, pgbench and wrk for what uses them. Run `aftercart verify` behind `movements` for its own figure.
"""
import json
import os
import re
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request

POSTGRES = {
    "movements": """insert into stock_movements (id, level_id, variant_id, location_id, kind, on_hand_change, reserved_change, damaged_change,
            actor_kind, unit_cost_minor, unit_cost_currency, value_change_minor, at)
        select gen_random_uuid(), s.id, s.variant_id, s.location_id, case n % 2 when 0 then 'RECEIPT' else 'SHIP' end,
            case n % 2 when 0 then 1 else -1 end, 0, 0, 'SYSTEM', 400, 'EUR', case n % 2 when 0 then 400 else -400 end,
            now() - make_interval(mins => (random() * 129600)::int)
        from stock_levels s cross join generate_series(1, {count}) n""",
    # Ten million lie there: a tenth is to be bought all the same.
    "policies": """update stock_levels set reorder_point = 20000000, reorder_quantity = 10 where id in (
        select id from (select id, row_number() over (order by id) as place from stock_levels) numbered where place % 10 = 0)""",
    "variants": """insert into variants (id, product_id, sku, sku_key, name, name_key, bundle, unit_cost_minor, unit_cost_currency, final_sale, active, created_at, updated_at)
        select gen_random_uuid(), (select id from products limit 1), 'FILL-' || n, 'fill-' || n, 'Filled ' || n, 'filled ' || n, false, 400, 'EUR', false, true, now(), now()
        from generate_series(1, {count}) n""",
    "levels": """insert into stock_levels (id, variant_id, location_id, on_hand, reserved, damaged, safety_stock, reorder_point, updated_at)
        select gen_random_uuid(), v.id, l.id, case when h % 1000 = 0 then 0 when h % 20 = 0 then 5 else 100 end, 0, 0, 0, 10, now()
        from (select v.id, row_number() over () as h from variants v where v.sku like 'FILL-%') v cross join locations l""",
    "analyze": "vacuum analyze",
}
SERIES = "(with recursive s(n) as (select 1 union all select n + 1 from s where n < {count}) select n from s)"
SQLITE = {
    "movements": POSTGRES["movements"].replace("gen_random_uuid()", "randomblob(16)").replace("generate_series(1, {count}) n", SERIES + " g")
        .replace("n %", "g.n %")
        .replace("now() - make_interval(mins => (random() * 129600)::int)",
                 "strftime('%Y-%m-%dT%H:%M:%S.000000Z', 'now', '-' || abs(random() % 129600) || ' minutes')"),
    "policies": POSTGRES["policies"],
    "variants": POSTGRES["variants"].replace("gen_random_uuid()", "randomblob(16)").replace("generate_series(1, {count}) n", SERIES)
        .replace("now()", "strftime('%Y-%m-%dT%H:%M:%S.000000Z', 'now')"),
    "levels": POSTGRES["levels"].replace("gen_random_uuid()", "randomblob(16)")
        .replace("now()", "strftime('%Y-%m-%dT%H:%M:%S.000000Z', 'now')"),
    "analyze": "analyze",
}


def run(url, name, count=0):
    if url.startswith("postgres"):
        subprocess.run(["psql", "-qX", "-v", "ON_ERROR_STOP=1", url, "-c", POSTGRES[name].format(count=count)], check=True)
    else:
        path = url.removeprefix("sqlite:").removeprefix("//").split("?")[0]
        with sqlite3.connect(path) as database:
            database.execute(SQLITE[name].format(count=count))
            database.commit()


def asker(url, token):
    def ask(query, variables=None):
        body = json.dumps({"query": query, "variables": variables or {}}).encode()
        headers = {"content-type": "application/json", "authorization": f"Bearer {token}"}
        with urllib.request.urlopen(urllib.request.Request(url, body, headers), timeout=600) as answer:
            found = json.load(answer)
        if found.get("errors"):
            sys.exit(json.dumps(found["errors"])[:2000])
        return found["data"]
    return ask


def lists(url, token, rounds=15):
    ask = asker(url, token)
    place = ask("{ locations { id } }")["locations"][0]["id"]
    sku = ask("{ stockLevels(last: 1) { nodes { variant { sku } } } }")["stockLevels"]["nodes"][0]["variant"]["sku"]
    query = """query($f: StockFilter) { stockLevels(filter: $f, first: 20) { pageInfo { hasNextPage }
        nodes { onHand available reorderPoint variant { sku } location { code } } } }"""
    filters = {"none": {}, "below": {"belowReorderPoint": True}, "not below": {"belowReorderPoint": False}, "out": {"outOfStock": True},
               "below and out": {"belowReorderPoint": True, "outOfStock": True}, "location": {"locationIds": [place]},
               "location, below": {"locationIds": [place], "belowReorderPoint": True},
               "location, out": {"locationIds": [place], "outOfStock": True}, "sku": {"skus": [sku]}}
    times = {name: [] for name in filters}
    for _ in range(int(rounds)):
        for name, given in filters.items():
            begun = time.perf_counter()
            ask(query, {"f": given})
            times[name].append((time.perf_counter() - begun) * 1000)
    for name, taken in times.items():
        print(f"{name:20} {statistics.median(taken):8.2f} ms")


def replenishment(url, token):
    ask = asker(url, token)
    begun = time.perf_counter()
    count = ask("{ replenishment { totalCount } }")["replenishment"]["totalCount"]
    print(f"counted {count} in {time.perf_counter() - begun:.2f} s")
    begun, after, seen = time.perf_counter(), None, 0
    while True:
        page = ask("""query($after: String) { replenishment(first: 100, after: $after) { pageInfo { hasNextPage endCursor }
            nodes { quantity reorderPoint explanation } } }""", {"after": after})["replenishment"]
        seen += len(page["nodes"])
        if not page["pageInfo"]["hasNextPage"]:
            break
        after = page["pageInfo"]["endCursor"]
    print(f"walked {seen} in {time.perf_counter() - begun:.2f} s")


LUA = """
local headers = { ["content-type"] = "application/json", ["authorization"] = "Bearer " .. os.getenv("TOKEN") }
local document = "mutation($i: StockReserveInput!) { stockReserve(input: $i) { reservation { id } userErrors { code } } }"
local body = '{"query":"' .. document .. '","variables":{"i":{"channelId":"' .. os.getenv("CHANNEL") ..
  '","expiresInSeconds":3600,"lines":[{"sku":"SKU-00001","quantity":1}]}}}'
local all = {}
function setup(thread) table.insert(all, thread) end
function init() bad, sample = 0, "" end
function request() return wrk.format("POST", nil, headers, body) end
function response(status, _, text) if status ~= 200 or not text:find('"res_', 1, true) then bad = bad + 1 sample = text end end
function done(summary)
  local refused, text = 0, ""
  for _, thread in ipairs(all) do refused = refused + thread:get("bad") text = thread:get("sample") end
  print(string.format("RATE %.1f BAD %d %s", (summary.requests - refused) / (summary.duration / 1e6), refused, text:sub(1, 200)))
end
"""


def hot(url, token, channel, database, seconds=8, clients=64):
    def psql(query):
        return subprocess.run(["psql", "-qXAt", database, "-c", query], check=True, capture_output=True, text=True).stdout.strip()
    row = "select s.id from stock_levels s join variants v on v.id = s.variant_id where v.sku = '{}' order by s.id limit 1"
    bare = psql(row.format("SKU-02000"))
    folder = tempfile.mkdtemp()
    with open(f"{folder}/bare.sql", "w") as script:
        script.write(f"update stock_levels set reserved = reserved + 1 where id = '{bare}' and on_hand - reserved >= 1;\n")
    with open(f"{folder}/hot.lua", "w") as script:
        script.write(LUA)
    ratios = []
    for _ in range(3):
        out = subprocess.run(["pgbench", "-n", "-M", "prepared", "-f", f"{folder}/bare.sql", "-c", str(clients), "-j", "2", "-T", str(seconds), database],
                             capture_output=True, text=True, check=True).stdout
        one = float(re.search(r"tps = ([\d.]+)", out)[1])
        env = {**os.environ, "TOKEN": token, "CHANNEL": channel}
        out = subprocess.run(["wrk", "-t2", f"-c{clients}", f"-d{seconds}s", "--timeout", "30s", "-s", f"{folder}/hot.lua", url],
                             capture_output=True, text=True, check=True, env=env).stdout
        ours, bad = re.search(r"RATE ([\d.]+) BAD (\d+)", out).groups()
        ratios.append(float(ours) / one)
        print(f"bare {one:.0f}/s, reservations {ours}/s, ratio {ratios[-1]:.2f}, refused or failed {bad}", flush=True)
        if int(bad):
            print(out)
    over = psql("select count(*) from stock_levels where reserved > on_hand")
    print(f"median ratio {statistics.median(ratios):.2f}, oversold levels {over}")
    psql(f"update stock_levels set reserved = 0 where id = '{bare}'")


if __name__ == "__main__":
    command, *rest = sys.argv[1:] or ["help"]
    if command == "movements":
        run(rest[0], "movements", int(rest[1]))
        run(rest[0], "policies")
        run(rest[0], "analyze")
    elif command == "levels":
        run(rest[0], "variants", (int(rest[1]) - 10_000) // 5)
        run(rest[0], "levels")
        run(rest[0], "analyze")
    elif command in ("lists", "replenishment", "hot"):
        globals()[command](*rest)
    else:
        sys.exit(__doc__)

#!/usr/bin/env bash
# Writes the ids that the documents draw from.   usage: ids.sh URL TOKEN FOLDER
set -euo pipefail
exec python3 - "$@" <<'PY'
import json, os, sys, urllib.request
url, token, folder = sys.argv[1:]
orders, customers, after = [], set(), None
query = "query($a: String) { orders(first: 100, after: $a) { nodes { id customer { id } } pageInfo { hasNextPage endCursor } } }"
while True:
    body = json.dumps({"query": query, "variables": {"a": after}}).encode()
    request = urllib.request.Request(url, body, {"content-type": "application/json", "authorization": f"Bearer {token}"})
    page = json.load(urllib.request.urlopen(request))["data"]["orders"]
    orders += [node["id"] for node in page["nodes"]]
    customers |= {node["customer"]["id"] for node in page["nodes"] if node["customer"]}
    after = page["pageInfo"]["endCursor"]
    if not page["pageInfo"]["hasNextPage"]:
        break
os.makedirs(folder, exist_ok=True)
open(f"{folder}/ours_orders.txt", "w").write("\n".join(orders) + "\n")
open(f"{folder}/ours_customers.txt", "w").write("\n".join(sorted(customers)) + "\n")
print(f"{len(orders)} orders, {len(customers)} customers")
PY

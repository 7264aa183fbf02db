"""Sets what can be sold of the hot SKU through the API and prints how much of it is reserved: hot.py UNITS, or nothing to only look.

Reads OURS_URL and OURS_HEADERS.
"""
import json
import os
import sys
import urllib.request

HEADERS = dict(line.split(": ", 1) for line in os.environ["OURS_HEADERS"].splitlines())


def ask(query, variables=None):
    body = json.dumps({"query": query, "variables": variables or {}}).encode()
    request = urllib.request.Request(os.environ["OURS_URL"], body, {"content-type": "application/json", **HEADERS})
    found = json.load(urllib.request.urlopen(request))
    if found.get("errors"):
        sys.exit(json.dumps(found))
    return found["data"]


levels = ask('{ stockLevels(filter: { skus: ["SKU-02000"] }) { nodes { reserved location { id code } } } }')["stockLevels"]["nodes"]
if len(sys.argv) > 1:
    for level in levels:
        more = int(sys.argv[1]) if level["location"]["code"] == "loc-1" else 0
        line = {"sku": "SKU-02000", "onHand": level["reserved"] + more}
        ask("mutation($i: StockAdjustInput!) { stockAdjust(input: $i) { userErrors { message } } }",
            {"i": {"locationId": level["location"]["id"], "reason": "benchmark", "lines": [line]}})
print(sum(level["reserved"] for level in levels))

"""Places orders of three lines, each authorized in full, picks them, and prints the ids of their fulfillments.

Usage: picked.py COUNT   (OURS_URL, OURS_HEADERS and OURS_CHANNEL as for the other workloads)
"""
import json
import os
import random
import sys
import urllib.request
from concurrent.futures import ThreadPoolExecutor

URL = os.environ["OURS_URL"]
NAME, _, VALUE = os.environ["OURS_HEADERS"].partition(": ")
CHANNEL = os.environ["OURS_CHANNEL"]
PLACE = """mutation($i: OrderPlaceInput!) { orderPlace(input: $i) { order { fulfillments { id lines { sku quantity } } } userErrors { code message } } }"""
START = """mutation($i: FulfillmentStartPickingInput!) { fulfillmentStartPicking(input: $i) { userErrors { code message } } }"""
PICK = """mutation($i: FulfillmentPickInput!) { fulfillmentPick(input: $i) { userErrors { code message } } }"""


def ask(query, given):
    body = json.dumps({"query": query, "variables": {"i": given}}).encode()
    request = urllib.request.Request(URL, body, {"content-type": "application/json", NAME: VALUE})
    with urllib.request.urlopen(request) as answer:
        found = json.load(answer)
    payload = next(iter((found.get("data") or {}).values()), None)
    if found.get("errors") or payload is None or payload["userErrors"]:
        raise SystemExit(json.dumps(found)[:2000])
    return payload


def one(seed):
    rnd = random.Random(seed)
    numbers = [rnd.randint(1, 666), rnd.randint(667, 1333), rnd.randint(1334, 1990)]
    lines = [{"sku": f"SKU-{number:05}", "quantity": 1} for number in numbers]
    payment = {"provider": "manual", "method": "card", "authorized": "9999.00"}
    order = ask(PLACE, {"channelId": CHANNEL, "lines": lines, "payments": [payment]})["order"]
    work = order["fulfillments"][0]
    ask(START, {"fulfillmentIds": [work["id"]]})
    ask(PICK, {"fulfillmentId": work["id"], "picked": work["lines"]})
    return work["id"]


with ThreadPoolExecutor(8) as pool:
    for found in pool.map(one, range(int(sys.argv[1]))):
        print(found)

#!/usr/bin/env python3
"""What the books add to the operations that they belong to: shipments (capture, invoice and cost) and captures by hand, in turn
on orders that stand in the books and on orders that do not.

Usage: posting.py URL TOKEN CHANNEL DATABASE_URL [PAIRS]
URL of /graphql, a token that may do everything, the channel of shop.py, and the database (PostgreSQL needs psql).
Prints medians of both and their ratio.
"""
import json
import os
import re
import sqlite3
import statistics
import subprocess
import sys
import time
import urllib.request

os.environ.setdefault("BENCH_DIR", ".")


def main(url, token, channel, database, pairs=300):
    headers = {"content-type": "application/json", "authorization": f"Bearer {token}"}

    def ask(query, given):
        body = json.dumps({"query": query, "variables": {"i": given}}).encode()
        begun = time.perf_counter()
        with urllib.request.urlopen(urllib.request.Request(url, body, headers)) as answer:
            found = json.load(answer)
        took = time.perf_counter() - begun
        payload = next(iter((found.get("data") or {}).values()), None)
        if found.get("errors") or payload is None or payload["userErrors"]:
            sys.exit(json.dumps(found)[:2000])
        return payload, took * 1000

    def run(sql):
        if database.startswith("postgres"):
            subprocess.run(["psql", "-qX", "-v", "ON_ERROR_STOP=1", "-c", sql, database], check=True)
        else:
            path = re.sub(r"^sqlite:(//)?", "", database).split("?")[0]
            with sqlite3.connect(path, timeout=30) as store:
                store.execute(sql)
            store.close()

    errors = "userErrors { code message }"
    place = f"mutation($i: OrderPlaceInput!) {{ orderPlace(input: $i) {{ order {{ id number payments {{ id }} fulfillments {{ id lines {{ sku quantity }} }} }} {errors} }} }}"
    start = f"mutation($i: FulfillmentStartPickingInput!) {{ fulfillmentStartPicking(input: $i) {{ {errors} }} }}"
    pick = f"mutation($i: FulfillmentPickInput!) {{ fulfillmentPick(input: $i) {{ {errors} }} }}"
    ship = f"mutation($i: FulfillmentShipInput!) {{ fulfillmentShip(input: $i) {{ fulfillment {{ id state }} {errors} }} }}"
    capture = f"mutation($i: PaymentAmountInput!) {{ paymentCapture(input: $i) {{ payment {{ id state }} {errors} }} }}"
    orders = []
    for number in range(2 * int(pairs)):
        lines = [{"sku": f"SKU-{(number * 37 + step * 653) % 1990 + 1:05}", "quantity": 1} for step in range(3)]
        payment = {"provider": "manual", "method": "card", "authorized": "9999.00"}
        order = ask(place, {"channelId": channel, "lines": lines, "payments": [payment]})[0]["order"]
        work = order["fulfillments"][0]
        ask(start, {"fulfillmentIds": [work["id"]]})
        ask(pick, {"fulfillmentId": work["id"], "picked": work["lines"]})
        orders.append((order["number"], order["payments"][0]["id"], work["id"]))
    outside = ", ".join(f"'{number}'" for number, _, _ in orders[1::2])
    run(f"update orders set in_books = {'false' if database.startswith('postgres') else 0} where number in ({outside})")
    took = {"capture": ([], []), "ship": ([], [])}
    for index, (_, payment, work) in enumerate(orders):
        took["capture"][index % 2].append(ask(capture, {"paymentId": payment, "amount": "1.00"})[1])
    for index, (_, payment, work) in enumerate(orders):
        took["ship"][index % 2].append(ask(ship, {"fulfillmentId": work})[1])
    for name, (booked, plain) in took.items():
        with_books, without = statistics.median(booked), statistics.median(plain)
        print(f"{name}: {with_books:.2f} ms in the books, {without:.2f} ms outside, ratio {with_books / without:.2f}")


if __name__ == "__main__":
    main(*sys.argv[1:])

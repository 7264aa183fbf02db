#!/usr/bin/env python3
"""Print orders with a history as JSON lines, one `OrderImportInput` a line: the file of the import benchmark.

Usage: orders.py [COUNT] [CHANNEL] > orders.ndjson      (100,000 orders of the channel `bench` by default)

Deterministic: 20,000 customers, 2,000 SKUs, two to four lines an order, one order every five minutes from 2025 on;
of ten orders seven are delivered and paid, one waits, one is on its way, one was cancelled.
"""
import json
import sys
from datetime import datetime, timedelta, timezone

START = datetime(2025, 1, 1, tzinfo=timezone.utc)


def moment(at):
    return at.strftime("%Y-%m-%dT%H:%M:%SZ")


def order(number, channel):
    placed = START + timedelta(minutes=5 * number)
    person = 1 + number * 7919 % 20000
    lines, cents = [], 500
    for position in range(1, 3 + number % 3):
        sku = 1 + (number * 31 + position * 677) % 2000
        quantity = 1 + (number + position) % 3
        price = 500 + sku * 7919 % 19500
        cents += quantity * price
        lines.append({"sku": f"SKU-{sku:05}", "name": f"Product {(sku - 1) // 5 + 1} size {(sku - 1) % 5}",
                      "quantity": quantity, "unitPrice": f"{price / 100:.2f}", "taxRate": "0.2"})
    fate = number % 10
    record = {
        "channelCode": channel, "channelReference": f"ORD-{number:08}", "currencyCode": "EUR", "placedAt": moment(placed),
        "customer": {"name": f"First{person % 997} Last{person % 1009}", "email": f"customer{person}@example.com"},
        "lines": lines, "adjustments": [{"kind": "SHIPPING", "label": "Standard", "amount": "5.00"}],
        "payments": [{"method": "card", "amount": f"{cents / 100:.2f}", "reference": f"tx-{number}"}],
        "locationCode": f"loc-{1 + number % 5}",
    }
    if fate != 9:
        record["payments"][0]["capturedAt"] = moment(placed + timedelta(hours=1))
    if fate < 7 or fate == 8:
        record["shippedAt"] = moment(placed + timedelta(days=1))
    if fate < 7:
        record["deliveredAt"] = moment(placed + timedelta(days=3))
    if fate == 9:
        record["cancelledAt"] = moment(placed + timedelta(hours=2))
    return record


def main(count=100000, channel="bench"):
    for number in range(1, int(count) + 1):
        print(json.dumps(order(number, channel)))


if __name__ == "__main__":
    main(*sys.argv[1:])

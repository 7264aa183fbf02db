#!/usr/bin/env python3
"""The order list with every filter and sort, at 10,000 and at 1,000,000 orders, asked in turn.

lists.py print COUNT                         JSON lines for `aftercart import`, into a shop that shop.py made: one order a
                                             second hour up to 2026-10, spread so that the last is as young in either file
lists.py open URL TOKEN CHANNEL              places 400 open orders: holds, flags, a person who looks after some, tags
lists.py measure URL TOKEN URL TOKEN [ROUNDS [SORT]]   the small shop first; prints both medians in ms and their ratio, list by
                                             list; with a sort its lists alone
"""
import http.client
import json
import statistics
import sys
import time
import urllib.parse
import urllib.request
from datetime import datetime, timedelta, timezone

END = datetime(2026, 10, 1, tzinfo=timezone.utc)
COUNTRIES = ["DE"] * 12 + ["FR"] * 4 + ["AT"] * 2 + ["NL", "SE"]


def moment(at):
    return at.strftime("%Y-%m-%dT%H:%M:%SZ")


def record(number, count):
    # A year and a half whatever the count: what is rare by time is rarer in the small file.
    placed = END - timedelta(seconds=(count - number) * (548 * 86400 // count))
    person = 1 + number * 7919 % max(1, count // 5)
    lines, cents = [], 500
    for position in range(1, 3 + number % 3):
        sku = 1 + (number * 31 + position * 677) % 2000
        quantity, price = 1 + (number + position) % 3, 500 + sku * 7919 % 19500
        cents += quantity * price
        lines.append({"sku": f"SKU-{sku:05}", "quantity": quantity, "unitPrice": f"{price / 100:.2f}", "taxRate": "0.2"})
    fate = number % 50
    paid = fate != 49
    order = {
        "channelCode": "bench", "channelReference": f"ORD-{number:08}", "currencyCode": "EUR", "placedAt": moment(placed),
        "customer": {"name": f"First{person % 997} Last{person % 1009}", "email": f"customer{person}@example.com"},
        "lines": lines, "adjustments": [{"kind": "SHIPPING", "label": "Standard", "amount": "5.00"}],
        "shippingAddress": {"line1": f"Street {person % 90}", "city": "City", "postalCode": f"{10000 + person % 80000}",
                            "countryCode": COUNTRIES[number % len(COUNTRIES)]},
        "payments": [{"method": "card", "amount": f"{cents / 100:.2f}", "reference": f"tx-{number}"}],
        "locationCode": f"loc-{1 + number % 5}", "promisedBy": moment(placed + timedelta(days=4)),
    }
    if paid:
        order["payments"][0]["capturedAt"] = moment(placed + timedelta(hours=1))
    if fate < 46:
        order["shippedAt"] = moment(placed + timedelta(days=1))
        order["deliveredAt"] = moment(placed + timedelta(days=3))
    elif fate == 46:
        order["shippedAt"] = moment(placed + timedelta(days=1))
    elif fate == 48:
        order["cancelledAt"] = moment(placed + timedelta(hours=2))
    if fate == 7:
        order["returnedAt"] = moment(placed + timedelta(days=10))
    if number % 100 == 3:
        order["tags"] = ["vip"]
    return order


def asker(url, token):
    target = urllib.parse.urlparse(url)
    connection = http.client.HTTPConnection(target.hostname, target.port)

    def ask(query, variables):
        body = json.dumps({"query": query, "variables": variables})
        started = time.perf_counter()
        headers = {"content-type": "application/json", "authorization": f"Bearer {token}"}
        connection.request("POST", target.path, body, headers)
        answer = json.loads(connection.getresponse().read())
        taken = time.perf_counter() - started
        if answer.get("errors"):
            sys.exit(json.dumps(answer["errors"])[:500])
        return taken, answer["data"]

    return ask


def open_orders(url, token, channel):
    ask = asker(url, token)
    errors = "userErrors { code message }"
    roles = ask("{ roles { id name } }", {})[1]["roles"]
    role = next(one["id"] for one in roles if one["name"] == "agent")
    user = ask(f"mutation($i: UserCreateInput!) {{ userCreate(input: $i) {{ user {{ id }} {errors} }} }}",
               {"i": {"email": "otto@example.com", "name": "Otto", "password": "correct horse battery", "roleIds": [role]}})[1]["userCreate"]["user"]["id"]
    for number in range(400):
        order = {"channelId": channel, "lines": [{"sku": f"SKU-{1 + number:05}", "quantity": 1}], "email": f"open{number % 97}@example.com",
                 "shippingAddress": {"line1": f"Weg {number}", "city": "Bonn", "postalCode": "53111", "countryCode": "DE"}}
        if number % 3:
            order["payments"] = [{"provider": "manual", "method": "card", "authorized": "9999.00"}]
        if number % 5 == 0:
            order["billingAddress"] = {"line1": "Rue 1", "city": "Paris", "countryCode": "FR"}
        placed = ask(f"mutation($i: OrderPlaceInput!) {{ orderPlace(input: $i) {{ order {{ id }} {errors} }} }}", {"i": order})[1]["orderPlace"]["order"]["id"]
        if number % 7 == 0:
            ask(f"mutation($i: OrderHoldInput!) {{ orderHold(input: $i) {{ {errors} }} }}", {"i": {"orderId": placed, "reason": "ADDRESS"}})
        if number % 8 == 0:
            ask(f"mutation($i: OrderAssignInput!) {{ orderAssign(input: $i) {{ {errors} }} }}", {"i": {"orderId": placed, "userId": user}})


LIST = """query($filter: OrderFilter, $search: String, $sort: OrderSort) { orders(first: 20, filter: $filter, search: $search, sort: $sort) {
  nodes { id number state placedAt totals { grandTotal { amount } } customer { name } } } }"""


def cases(ask):
    def first(query, *path):
        found = ask(query, {})[1]
        for step in path:
            found = found[step]
        return found

    customer = first("{ orders(first: 1, filter: { countryCodes: [\"SE\"] }) { nodes { customer { id email name } } } }", "orders", "nodes", 0, "customer")
    number = first(
        "{ orders(first: 50, sort: PLACED_AT_ASC) { nodes { number } } }", "orders", "nodes", 49, "number")
    user = first("{ users(first: 50) { nodes { id email } } }", "users", "nodes")
    user = next(one["id"] for one in user if one["email"] == "otto@example.com")
    location = first("{ locations { id code } }", "locations", 0, "id")
    channel = first("{ channels { id } }", "channels", 0, "id")
    filters = {
        "(none)": {}, "states OPEN": {"states": ["OPEN"]}, "states CANCELLED": {"states": ["CANCELLED"]}, "states two": {"states": ["OPEN", "CANCELLED"]},
        "fulfillmentStates FULFILLED": {"fulfillmentStates": ["FULFILLED"]}, "paymentStates PENDING": {"paymentStates": ["PENDING"]},
        "returnStates RETURNED": {"returnStates": ["RETURNED"]}, "channelIds": {"channelIds": [channel]}, "locationIds": {"locationIds": [location]},
        "customerId": {"customerId": customer["id"]}, "assigneeId": {"assigneeId": user}, "tags": {"tags": ["vip"]}, "flags": {"flags": ["ADDRESS_MISMATCH"]},
        "onHold": {"onHold": True}, "holdReasons": {"holdReasons": ["ADDRESS"]}, "riskLevels": {"riskLevels": ["MEDIUM", "HIGH"]},
        "placedAt a day": {"placedAt": {"from": "2026-03-01T00:00:00Z", "to": "2026-03-02T00:00:00Z"}},
        "promisedBy a day": {"promisedBy": {"from": "2026-03-01T00:00:00Z", "to": "2026-03-02T00:00:00Z"}},
        "grandTotal 400 to 402": {"grandTotal": {"min": "400", "max": "402"}}, "grandTotal above 100": {"grandTotal": {"min": "100"}},
        "sku": {"sku": "SKU-00700"}, "countryCodes": {"countryCodes": ["SE"]},
        "four together": {"states": ["COMPLETED"], "countryCodes": ["AT"], "tags": ["vip"], "placedAt": {"from": "2026-01-01T00:00:00Z"}},
    }
    for name, chosen in filters.items():
        for sort in ["PLACED_AT_DESC", "GRAND_TOTAL_DESC", "PROMISED_BY_ASC"]:
            if sort == "PLACED_AT_DESC" or name not in ("four together",):
                yield f"{name}, {sort}", {"filter": chosen, "sort": sort}
    for name, text in {"number": number, "email": customer["email"], "name": customer["name"], "SKU": "sku-00700", "nothing": "nobody", "number's beginning": "bench-"}.items():
        yield f"search {name}", {"search": text}


def measure(small_url, small_token, large_url, large_token, rounds=15, only=None):
    small, large = asker(small_url, small_token), asker(large_url, large_token)
    over = []
    for (name, one), (_, other) in zip(cases(small), cases(large)):
        if only and one.get("sort", only) != only:
            continue
        taken = {"small": [], "large": []}
        for _ in range(3):
            small(LIST, one), large(LIST, other)
        for _ in range(int(rounds)):
            taken["small"].append(small(LIST, one)[0] * 1000)
            taken["large"].append(large(LIST, other)[0] * 1000)
        here, there = (statistics.median(taken[size]) for size in ("small", "large"))
        print(f"{name:45} {here:8.2f} {there:8.2f}  {there / here:6.2f}", flush=True)
        if there > 2 * here:
            over.append(name)
    print(f"over twice: {len(over)}: {'; '.join(over)}")


if __name__ == "__main__":
    what, rest = sys.argv[1], sys.argv[2:]
    if what == "print":
        for index in range(1, int(rest[0]) + 1):
            print(json.dumps(record(index, int(rest[0]))))
    elif what == "open":
        open_orders(*rest)
    else:
        measure(*rest)

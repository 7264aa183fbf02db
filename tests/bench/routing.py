#!/usr/bin/env python3
"""How long it takes to route an order of ten lines over 50 locations, of which each has a third of the SKUs.

Usage: routing.py URL TOKEN [ORDERS]        (an empty database; a token that may do everything)
Prints the time of `routingSimulate` for each order, all that it reads among it, for several strategies, and the time of
placing such an order altogether.
"""
import http.client
import json
import statistics
import sys
import time
import urllib.parse

RULES = [["SINGLE_LOCATION", "FEWEST_SPLITS"], ["SINGLE_LOCATION", "FEWEST_SPLITS", "NEAREST"], ["NEAREST"], ["MOST_STOCK"]]


def main(url, token, orders=300):
    target = urllib.parse.urlparse(url)
    connection = http.client.HTTPConnection(target.hostname, target.port)

    def ask(query, variables):
        body = json.dumps({"query": query, "variables": variables})
        started = time.perf_counter()
        connection.request("POST", target.path, body, {"content-type": "application/json", "authorization": f"Bearer {token}"})
        answer = json.loads(connection.getresponse().read())
        taken = time.perf_counter() - started
        payload = next(iter((answer.get("data") or {}).values()), None)
        if answer.get("errors") or payload is None or payload.get("userErrors"):
            sys.exit(json.dumps(answer)[:1000])
        return taken, payload

    errors = "userErrors { code message field }"
    entity = ask(f"mutation($i: LegalEntityUpsertInput!) {{ legalEntityUpsert(input: $i) {{ legalEntity {{ id }} {errors} }} }}",
                 {"i": {"name": "Bench GmbH", "countryCode": "DE", "baseCurrency": "EUR"}})[1]["legalEntity"]["id"]
    locations = []
    for number in range(50):
        place = {"code": f"place-{number}", "name": f"Place {number}", "kind": "WAREHOUSE", "timeZone": "Europe/Berlin",
                 "latitude": 47 + number * 37 % 50 / 6, "longitude": 6 + number * 13 % 50 / 5,
                 "address": {"line1": "Street 1", "city": "City", "countryCode": "DE"}}
        made = ask(f"mutation($i: LocationUpsertInput!) {{ locationUpsert(input: $i) {{ location {{ id }} {errors} }} }}", {"i": place})
        locations.append(made[1]["location"]["id"])
    channel = ask(f"mutation($i: ChannelUpsertInput!) {{ channelUpsert(input: $i) {{ channel {{ id }} {errors} }} }}",
                  {"i": {"code": "bench", "name": "Bench", "kind": "WEB", "currencyCode": "EUR", "taxIncluded": True,
                         "legalEntityId": entity, "locationIds": locations}})[1]["channel"]["id"]
    skus = [f"SKU-{number:03}" for number in range(120)]
    products = [{"name": sku, "variants": [{"sku": sku, "name": sku, "prices": [{"channelId": channel, "amount": "9.99", "taxRate": "0.19"}]}]}
                for sku in skus]
    ask(f"mutation($i: ProductsUpsertInput!) {{ productsUpsert(input: $i) {{ {errors} }} }}", {"i": {"products": products}})
    for place, location in enumerate(locations):
        lines = [{"sku": sku, "quantity": 1_000_000} for number, sku in enumerate(skus) if (number * 7919 + place * 104729) % 97 % 3 == 0]
        ask(f"mutation($i: StockReceiveInput!) {{ stockReceive(input: $i) {{ {errors} }} }}", {"i": {"locationId": location, "lines": lines}})
    placing, works = [], []
    for number in range(int(orders)):
        chosen = [skus[(number * 17 + line * 11) % 120] for line in range(10)]
        order = {"channelId": channel, "lines": [{"sku": sku, "quantity": 1 + number % 3} for sku in chosen],
                 "payments": [{"provider": "manual", "method": "card", "authorized": "9999.00"}],
                 "shippingAddress": {"line1": f"Weg {number}", "city": "City", "countryCode": "DE",
                                     "latitude": 47 + number % 70 / 10, "longitude": 6 + number % 80 / 10}}
        taken, placed = ask(f"mutation($i: OrderPlaceInput!) {{ orderPlace(input: $i) {{ order {{ fulfillments {{ id }} }} {errors} }} }}", {"i": order})
        placing.append(taken * 1000)
        works.append(len(placed["order"]["fulfillments"]))
    print(f"placing an order of ten lines: {statistics.median(placing):.2f} ms, {statistics.mean(works):.1f} fulfillments each")
    simulate = """query($i: RoutingStrategyInput!) { routingSimulate(input: $i, placedAt: { from: "2020-01-01T00:00:00Z" }) {
      orderCount splitRate unroutable changedOrders } }"""
    for rules in RULES:
        times = [ask(simulate, {"i": {"name": "bench", "channelId": channel, "rules": rules}}) for _ in range(7)]
        count = times[0][1]["orderCount"]
        median = statistics.median(taken for taken, _ in times) * 1000
        print(f"{' '.join(rules):45} {median / count:.3f} ms an order ({count} orders in {median:.0f} ms)")


if __name__ == "__main__":
    main(*sys.argv[1:])

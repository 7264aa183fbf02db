#!/usr/bin/env python3
"""Make the shop that the benchmarks use, through the API: a legal entity, five locations, the channel `bench`, 2,000
SKUs with prices and ten million units of each.

Usage: shop.py URL TOKEN         (URL of /graphql; a token that may do everything)
Prints the channel's id.
"""
import json
import sys
import urllib.request


def main(url, token):
    def ask(query, variables):
        body = json.dumps({"query": query, "variables": variables}).encode()
        headers = {"content-type": "application/json", "authorization": f"Bearer {token}"}
        with urllib.request.urlopen(urllib.request.Request(url, body, headers)) as answer:
            found = json.load(answer)
        payload = next(iter((found.get("data") or {}).values()), None)
        if found.get("errors") or payload is None or payload["userErrors"]:
            sys.exit(f"{query}\n{json.dumps(found, indent=1)[:2000]}")
        return payload

    errors = "userErrors { code message field }"
    entity = ask(f"mutation($i: LegalEntityUpsertInput!) {{ legalEntityUpsert(input: $i) {{ legalEntity {{ id }} {errors} }} }}",
                 {"i": {"name": "Bench GmbH", "countryCode": "DE", "baseCurrency": "EUR"}})["legalEntity"]["id"]
    locations = []
    for number in range(1, 6):
        locations.append(ask(
            f"mutation($i: LocationUpsertInput!) {{ locationUpsert(input: $i) {{ location {{ id }} {errors} }} }}",
            {"i": {"code": f"loc-{number}", "name": f"Location {number}", "kind": "WAREHOUSE", "timeZone": "Europe/Berlin",
                   "address": {"line1": "Street 1", "city": "Berlin", "countryCode": "DE"}}})["location"]["id"])
    channel = ask(
        f"mutation($i: ChannelUpsertInput!) {{ channelUpsert(input: $i) {{ channel {{ id }} {errors} }} }}",
        {"i": {"code": "bench", "name": "Bench", "kind": "WEB", "currencyCode": "EUR", "taxIncluded": True,
               "legalEntityId": entity, "locationIds": locations}})["channel"]["id"]
    for start in range(1, 2001, 250):
        skus = range(start, start + 250)
        products = [{"name": f"Product {sku}", "variants": [{
            "sku": f"SKU-{sku:05}", "name": f"Product {(sku - 1) // 5 + 1} size {(sku - 1) % 5}",
            "prices": [{"channelId": channel, "amount": f"{(500 + sku * 7919 % 19500) / 100:.2f}", "taxRate": "0.2"}],
        }]} for sku in skus]
        ask(f"mutation($i: ProductsUpsertInput!) {{ productsUpsert(input: $i) {{ {errors} }} }}", {"i": {"products": products}})
        for location in locations:
            lines = [{"sku": f"SKU-{sku:05}", "quantity": 10_000_000} for sku in skus]
            ask(f"mutation($i: StockReceiveInput!) {{ stockReceive(input: $i) {{ {errors} }} }}",
                {"i": {"locationId": location, "lines": lines}})
    print(channel)


if __name__ == "__main__":
    main(*sys.argv[1:])

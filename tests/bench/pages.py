#!/usr/bin/env python3
"""Time page 1 and page 1,000 of `orders` in turn, and print both medians and their ratio.

Usage: pages.py URL TOKEN [ROUNDS]      (needs 100,000 orders: pages of 100)
"""
import http.client
import json
import statistics
import sys
import time
import urllib.parse

QUERY = "query($after: String) { orders(first: 100, after: $after) { nodes { id number placedAt } pageInfo { endCursor } } }"


def main(url, token, rounds=200):
    target = urllib.parse.urlparse(url)
    connection = http.client.HTTPConnection(target.hostname, target.port)

    def page(after):
        body = json.dumps({"query": QUERY, "variables": {"after": after}})
        started = time.perf_counter()
        connection.request("POST", target.path, body, {"content-type": "application/json", "authorization": f"Bearer {token}"})
        answer = json.loads(connection.getresponse().read())
        return time.perf_counter() - started, answer["data"]["orders"]

    after = None
    for _ in range(999):
        after = page(after)[1]["pageInfo"]["endCursor"]
    rows = len(page(after)[1]["nodes"])
    times = {"page 1": [], "page 1,000": []}
    for _ in range(int(rounds)):
        times["page 1"].append(page(None)[0])
        times["page 1,000"].append(page(after)[0])
    medians = {name: statistics.median(taken) * 1000 for name, taken in times.items()}
    for name, median in medians.items():
        print(f"{name}: {median:.3f} ms")
    print(f"ratio {medians['page 1,000'] / medians['page 1']:.3f} ({rows} rows on page 1,000)")


if __name__ == "__main__":
    main(*sys.argv[1:])

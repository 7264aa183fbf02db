#!/usr/bin/env python3
"""Times questions about customers against a running server on PostgreSQL.

Usage: customers.py fill DATABASE_URL [COUNT]    fill an empty migrated database with so many customers by SQL (1,000,000), without orders
       customers.py search URL TOKEN [ROUNDS]    time the first page of searches, as people type them, in that database
       customers.py story URL TOKEN EMAIL [ROUNDS]  time the one question that tells the whole story of a customer

`fill` writes the words and spellings by which customers are found as the service writes them; needs psql. Each search is asked ROUNDS
times (50) in turn with the others; medians and 95th percentiles are printed in milliseconds, with what was found.
"""
import http.client
import json
import statistics
import subprocess
import sys
import time
import urllib.parse

FILL = """
begin;
create temporary table syllable (n integer, s text);
insert into syllable select row_number() over () - 1, s from unnest(array['ba','be','bi','bo','bra','da','de','di','dor','dra','fa','fe','fin','fo','ga','ge','gra','ha','hel','ho','ja','jo','ka','kel','kor','la','le','lin','lo','ma','mer','mi','na','nor','pa','pe','ra','ros','sa','ton']) s;
create temporary table person as
  select g, ('00000000-0000-7000-8000-' || lpad(to_hex(g), 12, '0'))::uuid as id,
    (select s from syllable where n = g % 40) || (select s from syllable where n = g / 40 % 40) as first,
    (select s from syllable where n = g * 7 % 40) || (select s from syllable where n = g * 13 / 40 % 40) || (select s from syllable where n = g::bigint * 31 / 1600 % 40) as last,
    '49' || (1500000000 + g)::text as phone
  from generate_series(1, {count}) g;
insert into customers (id, version, number, name, email, phone, company, locale, tags, created_at, updated_at)
  select id, 1, 'C-' || (9000000 + g), initcap(first) || ' ' || initcap(last), first || '.' || last || g || '@example.com', '+' || phone, null, null, '[]', now(), now() from person;
insert into customer_identities (id, customer_id, kind, value, value_key, scope, verified, created_at)
  select ('00000000-0000-7000-9000-' || lpad(to_hex(g), 12, '0'))::uuid, id, 'EMAIL', first || '.' || last || g || '@example.com', first || '.' || last || g || '@example.com', uuid '00000000-0000-0000-0000-000000000000', false, now() from person
  union all select ('00000000-0000-7000-a000-' || lpad(to_hex(g), 12, '0'))::uuid, id, 'PHONE', '+' || phone, phone, uuid '00000000-0000-0000-0000-000000000000', false, now() from person;
insert into customer_words (customer_id, word)
  select id, first from person union select id, last from person union select id, first || '.' || last || g || '@example.com' from person
  union select id, last || g from person union select id, 'example.com' from person
  union select id, '~' || first || '.' || last || g || '@example.com' from person union select id, phone from person union select id, '^' || substr(phone, 3) from person;
insert into name_forms (form, word)
  select distinct case when p = 0 then w else overlay(w placing '' from p for 1) end, w
  from (select first as w from person union select last from person) k, generate_series(0, length(w)) p where length(w) >= 4;
insert into customer_values (customer_id, orders, cancelled, kept, units_sent, units_returned, late, open_cases, scores, score_sum)
  select id, 0, 0, 0, 0, 0, 0, 0, 0, 0 from person;
update customer_watch set swept_to = null;
commit;
vacuum (analyze) customers; vacuum (analyze) customer_words; vacuum (analyze) customer_identities; vacuum (analyze) name_forms; vacuum (analyze) customer_values;
"""

STORY = """query($email: String!) { customer(by: { email: $email }) {
  id number name email identities { kind value verified } addresses { city } tags consents { purpose granted } segments { name }
  orders(first: 10) { totalCount nodes { number state fulfillmentState promise { deliverBy } totals { grandTotal { amount } outstanding { amount } } } }
  returns(first: 10) { nodes { number state refundDueAt overdue refunds { amount { amount } } } }
  cases(first: 5) { nodes { number state dueAt } } storeCredit { balance { amount } } notes(first: 5) { nodes { text } }
  value { orderCount lifetimeValue { amount currencyCode } returnRate rfm { recency frequency monetary } }
  openPromises { kind subjectId dueAt overdue description } highlights { code severity subjectId text }
  timeline(first: 20) { nodes { type at summary } } } }"""


class Server:
    """One connection, as a client that asks again and again has it."""

    def __init__(self, url, token):
        parts = urllib.parse.urlsplit(url)
        self.connection = http.client.HTTPConnection(parts.hostname, parts.port)
        self.path = parts.path or "/graphql"
        self.headers = {"content-type": "application/json", "authorization": f"Bearer {token}"}

    def ask(self, query, variables):
        body = json.dumps({"query": query, "variables": variables})
        started = time.perf_counter()
        self.connection.request("POST", self.path, body, self.headers)
        answer = self.connection.getresponse().read()
        taken = (time.perf_counter() - started) * 1000
        found = json.loads(answer)
        if found.get("errors"):
            sys.exit(json.dumps(found["errors"], indent=1))
        return found["data"], taken


def told(name, times, what):
    times = sorted(times)
    print(f"{name:34} p50 {statistics.median(times):7.2f} ms  p95 {times[int(len(times) * 0.95)]:7.2f} ms  {what}")


def fill(url, count="1000000"):
    subprocess.run(["psql", "-qX", "-v", "ON_ERROR_STOP=1", url], input=FILL.format(count=int(count)), text=True, check=True)


def search(url, token, rounds="50"):
    server = Server(url, token)
    query = "query($s: String) { customers(search: $s, first: 20) { nodes { id number name email phone } } }"
    texts = {
        "whole email": "dabe.fafima500001@example.com", "beginning of an email": "dabe.fafi", "telephone, as written": "+49 150 0500 001",
        "telephone, digits": "491500500001", "name": "hoka", "first and last name": "babe bafabe", "beginning of a name": "merk", "three letters": "mer",
        "name, a letter missing": "helrs", "name, two changed places": "mrekel", "nobody": "zzzzqqqq", "everybody's domain": "example.com", "number of no order": "WEB-123456",
    }
    times = {name: [] for name in texts}
    counts = {}
    for _ in range(int(rounds)):
        for name, text in texts.items():
            data, taken = server.ask(query, {"s": text})
            times[name].append(taken)
            counts[name] = len(data["customers"]["nodes"])
    for name in texts:
        told(name, times[name], f"{counts[name]} on the page for {texts[name]!r}")


def story(url, token, email, rounds="200"):
    server = Server(url, token)
    times = [server.ask(STORY, {"email": email}) for _ in range(int(rounds))]
    told("the whole story", [taken for _, taken in times[10:]], f"of {times[0][0]['customer']['orders']['totalCount']} orders")


if __name__ == "__main__":
    if len(sys.argv) < 3 or sys.argv[1] not in ("fill", "search", "story"):
        sys.exit(__doc__)
    {"fill": fill, "search": search, "story": story}[sys.argv[1]](*sys.argv[2:])

#!/usr/bin/python3
"""Customers: twenty requests a second through the balancer, every ninth an order. Prints each failure, and a sum every second."""

import time
from concurrent.futures import ThreadPoolExecutor
from itertools import count
from urllib.error import URLError
from urllib.request import urlopen

SHOP = "http://balancer"
PAGES = ("/", "/books", "/records")
RATE = 20
ORDER = 9

answered = failed = ordered = 0


def ask(number: int) -> None:
    """One request, on a connection of its own."""
    global answered, failed, ordered
    order = number % ORDER == 0
    try:
        with urlopen(SHOP + PAGES[number % len(PAGES)], data=b"" if order else None, timeout=5) as answer:
            answer.read()
        answered += 1
        ordered += order
    except (URLError, OSError) as error:
        failed += 1
        print(f"{time.strftime('%T')} request {number} failed: {error}", flush=True)


with ThreadPoolExecutor(20) as threads:
    for number in count(1):
        threads.submit(ask, number)
        if number % RATE == 0:
            print(f"{time.strftime('%T')} {answered} answered, {failed} failed, {ordered} orders", flush=True)
        time.sleep(1 / RATE)

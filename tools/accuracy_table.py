#!/usr/bin/python3
"""Prints the table of docs/accuracy.md from two results of `cairn bench robustness --json`.

    tools/accuracy_table.py PHOTOGRAPHS.json ALL.json

The last columns, an earlier measurement of 46 photographs, come from sample_alterations.py.
"""

import json
import sys

from sample_alterations import ALTERATIONS

# The names there of what cairn bench calls tilted.
EARLIER_NAMES = {"tilt_1": "turn_1", "tilt_2": "turn_2", "tilt_3": "turn_3"}
HEAD = (
    "alteration", "all: distance mean, p95", "photographs: upright", "turns", "wide",
    "all: upright", "turns", "wide, 95 % interval", "near", "earlier: plain, wide",
)


def read(path):
    with open(path, encoding="utf-8") as file:
        return json.load(file)


def percent(row, query_set, band="found"):
    return f"{100 * row[query_set][band]['share']:.0f}"


def interval(row):
    found = row["wide"]["found"]
    low, high = (f"{100 * found[end]:.0f}" for end in ("low", "high"))
    return f"**{100 * found['share']:.1f}** ({low}-{high})"


def table(photographs, everything):
    earlier = {row.name: f"{row.plain}, {row.wide}" for row in ALTERATIONS}
    yield HEAD
    yield tuple("---" for _ in HEAD)
    for one, row in zip(photographs["alterations"], everything["alterations"], strict=True):
        distance = row["distance"]
        yield (
            row["text"],
            f"{distance['mean']:.0f}, {distance['p95']}",
            percent(one, "upright"),
            percent(one, "turns"),
            f"**{percent(one, 'wide')}**",
            percent(row, "upright"),
            percent(row, "turns"),
            interval(row),
            percent(row, "wide", "near"),
            earlier.get(EARLIER_NAMES.get(row["name"], row["name"]), ""),
        )


def main():
    if len(sys.argv) != 3:
        sys.exit("usage: tools/accuracy_table.py PHOTOGRAPHS.json ALL.json")
    for row in table(read(sys.argv[1]), read(sys.argv[2])):
        print("| " + " | ".join(row) + " |")


if __name__ == "__main__":
    main()

#!/usr/bin/python3
"""Compares the findings of a scan of the sample data with what the manifest says of each file.

    tools/check_sample.py FINDINGS_JSON MANIFEST_JSON [--variants plain|wide]

FINDINGS_JSON is what `cairn scan --json` printed, MANIFEST_JSON what tools/make_sample.py wrote.
Prints how many copies were found, by alteration, and exits 1 when
  - an unaltered copy was not found by its digest, in archives too,
  - an unrelated picture or an ordinary file matched,
  - an encrypted or a refused file is not among the findings as such,
  - an alteration that PDQ is said to survive (half the copies or more) was found less often than
    measured, less one picture. Rows below half are beyond PDQ: shown, not held to a figure.
"""

import argparse
import base64
import collections
import json
import math
import os
import pathlib
import sys

SURVIVES_PERCENT = 50
KINDS = {
    "copy": "unaltered copies found",
    "unrelated": "unrelated pictures matched",
    "locked": "encrypted files recorded",
    "refused": "refused files recorded",
}
ANY_NAME = b"*"  # a manifest's word for a member whose name the archive does not keep


def place_of_finding(finding):
    """The names on the way from the scanned folder to the item, as bytes."""
    names = (
        base64.b64decode(step["name_bytes"]) if "name_bytes" in step else step["name"].encode()
        for step in finding["steps"][1:]
    )
    return tuple(names)


def place_of_row(row):
    return tuple(os.fsencode(name) for name in [row["path"], *row.get("members", [])])


def name_of(row):
    return " > ".join(ascii(name)[1:-1] for name in [row["path"], *row.get("members", [])])


class Findings:
    """The findings of a scan by place."""

    def __init__(self, findings):
        self.matches = collections.defaultdict(list)
        self.others = collections.defaultdict(list)
        for finding in findings:
            table = self.matches if finding["kind"] == "match" else self.others
            table[place_of_finding(finding)].append(finding)

    def of(self, table, row):
        place = place_of_row(row)
        if place[-1] != ANY_NAME:
            return table.get(place, [])
        above = place[:-1]
        return [f for key, found in table.items() if key[: len(above)] == above for f in found]

    def within(self, row):
        """What was said of a file or of anything in it."""
        place = place_of_row(row)[:1]
        tables = (self.matches, self.others)
        return [f for table in tables for key in table if key[:1] == place for f in table[key]]


def check_rows(manifest, found):
    """What is wrong, one sentence each, {alteration: [found, all]}, {(kind, what): number}."""
    problems = []
    recall = {name: [0, 0] for name in manifest["alterations"]}
    counts = collections.Counter()
    for row in manifest["files"]:
        kind, name = row["kind"], name_of(row)
        matches = found.of(found.matches, row)
        named = found.within(row) if kind in ("locked", "refused") else matches
        counts[kind, "all"] += 1
        counts[kind, "found"] += bool(named)
        if kind == "copy" and not any(is_exact(match) for match in matches):
            problems.append(f"unaltered copy not found: {name}")
        elif kind in ("unrelated", "plain") and matches:
            problems.append(f"{kind} file matched: {name}")
        elif kind == "locked" and not any(f["kind"] == "encrypted" for f in named):
            problems.append(f"not recorded as encrypted: {name}")
        elif kind == "refused" and not any(f["kind"] in ("error", "limit") for f in named):
            problems.append(f"not recorded as damaged or beyond a limit: {name}")
        elif kind == "altered":
            recall[row["alteration"]][1] += 1
            recall[row["alteration"]][0] += bool(matches)
    return problems, recall, counts


def is_exact(match):
    return match["match"]["kind"] == "exact"


def floor_of(percent, pictures):
    """The least number found: the measured share, rounded to pictures, less one."""
    if percent < SURVIVES_PERCENT:
        return 0
    return max(0, math.floor(percent / 100 * pictures + 0.5) - 1)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("findings", type=pathlib.Path)
    parser.add_argument("manifest", type=pathlib.Path)
    parser.add_argument("--variants", choices=("plain", "wide"), default="plain")
    arguments = parser.parse_args()
    manifest = json.loads(arguments.manifest.read_text())
    findings = json.loads(arguments.findings.read_text())["findings"]
    problems, recall, counts = check_rows(manifest, Findings(findings))

    print(f"{'alteration':28} {'found':>9} {'study':>7}")
    for name, (count, pictures) in recall.items():
        row = manifest["alterations"][name]
        percent = row[arguments.variants]
        floor = floor_of(percent, pictures)
        note = "" if percent >= SURVIVES_PERCENT else "  beyond PDQ"
        if count < floor:
            note = f"  fewer than {floor}"
            problems.append(f"{row['text']}: {count} of {pictures} found, expected {floor} or more")
        print(f"{row['text']:28} {count:>4}/{pictures:<4} {percent:>5} %{note}")
    for kind, text in KINDS.items():
        print(f"{text:28} {counts[kind, 'found']:>4}/{counts[kind, 'all']}")
    for problem in problems:
        print(f"check_sample.py: {problem}", file=sys.stderr)
    sys.exit(bool(problems))


if __name__ == "__main__":
    main()

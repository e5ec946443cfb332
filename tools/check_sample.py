#!/usr/bin/python3
"""Compares the findings of a scan of the sample data with what the manifest says of each file.

    tools/check_sample.py FINDINGS_JSON MANIFEST_JSON [--variants plain|wide]

FINDINGS_JSON is what `cairn scan --json` printed, MANIFEST_JSON what tools/make_sample.py wrote.
Prints how many copies were found, by alteration, and exits 1 when
  - an unaltered copy was not found by its digest, in archives too,
  - an unrelated picture or an ordinary file matched,
  - an altered copy matched another picture than its original,
  - an encrypted or broken file is not among the findings,
  - an alteration that PDQ is said to survive (half the copies or more) was found less often than
    measured, less one picture. Rows below half are beyond PDQ: shown, not held to a figure.
"""

import argparse
import collections
import json
import math
import pathlib
import sys

SURVIVES_PERCENT = 50
SEPARATOR = " \u203a "  # between the steps of an evidence path


class Findings:
    """The findings of a scan by the path below the scanned folder."""

    def __init__(self, findings, root):
        self.matches = collections.defaultdict(list)
        self.others = collections.defaultdict(list)
        for finding in findings:
            path = below(finding["path"], root)
            kind = self.matches if finding["kind"] == "match" else self.others
            kind[path].append(finding)

    def of(self, table, row):
        """The findings at a manifest row's place; a member `*` stands for any name."""
        path = SEPARATOR.join([row["path"], *row.get("members", [])])
        if path.endswith("*"):
            return [f for key, rows in table.items() if key.startswith(path[:-1]) for f in rows]
        return table.get(path, [])


def below(path, root):
    prefix = root.rstrip("/") + "/"
    return path[len(prefix) :] if path.startswith(prefix) else path


def name_of(row):
    return SEPARATOR.join([row["path"], *row.get("members", [])])


def check_rows(manifest, found):
    """What is wrong, one sentence each, and {alteration: [found, all]}."""
    problems = []
    recall = {name: [0, 0] for name in manifest["alterations"]}
    counts = collections.Counter()
    for row in manifest["files"]:
        kind, name = row["kind"], name_of(row)
        matches = found.of(found.matches, row)
        counts[kind, "all"] += 1
        counts[kind, "found"] += bool(matches or found.of(found.others, row))
        if kind == "copy" and not any(is_exact(match) for match in matches):
            problems.append(f"unaltered copy not found: {name}")
        elif kind in ("unrelated", "plain") and matches:
            problems.append(f"{kind} file matched: {name}")
        elif kind == "altered":
            recall[row["alteration"]][1] += 1
            recall[row["alteration"]][0] += bool(matches)
        elif kind in ("locked", "broken") and not (matches or found.of(found.others, row)):
            problems.append(f"{kind} file not among the findings: {name}")
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
    root = str(arguments.manifest.resolve().parent / "evidence")
    problems, recall, counts = check_rows(manifest, Findings(findings, root))

    print(f"{'alteration':28} {'found':>9} {'measured':>9}")
    for name, (count, pictures) in recall.items():
        row = manifest["alterations"][name]
        percent = row[arguments.variants]
        floor = floor_of(percent, pictures)
        note = ""
        if count < floor:
            note = f"  fewer than {floor}"
            problems.append(f"{row['text']}: {count} of {pictures} found, at least {floor} expected")
        elif percent < SURVIVES_PERCENT:
            note = "  beyond PDQ"
        print(f"{row['text']:28} {count:>4}/{pictures:<4} {percent:>7} %{note}")
    for kind in ("copy", "locked", "broken", "unrelated"):
        print(f"{kind + ' files named in findings':28} {counts[kind, 'found']}/{counts[kind, 'all']}")
    for problem in problems:
        print(f"check_sample.py: {problem}", file=sys.stderr)
    sys.exit(bool(problems))


if __name__ == "__main__":
    main()

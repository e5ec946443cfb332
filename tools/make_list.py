#!/usr/bin/python3
"""Writes a VICS 2.0 hash set of the files that `cairn fingerprint --json` describes.

    cairn fingerprint --json FILE... | tools/make_list.py > list.json

For sample and test data only: every file becomes an entry of category 1 in the US table, in one of
four made-up series. Pictures below PDQ quality 50 are listed by their digests alone.
"""

import json
import sys

CONTEXT = "http://github.com/VICSDATAMODEL/ProjectVic/DataModels/2.0.xml/US/$metadata#Media"
SERIES = ("Sample north", "Sample east", "Sample south", "Sample west")
PDQ_QUALITY_MIN = 50


def media(number, item):
    """One Media record; digests in upper case, as distributed sets have them."""
    alternatives = [{"HashName": "SHA256", "HashValue": item["sha256"].upper()}]
    if item.get("pdq") and (item.get("pdq_quality") or 0) >= PDQ_QUALITY_MIN:
        alternatives.append({"HashName": "PDQ", "HashValue": item["pdq"]})
    return {
        "MediaID": number,
        "Category": 1,
        "MD5": item["md5"].upper(),
        "SHA1": item["sha1"].upper(),
        "MediaSize": item["size"],
        "Series": SERIES[number % len(SERIES)],
        "AlternativeHashes": alternatives,
    }


def main():
    records = []
    for line_number, line in enumerate(sys.stdin, 1):
        try:
            records.append(media(len(records) + 1, json.loads(line)))
        except (ValueError, KeyError, TypeError) as error:
            sys.exit(f"make_list.py: line {line_number} is no fingerprint record: {error!r}")
    if not records:
        sys.exit("make_list.py: nothing on standard input; pipe `cairn fingerprint --json` into it")
    body = ",\n".join(json.dumps(record) for record in records)
    print(f'{{"@odata.context": "{CONTEXT}",\n"value": [\n{body}\n]}}')


if __name__ == "__main__":
    main()

#!/usr/bin/python3
"""`cairn bench robustness` on a few generated pictures: what it counts, what it says of trouble."""
import json
import unittest

from harness import CairnTest, picture

COUNT = 6


class Robustness(CairnTest):
    def setUp(self):
        super().setUp()
        self.photographs = self.dir / "photographs"
        self.photographs.mkdir()
        for seed in range(COUNT):
            picture(seed, (480, 360)).save(self.photographs / f"photo{seed}.jpg", quality=95)

    def bench(self, *arguments, expect=0):
        done = self.cairn("bench", "robustness", *arguments, expect=expect)
        return done.stdout.decode(), done.stderr.decode()

    def measure(self, *arguments, expect=0):
        out, _ = self.bench("--json", *arguments, expect=expect)
        return json.loads(out)

    def test_larger_query_sets_find_more_and_nothing_wrong(self):
        report = self.measure("--crops", 0, self.photographs)
        self.assertEqual(report["format"], "cairn-robustness-1")
        self.assertEqual((report["artworks"], report["originals"]), (COUNT, COUNT))
        self.assertEqual(report["problems"], [])
        versions = report["versions"]
        self.assertLess(versions["upright"], versions["turns"])
        self.assertLess(versions["turns"], versions["wide"])
        rows = {row["name"]: row for row in report["alterations"]}
        self.assertGreaterEqual(len(rows), 35)
        for name, row in rows.items():
            counts = [row[query_set]["found"]["count"] for query_set in
                      ("upright", "turns", "wide")]
            self.assertEqual(counts, sorted(counts), name)
            self.assertEqual(row["copies"], COUNT, name)
            self.assertLessEqual(row["wide"]["near"]["count"], counts[2], name)
        for name in ("jpeg_q90", "png", "grey", "invert"):
            self.assertEqual(rows[name]["upright"]["found"]["count"], COUNT, name)
        for name in ("mirror", "turn_90", "turn_180", "turn_270"):
            self.assertEqual(rows[name]["upright"]["found"]["count"], 0, name)
            self.assertEqual(rows[name]["turns"]["found"]["count"], COUNT, name)
        unrelated = report["unrelated"]
        self.assertEqual(unrelated["originals"]["total"], COUNT * (COUNT - 1))
        self.assertEqual(unrelated["wide"]["comparisons"]["within_radius"], 0)
        self.assertEqual(unrelated["nearest"][0]["distance"], unrelated["originals"]["smallest"])

    def test_runs_agree_and_the_table_is_readable(self):
        arguments = ("--crops", 1, "--limit", 2, self.photographs)
        first, second = (self.measure("--jobs", jobs, *arguments) for jobs in (1, 2))
        for report in (first, second):
            del report["seconds"]
        self.assertEqual(first, second)
        self.assertEqual(first["originals"], 4)
        out, progress = self.bench("--crops", 0, "--limit", 1, self.photographs)
        self.assertIn("mirrored", out)
        self.assertIn("copies: 1 of 1 artwork\n", progress)

    def test_versions_of_one_artwork_count_once(self):
        picture(0, (240, 180)).save(self.photographs / "photo0_240x180.png")
        report = self.measure("--crops", 0, self.photographs)
        self.assertEqual(report["artworks"], COUNT)

    def test_what_cannot_be_used_is_said(self):
        (self.photographs / "broken.jpg").write_bytes(b"\xff\xd8\xff\xe0 no picture")
        out, errors = self.bench("--limit", 2, "--crops", 0, self.photographs, expect=3)
        self.assertIn("broken.jpg", errors)
        self.assertIn("mirrored", out)
        _, errors = self.bench(self.evidence, expect=4)
        self.assertIn("no picture lies below", errors)
        _, errors = self.bench(self.dir / "absent", expect=4)
        self.assertIn("absent", errors)
        self.bench(expect=2)
        self.bench("--crops", 9, self.photographs, expect=2)


if __name__ == "__main__":
    unittest.main()

#!/usr/bin/python3
"""tools/check_contract.py finds each planted difference between the contract and the code."""

import pathlib
import shutil
import sys
import tempfile
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tools"))

import check_contract  # noqa: E402

CONTRACT = pathlib.Path(check_contract.CONTRACT)
READ = ["src/api/*_routes.cpp", "src/access/*.cpp", "src/access/*.h", "src/jobs/*.cpp",
        "src/audit/*.cpp", "src/identity/*.cpp", "src/scan/*.cpp", "api/openapi.yaml"]


class Planted(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.root = pathlib.Path(tempfile.mkdtemp(prefix="cairn-contract-"))
        cls.addClassCleanup(shutil.rmtree, cls.root)
        for pattern in READ:
            for file in ROOT.glob(pattern):
                copy = cls.root / file.relative_to(ROOT)
                copy.parent.mkdir(parents=True, exist_ok=True)
                shutil.copy(file, copy)

    def problems(self, file, before, after):
        """What is found once the first `before` in a file is `after`."""
        path = self.root / file
        text = path.read_text(encoding="utf-8")
        self.assertIn(before, text)
        path.write_text(text.replace(before, after, 1), encoding="utf-8")
        try:
            return "\n".join(check_contract.check(self.root))
        finally:
            path.write_text(text, encoding="utf-8")

    def assert_found(self, problem, file, before, after):
        self.assertIn(problem, self.problems(file, before, after))

    def test_the_tree_itself_is_clean(self):
        self.assertEqual(list(check_contract.check(ROOT)), [])

    def test_an_operation_of_the_code_alone(self):
        self.assert_found("case_count: not in the contract", CONTRACT,
                          "operationId: case_count", "operationId: case_sum")

    def test_an_operation_of_the_contract_alone(self):
        self.assert_found("case_count: not in the code", "src/api/case_routes.cpp",
                          '"case_count"', '"case_sum"')

    def test_another_path_or_method(self):
        self.assert_found("case_count: get /api/v1/cases/count in the contract, not in the code",
                          "src/api/case_routes.cpp", "/cases/count", "/cases/sum")
        self.assert_found("case_close: post", "src/api/case_routes.cpp",
                          '.method = Method::post,\n     .path = "/api/v1/cases/{case}/close"',
                          '.method = Method::put,\n     .path = "/api/v1/cases/{case}/close"')

    def test_parameters_of_one_side(self):
        self.assert_found("case_find: the query parameter phrase is not in the contract",
                          "src/api/case_routes.cpp", '"word", "limit"', '"phrase", "limit"')
        self.assert_found("case_find: the query parameter word is not in the code",
                          "src/api/case_routes.cpp", '"word", "limit"', '"limit"')
        self.assert_found("case_open: the header parameter Idempotency-Key is not in the code",
                          "src/api/case_routes.cpp", '.creates = "cases"', '.creates = ""')
        self.assert_found("If-Match is not in the code", "src/api/case_routes.cpp",
                          ".edits = true", ".edits = false")

    def test_another_body(self):
        self.assert_found("case_open: the body is application/json in the contract, None in",
                          "src/api/case_routes.cpp", ".body = BodyKind::json,", "")

    def test_another_door(self):
        self.assert_found("case_list: security is not that of the door 'anybody'",
                          "src/api/case_routes.cpp", "Door::user", "Door::anybody")

    def test_rules_of_access_that_changed(self):
        rule = '.name = "case_open",\n        .kind = Kind::change,\n        .profiles = kWorking'
        self.assert_found("case_open: x-access is not what", "src/access/operation.cpp", rule,
                          rule.replace("kWorking", "kAllProfiles"))
        self.assert_found("x-access is not what", "src/access/operation_sets.h",
                          "kSupervisors = {Role::supervisor}", "kSupervisors = {Role::auditor}")
        self.assert_found("OperationName: not the operations", "src/access/operation.cpp",
                          '"case_open"', '"case_begin"')

    def test_names_of_closed_lists_that_changed(self):
        self.assert_found("schema Level: the code has", "src/access/visibility_store.cpp",
                          '"summary"', '"digest"')

    def test_examples_that_are_missing_or_wrong(self):
        self.assert_found("case_count: 200: the example is not as its schema says", CONTRACT,
                          "example: {count: 3}", "example: {count: three}")
        self.assert_found("case_count: 200: no example", CONTRACT, "example: {count: 3}", "")

    def test_objects_that_let_unknown_members_pass(self):
        self.assert_found("without additionalProperties: false", CONTRACT,
                          "additionalProperties: false", "additionalProperties: true")

    def test_broken_and_unused_references(self):
        self.assert_found("there is no such thing", CONTRACT, "'#/components/schemas/Who'",
                          "'#/components/schemas/Whom'")
        self.assert_found("components/schemas/Who: nothing refers to it", CONTRACT,
                          "'#/components/schemas/Who'", "'#/components/schemas/User'")

    def test_words_that_are_missing(self):
        self.assert_found("case_count: no summary", CONTRACT, "summary: Count cases", "summary: ''")
        self.assert_found(": no problem as its default answer", CONTRACT, "default: {$ref",
                          "'599': {$ref")


if __name__ == "__main__":
    unittest.main()

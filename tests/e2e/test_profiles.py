#!/usr/bin/python3
"""Installations of the other profiles do no more than theirs allows, whatever an agency's is."""
import unittest

import test_contract


class ProfileTest(test_contract.ContractTest):
    on_postgresql = False

    @classmethod
    def begin(cls):
        cls.story.begin()
        cls.people = cls.story.people | {
            "service": cls.story.service_account(cls.story.admin)[2]}

    def test_every_operation_and_role(self):
        self.assertEqual(self.story.nobody.do("installation_show").json()["profile"], self.profile)
        self.assert_rules_hold(self.people, self.profile)

    def test_an_agency_of_a_wider_profile_gains_nothing(self):
        self.server.sql("UPDATE agency SET profile = 'police'")
        self.assert_rules_hold(self.people, "police")
        self.server.sql(f"UPDATE agency SET profile = '{self.profile}'")


class ProviderInstallation(ProfileTest, unittest.TestCase):
    profile = "provider"


class HotlineInstallation(ProfileTest, unittest.TestCase):
    profile = "hotline"


class AuditorInstallation(ProfileTest, unittest.TestCase):
    profile = "auditor"


if __name__ == "__main__":
    unittest.main()

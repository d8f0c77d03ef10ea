"""What is left out of the count of branches: only what cannot be otherwise."""

import pathlib
import unittest

from coverage import ROOT, refusals_of

SAYS = "static bool failed(const char *doing, struct err *e)\n{\n    err_set(e, 1, doing);\n    return err_fix(e, \"x\");\n}\n"
DOES = "static bool failed(int n, struct err *e)\n{\n    if (n)\n        return err_set(e, 1, \"x\");\n    return true;\n}\n"
MAY = "static bool failed(int n, struct err *e)\n{\n    return err_set(e, 1, \"x\") ||\n           n;\n}\n"


class Refusals(unittest.TestCase):
    def test_are_those_that_end_with_false_in_every_way(self):
        self.assertEqual(refusals_of(SAYS), {"failed"})
        self.assertEqual(refusals_of(DOES), set())
        self.assertEqual(refusals_of(MAY), set())

    def test_are_those_of_the_copy_of_the_accounts(self):
        text = pathlib.Path(ROOT / "src/ops/accounts_copy.c").read_text()
        self.assertEqual(refusals_of(text), {"failed", "not_whole"})


if __name__ == "__main__":
    unittest.main()

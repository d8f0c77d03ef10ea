"""The table of mistakes fits the sources, so that `make sabotage` cannot rot unseen."""
import unittest
from pathlib import Path

import sabotage

ROOT = Path(__file__).resolve().parent.parent


def exists(test):
    kind, name = test.split(":", 1)
    if kind in ("sqlite", "postgres"):
        return (ROOT / "tests" / name).is_file()
    if kind == "sim":
        return name.isdigit()
    return kind == "unit" and any(str(path.relative_to(ROOT / "src").with_suffix("")).replace("/", "-") == name
                                  for path in (ROOT / "src").rglob("*_test.c"))


class Table(unittest.TestCase):
    def test_every_mistake_can_be_made(self):
        for mutation in sabotage.read_table():
            for edit in mutation.edits:
                with self.subTest(mutation.name):
                    text = (ROOT / edit["file"]).read_text()
                    self.assertNotEqual(sabotage.mutated(text, edit), text)

    def test_every_mistake_has_a_test_that_exists(self):
        for mutation in sabotage.read_table():
            with self.subTest(mutation.name):
                self.assertTrue(mutation.tests)
                self.assertEqual([test for test in mutation.tests if not exists(test)], [])

    def test_names_are_different(self):
        names = [mutation.name for mutation in sabotage.read_table()]
        self.assertEqual(len(names), len(set(names)))


if __name__ == "__main__":
    unittest.main()

import pathlib
import tempfile
import unittest

import skips

ROOT = pathlib.Path(__file__).resolve().parent.parent

NODE = """TAP version 13
# Subtest: without the database
ok 1 - without the database # SKIP PostgreSQL only
# Subtest: the doctor
    # Subtest: is well
    ok 1 - is well
    # Subtest: says when a disk is full
    ok 2 - says when a disk is full # SKIP
    1..2
ok 2 - the doctor
"""


class Points(unittest.TestCase):
    def test_of_node_with_the_names_above(self):
        self.assertEqual(list(skips.points(NODE)), [
            ("without the database", "PostgreSQL only"), ("the doctor > is well", None),
            ("the doctor > says when a disk is full", ""), ("the doctor", None)])

    def test_of_cmocka_which_names_what_it_skipped_behind_the_word(self):
        self.assertEqual(list(skips.points("1..2\nok 1 - f029_holds\nnot ok 2 # SKIP f030_holds\n")),
                         [("f029_holds", None), ("f030_holds", "")])

    def test_of_vitest(self):
        self.assertEqual(list(skips.points("ok 1 - a.test.ts > is well # time=3ms\nok 2 - a.test.ts > waits # SKIP\n")),
                         [("a.test.ts > is well # time=3ms", None), ("a.test.ts > waits", "")])

    def test_what_is_to_be_done_is_no_proof_either(self):
        self.assertEqual(list(skips.points("not ok 1 - later # TODO some day\n")), [("later", "some day")])


class Holes(unittest.TestCase):
    def seen(self, **suites):
        all_of_them = skips.Skips()
        for suite, output in suites.items():
            all_of_them.look(suite, output)
        return all_of_them

    def test_what_nobody_runs_is_one(self):
        self.assertEqual(self.seen(sqlite=NODE).holes({}), [
            "sqlite: without the database (PostgreSQL only)", "sqlite: the doctor > says when a disk is full"])

    def test_what_another_suite_runs_is_none_whichever_comes_first(self):
        there = "# Subtest: without the database\nok 1 - without the database\n"
        for suites in ({"sqlite": NODE, "postgres": there}, {"postgres": there, "sqlite": NODE}):
            self.assertEqual(self.seen(**suites).holes({}), ["sqlite: the doctor > says when a disk is full"])

    def test_the_same_name_within_another_test_is_not_the_same_test(self):
        elsewhere = "# Subtest: a disk\n    # Subtest: says when a disk is full\n    ok 1 - says when a disk is full\nok 1 - a disk\n"
        self.assertIn("sqlite: the doctor > says when a disk is full", self.seen(sqlite=NODE, faults=elsewhere).holes({}))

    def test_what_may_be_skipped_is_none(self):
        self.assertEqual(self.seen(sqlite=NODE).holes({"without the database": "", "the doctor > says when a disk is full": ""}), [])


class Allowed(unittest.TestCase):
    def test_each_has_a_reason_and_is_a_test_that_there_is(self):
        sources = "".join(path.read_text() for path in (ROOT / "tests").glob("[a-z]*/*.test.ts"))
        for name, why in skips.allowed().items():
            self.assertTrue(why, name)
            for part in name.split(skips.WITHIN):
                self.assertIn(part, sources)

    def test_a_line_is_a_name_and_its_reason(self):
        with tempfile.NamedTemporaryFile("w") as file:
            file.write("# a note\n\na > b: c   because of d\n")
            file.flush()
            self.assertEqual(skips.allowed(pathlib.Path(file.name)), {"a > b: c": "because of d"})


if __name__ == "__main__":
    unittest.main()

import unittest

from check_faults import names_in


class NamesIn(unittest.TestCase):
    def test_a_c_test_counts_when_it_is_run(self):
        text = "static void f029_holds(void **state)\n{\n}\nstatic void f030_holds(void **state)\n{\n}\n"
        self.assertEqual(names_in("src/a/a_test.c", text + "TEST_MAIN(cmocka_unit_test(f029_holds))"), ["f029_holds"])

    def test_comments_and_other_functions_do_not_count(self):
        self.assertEqual(names_in("src/a/a_test.c", "/* F029 */\nstatic int f029_help(int x)\n"), [])
        self.assertEqual(names_in("tests/faults/a.test.ts", '// "F029: x"\n/* "F029" */\n * "F029"\nf(); // F029\n'), [])
        self.assertEqual(names_in("sim/node.c", 'X(KILL, true, "F029: killed")'), [])

    def test_a_title_counts_and_so_does_a_row_that_titles_are_made_of(self):
        text = 'it("F029: is refused", f);\n{ fault: "F030" }\n["F031 F032: both"]\nsay("see F033");\n'
        self.assertEqual(names_in("tests/faults/a.test.ts", text), ['"F029', '"F030', '"F031 F032'])

    def test_a_trouble_of_the_simulator_counts(self):
        text = '/* F029 */\n    X(KILL, true, "F030: killed")  \\\n    X(STILL, false, "as F031")\n'
        self.assertEqual(names_in("sim/fate.h", text), ["F030: "])


if __name__ == "__main__":
    unittest.main()

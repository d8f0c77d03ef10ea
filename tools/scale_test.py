import unittest

from check_scale import findings_of_css, findings_of_tsx


def css(text):
    return [words for _, words in findings_of_css(text)]


class Scale(unittest.TestCase):
    def test_what_is_of_the_scale_is_let_through(self):
        self.assertEqual(css(".a { padding: 0.375rem 1.25rem 0; font-size: 0.875rem; margin: 0 auto -0.5rem; }"), [])
        self.assertEqual(css(".a { font-size: 0.9em; gap: 10%; width: 7px; border-radius: 3px; }"), [])

    def test_what_is_not_is_told_with_its_line(self):
        self.assertEqual(list(findings_of_css(".a {\n  padding: 0.4rem 1rem;\n}")), [(2, "padding: 0.4rem 1rem")])
        self.assertEqual(css(".a { gap: 1.1rem; font-size: 0.75rem; margin-top: 3px; scroll-margin: 3px }"),
                         ["gap: 1.1rem", "font-size: 0.75rem", "margin-top: 3px"])

    def test_there_are_three_weights(self):
        self.assertEqual(css(".a { font-weight: 400; } .b { font-weight: 550; } .c { font-weight: 620 }"), [])
        self.assertEqual(css(".a { font-weight: 600; } .b { font-weight: bold }"), ["font-weight: 600", "font-weight: bold"])

    def test_a_comment_is_none(self):
        self.assertEqual(css("/* padding: 3px; */ .a { color: red; }"), [])

    def test_components_do_not_style_by_hand(self):
        self.assertEqual(list(findings_of_tsx("<p style={{ width, height: 3 }} />")), [])
        for styled in ("<p style={{ marginTop: 3 }} />", "<p style={{ fontWeight: 700 }} />", '<Text fw={700} />', '<Text fz="sm" />', '<Box\n  mt="md" />'):
            self.assertEqual(len(list(findings_of_tsx(styled))), 1, styled)
        self.assertEqual(list(findings_of_tsx('<Row map={map} size="sm" title="p=1" />')), [])


if __name__ == "__main__":
    unittest.main()

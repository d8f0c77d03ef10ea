"""Tests of page.py."""

import pathlib
import re
import unittest

import page

RUNBOOK = pathlib.Path(__file__).parent.parent / "docs/runbook.md"


class Page(unittest.TestCase):
    def test_each_kind_of_block_is_made(self):
        made = page.blocks(
            "## The disk (`x`)\nA line\nand **more**.\n\n- one\n  goes on\n- two\n\n1. first\n\n    a < b\n\n| h | i |\n|---|---|\n| `a|b` | c |".splitlines()
        )
        for part in (
            '<h2 id="the-disk-x">The disk (<code>x</code>)</h2>',
            "<p>A line and <strong>more</strong>.</p>",
            "<ul><li><p>one goes on</p></li><li><p>two</p></li></ul>",
            "<ol><li><p>first</p></li></ol>",
            "<pre>a &lt; b</pre>",
            "<tr><th>h</th><th>i</th></tr>",
        ):
            self.assertIn(part, made)

    def test_what_is_written_is_text_and_never_markup(self):
        self.assertEqual(page.inline("<b> `<i> *a*` & [x](#y)"), '&lt;b&gt; <code>&lt;i&gt; *a*</code> &amp; <a href="#y">x</a>')

    def test_a_link_to_another_document_names_it(self):
        self.assertEqual(page.inline("[slo](slo.md)"), "slo (<code>docs/slo.md</code>)")

    def test_each_link_within_the_runbook_leads_somewhere(self):
        made = page.page(RUNBOOK.read_text()).decode()
        anchors = set(re.findall(r' id="([^"]*)"', made))
        self.assertIn("hookswitchdown", anchors)
        self.assertEqual([to for to in re.findall(r'href="#([^"]*)"', made) if to not in anchors], [])
        self.assertNotIn("**", made)


if __name__ == "__main__":
    unittest.main()

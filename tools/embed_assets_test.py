"""Tests of embed_assets.py."""

import gzip
import pathlib
import tempfile
import unittest

import embed_assets


class EmbedAssets(unittest.TestCase):
    def setUp(self):
        self.directory = tempfile.TemporaryDirectory()
        self.dist = pathlib.Path(self.directory.name) / "dist"

    def tearDown(self):
        self.directory.cleanup()

    def write(self, path, content):
        target = self.dist / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(content)

    def test_without_a_built_interface_there_is_one_page_that_says_so(self):
        files = embed_assets.read_dist(self.dist)
        self.assertEqual(list(files), ["/index.html"])
        self.assertIn(b"was not built", files["/index.html"])

    def test_paths_are_sorted_by_bytes(self):
        for path in ("b.js", "a/z.css", "index.html", "B.js", "a.css"):
            self.write(path, b"x")
        _, rows = embed_assets.pack(embed_assets.read_dist(self.dist))
        paths = [row.split('"')[1] for row in rows]
        self.assertEqual(paths, ["/B.js", "/a.css", "/a/z.css", "/b.js", "/index.html"])

    def test_the_blob_holds_each_file_gzipped_and_plain(self):
        blob, _ = embed_assets.pack({"/index.html": b"hello"})
        self.assertTrue(blob.endswith(b"hello"))
        self.assertEqual(gzip.decompress(blob[:-5]), b"hello")

    def test_equal_input_gives_equal_output(self):
        files = {"/index.html": b"hello" * 100}
        self.assertEqual(embed_assets.pack(files), embed_assets.pack(files))

    def test_only_names_with_a_hash_are_immutable(self):
        self.assertTrue(embed_assets.IMMUTABLE.match("/assets/index-D3f_a81z.js"))
        self.assertFalse(embed_assets.IMMUTABLE.match("/index.html"))
        self.assertFalse(embed_assets.IMMUTABLE.match("/assets/logo.svg"))

    def test_hidden_files_stay_out(self):
        self.write("index.html", b"x")
        self.write(".built", b"")
        self.assertEqual(list(embed_assets.read_dist(self.dist)), ["/index.html"])


if __name__ == "__main__":
    unittest.main()

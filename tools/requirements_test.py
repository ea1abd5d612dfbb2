"""Tests of tools/requirements: which marks it believes, and what it writes."""

import importlib.machinery
import importlib.util
import pathlib
import tempfile
import unittest

TOOL = str(pathlib.Path(__file__).resolve().parent / "requirements")
loader = importlib.machinery.SourceFileLoader("requirements", TOOL)
tool = importlib.util.module_from_spec(importlib.util.spec_from_loader("requirements", loader))
loader.exec_module(tool)


def read(text):
    with tempfile.TemporaryDirectory() as folder:
        path = pathlib.Path(folder) / "test/e2e/a.test.mjs"
        path.parent.mkdir(parents=True)
        path.write_text(text)
        return tool.marks(pathlib.Path(folder))


class Marks(unittest.TestCase):
    def test_belongs_to_the_test_below_it(self):
        found, faults = read('// proves: M-07, K-01\n// ASVS: V6.5.1\ntest("once", () => {});\ntest("b", x);\n')
        self.assertEqual(found, [(["M-07", "K-01"], ["V6.5.1"], "a.test.mjs: once")])
        self.assertEqual(faults, [])

    def test_refuses_what_is_no_requirement(self):
        self.assertEqual(len(read('// proves: M-7\ntest("a", x);\n')[1]), 1)

    def test_refuses_a_mark_above_no_test(self):
        self.assertEqual(len(read("// proves: M-07\nconst a = 1;\n")[1]), 1)
        self.assertEqual(len(read("// proves: M-07\n")[1]), 1)

    def test_says_what_is_not_proved(self):
        rows = [{"id": "M-07", "group": "G", "requirement": "r"}, {"id": "M-08", "group": "G", "requirement": "s"}]
        text = tool.table(rows, [(["M-07"], [], "a: b")])
        self.assertIn("| M-07 | r | a: b |", text)
        self.assertIn("| M-08 | s | not yet |", text)
        self.assertIn("1 of 2 have a test.", text)


if __name__ == "__main__":
    unittest.main(verbosity=0)

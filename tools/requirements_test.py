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

    def test_reads_the_marks_of_unit_tests(self):
        with tempfile.TemporaryDirectory() as folder:
            path = pathlib.Path(folder) / "src/a/a_test.cpp"
            path.parent.mkdir(parents=True)
            path.write_text("// guards: b\n// ASVS: V1.1.1, V2.2.2\nTEST_P(Suite, DoesIt)\n{\n}\n// ASVS: V3.3.3\nint x;\n")
            found, faults = tool.unit_marks(pathlib.Path(folder))
        self.assertEqual(found, [([], ["V1.1.1", "V2.2.2"], "a_test.cpp: Suite.DoesIt")])
        self.assertEqual(len(faults), 1)

    def test_tells_what_is_proven_what_is_not_yet_and_what_does_not_apply(self):
        row = {"level": "1", "section": "S", "why_not": "", "kind": "yes"}
        rows = [{**row, "id": "V1.1.1"}, {**row, "id": "V1.1.2"}, {**row, "id": "V1.1.3", "kind": "no", "why_not": "no media"}]
        text = tool.asvs_table(rows, [([], ["V1.1.1"], "a: b")])
        self.assertIn("| V1.1.1 | 1 | a: b |", text)
        self.assertIn("| V1.1.2 | 1 | not yet |", text)
        self.assertIn("| V1.1.3 | 1 | not applicable: no media |", text)
        self.assertIn("| 1 | 2 | 1 | 1 |", text)


if __name__ == "__main__":
    unittest.main(verbosity=0)

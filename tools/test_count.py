"""tools/test_count.py FOLDER: adds up the reports of GoogleTest (*.json) and node:test (*.tap).

Prints `counted: N passed, N failed`. A report that ran no test counts as a failure: a filter that
matches nothing, or a program that ended early, must not look like success.
"""

import json
import pathlib
import re
import sys


def of_gtest(text):
    report = json.loads(text)
    run = sum(
        1
        for suite in report["testsuites"]
        for test in suite["testsuite"]
        if test.get("result") == "COMPLETED"
    )
    bad = report["failures"] + report["errors"]
    return (run - bad, bad) if run else (0, 1)


def of_tap(text):
    good = re.search(r"^# pass (\d+)$", text, re.M)
    bad = re.search(r"^# fail (\d+)$", text, re.M)
    cancelled = re.search(r"^# cancelled (\d+)$", text, re.M)
    if not good or not bad:
        return 0, 1
    failures = int(bad[1]) + (int(cancelled[1]) if cancelled else 0)
    return (int(good[1]), failures) if int(good[1]) + failures else (0, 1)


def main(folder):
    good = bad = 0
    for report in sorted(pathlib.Path(folder).glob("*")):
        if report.suffix not in (".json", ".tap"):
            continue
        text = report.read_text(encoding="utf-8", errors="replace")
        try:
            more_good, more_bad = (of_gtest if report.suffix == ".json" else of_tap)(text)
        except (ValueError, KeyError):
            more_good, more_bad = 0, 1
        good += more_good
        bad += more_bad
    print(f"counted: {good} passed, {bad} failed")


main(sys.argv[1])

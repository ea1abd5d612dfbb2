"""Writes the figures of build/bench/results into docs/performance.md, between its two marks. What was not measured here
stays as it stands there."""

import json
import os
import pathlib
import platform
import re
import sys

sys.path.insert(0, str(pathlib.Path(__file__).parent))
import report  # noqa: E402

PAGE = report.ROOT / "docs" / "performance.md"
BEGIN, END = "<!-- figures -->\n", "<!-- /figures -->\n"
ORDER = ["check", "token_check", "auth_request", "sign_in", "storm", "sessions", "authorized_keys", "polling", "freeze",
         "verify", "search", "export", "webhook_fan_out", "memory"]


def machine():
    processor = re.search(r"model name\s*: (.*)", pathlib.Path("/proc/cpuinfo").read_text(encoding="utf-8"))
    memory = re.search(r"MemTotal:\s*(\d+)", pathlib.Path("/proc/meminfo").read_text(encoding="utf-8"))
    gigabytes = int(memory[1]) / 2**20
    return (f"{os.cpu_count()} cores of {processor[1] if processor else 'an unnamed processor'}, {gigabytes:.0f} GiB, "
            f"Linux {platform.release().split('-')[0]}.")


def value_of(figure):
    text = f"{report.number(figure['value'])} {figure['unit']}".strip()
    if figure["spread"]:
        text += f" ({report.number(figure['spread'][0])} to {report.number(figure['spread'][1])})"
    return text


def table(result):
    lines = [f"### `./bench {result['name']}`, {result['day']}", "", machine(), ""]
    if result["load"] > 1.5 * os.cpu_count():
        lines += [f"The machine was not quiet: {result['load']:.0f} processes wanted its cores in the last quarter of an "
                  "hour.", ""]
    lines += ["| figure | measured | to reach | |", "| --- | --- | --- | --- |"]
    for figure in result["figures"]:
        verdict = "" if not figure["goal"] else "reached" if figure["reached"] else "**missed**"
        lines.append(f"| {figure['what']} | {value_of(figure)} | {figure['goal']} | {verdict} |")
    return "\n".join(lines) + "\n"


def tables_on(page):
    """By name, as table() wrote them."""
    figures = page.split(BEGIN)[1].split(END)[0]
    return {name: text.rstrip() + "\n" for text, name in re.findall(r"^(### `\./bench (\w+)`.*?)(?=^### |\Z)", figures, re.M | re.S)}


def main():
    page = PAGE.read_text(encoding="utf-8")
    before, after = page.split(BEGIN)[0], page.split(END)[1]
    known = tables_on(page)
    for file in report.RESULTS.glob("*.json"):
        result = json.loads(file.read_text(encoding="utf-8"))
        known[result["name"]] = table(result)
    names = sorted(known, key=lambda name: ORDER.index(name) if name in ORDER else len(ORDER))
    tables = "\n".join(known[name] for name in names)
    PAGE.write_text(f"{before}{BEGIN}\n{tables}\n{END}{after}", encoding="utf-8")


main()

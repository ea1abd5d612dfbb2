"""What a measurement found: printed, and kept in build/bench/results for docs/performance.md."""

import json
import os
import pathlib
import time

ROOT = pathlib.Path(__file__).resolve().parents[3]
RESULTS = ROOT / "build" / "bench" / "results"


class Report:
    """The figures of one measurement, in the order in which they were found."""

    def __init__(self, name):
        self.name = name
        self.figures = []

    def figure(self, what, value, unit, at_least=None, at_most=None, spread=None):
        """`what` in words; one of the bounds when there is something to reach."""
        reached = (at_least is None or value >= at_least) and (at_most is None or value <= at_most)
        goal = "" if at_least is None else f"at least {number(at_least)}"
        goal = goal if at_most is None else f"at most {number(at_most)}"
        self.figures.append(
            {"what": what, "value": value, "unit": unit, "goal": goal, "reached": reached, "spread": spread})
        around = f" (rounds {number(spread[0])} to {number(spread[1])})" if spread else ""
        wanted = f", to reach: {goal}{'' if reached else '  MISSED'}" if goal else ""
        print(f"{self.name}: {what}: {number(value)} {unit}{around}{wanted}".replace("  ", " "), flush=True)

    def end(self):
        """Keeps the figures; 0 when all was reached, as an exit status."""
        RESULTS.mkdir(parents=True, exist_ok=True)
        about = {"name": self.name, "day": time.strftime("%Y-%m-%d"), "load": os.getloadavg()[2], "figures": self.figures}
        (RESULTS / f"{self.name}.json").write_text(json.dumps(about, indent=1), encoding="utf-8")
        return 0 if all(figure["reached"] for figure in self.figures) else 1


def number(value):
    """As people write it: three digits that count, thousands apart."""
    if isinstance(value, int) or abs(value) >= 1000:
        return f"{round(value):,}"
    return f"{value:.2f}" if abs(value) < 10 else f"{value:.1f}"

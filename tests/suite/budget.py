"""What the tests cost: CPU seconds by test and by folder, and a budget that a whole run keeps.

Seconds of CPU are those of the process that runs a test and of every process that it waited
for. They grow on a slow machine, and on one whose cores somebody else uses too; so each worker
times a fixed piece of work again and again, and all seconds are divided by how much longer
that took than `cpu_reference` says. `TOLERANCE` is for what is left of the noise, and for
the first test of a file, which pays for its fixtures.
"""

import hashlib
import os
import time
from collections import Counter, defaultdict
from collections.abc import Generator
from statistics import median
from typing import Any, NamedTuple

import pytest

COSTLY_SECONDS, FAULTS_SECONDS = 5, 20
TOLERANCE = 2
SLOWEST = 20
EVERY_TESTS = 50


class Cost(NamedTuple):
    """What a test cost, in seconds of CPU; `reason` is what its marker says."""

    test: str
    seconds: float
    reason: str


def pytest_addoption(parser: pytest.Parser) -> None:
    """Take the budget from pyproject.toml."""
    parser.addini("cpu_budget", "CPU seconds of the whole suite")
    parser.addini("cpu_reference", "CPU seconds of budget.work()")


def pytest_configure(config: pytest.Config) -> None:
    """Watch what tests cost, and tell it at the end."""
    config.addinivalue_line("markers", "costly(reason): takes over 5 seconds of CPU, and why")
    config.pluginmanager.register(Watch(), "cairn-watch")
    if not hasattr(config, "workerinput"):
        config.pluginmanager.register(Account(config), "cairn-account")


def work() -> None:
    """Do what tests do most: run Python, make small values, hash bytes."""
    rows = {f"{number:x}": [number, str(number)] for number in range(12_000)}
    digest = hashlib.sha256()
    for name, row in sorted(rows.items()):
        digest.update(f"{name}{row}".encode())


class Watch:
    """Adds to the last report of each test what it cost, wherever it runs."""

    def __init__(self) -> None:
        self._ran = 0

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_protocol(self, item: pytest.Item) -> Generator[None, object, object]:
        """Note where the test began, and time the fixed work now and then."""
        if self._ran % EVERY_TESTS == 0:
            work()  # once for the caches
            before = time.process_time()
            work()
            item.user_properties.append(("reference", time.process_time() - before))
        self._ran += 1
        item.stash[_BEGUN] = _spent()
        return (yield)

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_makereport(
        self, item: pytest.Item, call: pytest.CallInfo[None]
    ) -> Generator[None, pytest.TestReport, pytest.TestReport]:
        """Write the cost into the report, which travels to the process that counts."""
        report = yield
        if call.when == "teardown":
            marker = item.get_closest_marker("costly")
            report.user_properties.append(("cpu", _spent() - item.stash[_BEGUN]))
            report.user_properties.append(("costly", str(marker.args[0]) if marker else ""))
        return report


class Account:
    """Counts what all tests cost, and refuses what is over the budget."""

    def __init__(self, config: pytest.Config) -> None:
        self._budget = float(config.getini("cpu_budget"))
        self._reference = float(config.getini("cpu_reference"))
        self._costs: list[Cost] = []
        self._references: list[float] = []

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Take the cost out of the last report of a test."""
        told: dict[str, Any] = dict(report.user_properties)
        if report.when == "teardown" and "cpu" in told:
            self._costs.append(Cost(report.nodeid, told["cpu"], told["costly"]))
            self._references += [told["reference"]] if "reference" in told else []

    @pytest.hookimpl(trylast=True)
    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        """Fail a whole run that costs too much; note what files cost, for `nearest.py`."""
        cache: pytest.Cache | None = getattr(session.config, "cache", None)
        if cache is not None:
            known: dict[str, float] = cache.get("cairn/costs", {})
            cache.set("cairn/costs", known | by_file(self._calibrated()))
        if session.exitstatus == pytest.ExitCode.OK and self._refusals(session.config):
            session.exitstatus = pytest.ExitCode.TESTS_FAILED

    def pytest_terminal_summary(
        self, terminalreporter: pytest.TerminalReporter, config: pytest.Config
    ) -> None:
        """Print the costs after a run of some size."""
        costs = self._calibrated()
        if len(costs) < SLOWEST:
            return
        write = terminalreporter.write_line
        terminalreporter.section("CPU seconds of the folders")
        for line in by_folder(costs):
            write(line)
        write(f"(measured seconds divided by {self._factor():.2f}: see tests/suite/budget.py)")
        terminalreporter.section(f"the {SLOWEST} tests that cost most")
        for cost in sorted(costs, key=lambda cost: -cost.seconds)[:SLOWEST]:
            write(f"{cost.seconds:8.1f}  {cost.test}")
        for line in self._refusals(config):
            write(line, red=True)

    def _factor(self) -> float:
        return median(self._references) / self._reference if self._references else 1.0

    def _calibrated(self) -> list[Cost]:
        factor = self._factor()
        return [cost._replace(seconds=cost.seconds / factor) for cost in self._costs]

    def _refusals(self, config: pytest.Config) -> list[str]:
        return refusals(self._calibrated(), self._budget) if _is_whole(config) else []


def by_file(costs: list[Cost]) -> dict[str, float]:
    """Add the costs up by file."""
    seconds: defaultdict[str, float] = defaultdict(float)
    for cost in costs:
        seconds[cost.test.partition("::")[0]] += cost.seconds
    return dict(seconds)


def by_folder(costs: list[Cost]) -> list[str]:
    """Say what the tests of each folder cost, and all of them."""
    seconds: defaultdict[str, float] = defaultdict(float)
    tests: Counter[str] = Counter()
    for cost in costs:
        folder = "/".join(cost.test.partition("::")[0].split("/")[:2])
        seconds[folder] += cost.seconds
        tests[folder] += 1
    dearest = sorted(seconds, key=lambda folder: -seconds[folder])
    lines = [f"{seconds[name]:8.1f}  {tests[name]:5}  {name}" for name in dearest]
    return [*lines, f"{sum(seconds.values()):8.1f}  {len(costs):5}  in all"]


def refusals(costs: list[Cost], budget: float) -> list[str]:
    """Say what a whole run may not cost, in sentences that name the way out."""
    found: list[str] = []
    for cost in costs:
        if cost.seconds > FAULTS_SECONDS * TOLERANCE and not cost.reason:
            found.append(
                f"{cost.test} takes {cost.seconds:.0f} s of CPU: move it to `make faults` and "
                "leave a small brother here"
            )
        elif cost.seconds > COSTLY_SECONDS * TOLERANCE and not cost.reason:
            found.append(
                f"{cost.test} takes {cost.seconds:.0f} s of CPU: make it cheaper, or say why "
                'not with @pytest.mark.costly("...")'
            )
    total = sum(cost.seconds for cost in costs)
    if total > budget:
        found.append(
            f"the tests take {total:.0f} s of CPU and may take {budget:.0f}: make the dearest "
            "cheaper, or raise cpu_budget in pyproject.toml and say why in the commit"
        )
    return found


_BEGUN = pytest.StashKey[float]()


def _spent() -> float:
    spent = os.times()
    return spent.user + spent.system + spent.children_user + spent.children_system


def _is_whole(config: pytest.Config) -> bool:
    """Tell whether every test of the suite was asked for, and nothing else."""
    choices = ("keyword", "markexpr", "lf", "ignore", "deselect", "maxfail")
    chosen = any(config.getoption(choice, None) for choice in choices)
    everything = config.args == config.getini("testpaths")
    return everything and not chosen and os.environ.get("CAIRN_FAULTS") != "all"

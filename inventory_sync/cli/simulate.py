"""``inventory-sync simulate``: thousands of hours of trouble in memory, and what came of them.

Put how a run of the simulation is shown here. What happens in it is ``simulation``.
"""

from collections import Counter
from dataclasses import asdict
from itertools import count

from rich.live import Live
from rich.text import Text

from inventory_sync.cli.show import console, print_json, print_table
from inventory_sync.simulation.run import Report, run
from inventory_sync.simulation.scenario import faultless_of, scenario_of


def simulate(hours: float, seed: int, *, faultless: bool, as_json: bool) -> int:
    """Run episodes until the hours are over or something happens that must never happen; where
    nothing goes wrong (``faultless``), that is a check which is red.

    Returns 1 in that case, after the command that repeats it.
    """
    with Live(console=console, auto_refresh=False, transient=True) as live:

        def tell(report: Report, seconds: float) -> None:
            live.update(Text(_line(report, hours, seconds)), refresh=True)

        scenarios = map(faultless_of if faultless else scenario_of, count(seed))
        report = run(hours, seed, scenarios, tell=tell)
    repeat = _repeat(report, " --faultless" if faultless else "")
    if as_json:
        print_json(asdict(report) | {"repeat": repeat})
    else:
        _show(report, repeat)
    return 0 if report.violation is None else 1


def _line(report: Report, hours: float, seconds: float) -> str:
    return (
        f"{report.hours:,.0f} of {hours:,.0f} hours, {report.events:,} events, "
        f"{report.calls:,} calls, {report.faults.total():,} faults, {seconds:,.0f} s"
    )


def _repeat(report: Report, option: str) -> str | None:
    if report.violation is None:
        return None
    return f"inventory-sync simulate --seed {report.seed} --hours {report.episode_hours:g}{option}"


def _show(report: Report, repeat: str | None) -> None:
    done = {
        "hours": round(report.hours),
        "episodes": report.episodes,
        "events of shoppers and of the ERP": report.events,
        "calls that reached a store": report.calls,
        "event passes": report.passes,
        "careful passes": report.careful,
        "reconciles, each with seven verdicts on each store": report.reconciles,
    }
    print_table("What happened", ["what", "count"], [list(row) for row in done.items()])
    _count("Faults", report.faults)
    _count("Measured: what a pool that stores share cannot prevent", report.measured)
    if report.violation is None:
        console.print("Nothing happened that must never happen.")
        return
    console.print(Text(report.violation))
    console.print(f"Repeat it with: {repeat}")


def _count(title: str, counts: Counter[str]) -> None:
    if counts:
        print_table(title, ["kind", "count"], [list(row) for row in counts.most_common()])

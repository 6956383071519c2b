"""Results as a Markdown table and as a chart."""

from __future__ import annotations

from pathlib import Path
from typing import Any

__all__ = ["HEAD", "draw", "line"]

HEAD = (
    "| workload | vocabulary | threads | leanformers (min–max) | fastest other | ratio | others | target |\n"
    "|---|---|---:|---:|---:|---:|---|---|"
)
_OURS = ("leanformers", "ids")


def line(result: dict[str, Any]) -> str:
    """A row of the table: medians, the ratio to the fastest peer, and whether the targets are met."""
    sides, unit = result["sides"], result["unit"]
    own = sides["leanformers"]
    peers = {name: side["median"] for name, side in sides.items() if name not in _OURS}
    best = (max if unit == "MB/s" else min)(peers, key=peers.__getitem__, default=None)
    shown = [f"{name} {_number(value)}" for name, value in peers.items() if name != best]
    if "ids" in sides:
        shown.append(f"own ids {_number(sides['ids']['median'])}")
    shown += [f"**{name}: other ids in {what}**" for name, what in result["mismatches"].items()]
    cells = [
        result["title"] + (f": {result['corpus']}" if result["kind"] == "adversarial" else ""),
        result["vocabulary"],
        str(result["threads"]),
        f"{_number(own['median'])} {unit} ({_number(own['min'])}–{_number(own['max'])})",
        f"{best} {_number(peers[best])}" if best else "",
        f"{_ratio(result, best):.1f}×" if best else "",
        ", ".join(shown),
        "; ".join(_target(result, name, wanted) for name, wanted in result["targets"].items()),
    ]
    return "| " + " | ".join(cells) + " |"


def _ratio(result: dict[str, Any], other: str) -> float:
    own, theirs = (float(result["sides"][name]["median"]) for name in ("leanformers", other))
    return own / theirs if result["unit"] == "MB/s" else theirs / own


def _target(result: dict[str, Any], name: str, wanted: float) -> str:
    sides, unit = result["sides"], result["unit"]
    if name == unit:
        found = sides["leanformers"]["median"]
        met = found >= wanted if unit == "MB/s" else found <= wanted
        return f"{'≥' if unit == 'MB/s' else '≤'} {wanted:g} {unit}: {_met(met)}"
    if name == "fastest":
        peers = [peer for peer in sides if peer not in _OURS]
        found = min((_ratio(result, peer) for peer in peers), default=None)
    else:
        found = _ratio(result, name) if name in sides else None
    what = f"{wanted:g}× {'own ids' if name == 'ids' else name}"
    return f"{what}: not compared" if found is None else f"{what}: {found:.2f}×, {_met(found >= wanted)}"


def _met(met: bool) -> str:
    return "met" if met else "**not met**"


def _number(value: float) -> str:
    return f"{value:,.0f}" if value >= 100 else f"{value:.1f}" if value >= 1 else f"{value:.2f}"


def draw(results: list[dict[str, Any]], path: Path) -> None:
    """Bars of the workloads in MB/s, a group for each, on a logarithmic scale."""
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot

    chosen = [row for row in results if row["unit"] == "MB/s" and row["kind"] in ("ids", "cold")]
    names = list(dict.fromkeys(name for row in chosen for name in row["sides"]))
    if not chosen:
        print(f"nothing to draw in {path}: no workload of ids was measured")
        return
    figure, axes = pyplot.subplots(figsize=(9, 0.16 * sum(len(row["sides"]) + 1.5 for row in chosen) + 1.2))
    place, ticks, labels, told = 0.0, [], [], set()
    for row in chosen:
        begin = place
        for name, side in row["sides"].items():
            errors = [[side["median"] - side["min"]], [side["max"] - side["median"]]]
            axes.barh(
                place, side["median"], 0.9, xerr=errors, color=f"C{names.index(name)}", error_kw={"elinewidth": 0.6},
                label=None if name in told else name,
            )  # fmt: skip
            told.add(name)
            place += 1
        ticks.append((begin + place - 1) / 2)
        threads = "" if row["threads"] == 1 else f", {row['threads']} threads"
        labels.append(f"{row['title']}\n{row['vocabulary']}{threads}")
        place += 1.5
    axes.set_yticks(ticks, labels, fontsize=7)
    axes.invert_yaxis()
    axes.set_xscale("log")
    axes.set_xlabel(
        "MB of UTF-8 a second, one thread if not said otherwise; median, and from the slowest to the fastest round"
    )
    axes.legend(fontsize=7, loc="lower right")
    figure.tight_layout()
    figure.savefig(path)

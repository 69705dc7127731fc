"""What a run prints: a line per workload, tables in Markdown, the goals."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from statistics import geometric_mean

from .timing import Times

COLUMNS = (
    "fgrad", "hand", "hand-out", "jax", "jax-numpy", "autograd", "torch", "numpy",
    "checkpoint", "jit", "jit-checkpoint",
)  # fmt: skip
TITLES = {
    "latency": "Latency",
    "compute": "Compiled gradients",
    "un-jitted": "Gradients without jit",
    "start": "Start",
    "growth": "Growth",
}


@dataclass(frozen=True)
class Row:
    """The numbers of one workload: median and minimum of each peer."""

    name: str
    family: str
    kind: str
    unit: str
    peers: Times

    def median(self, peer: str) -> float:
        return self.peers[peer]["median"]

    def ratio(self, peer: str) -> float:
        """Return how many times fgrad's number a peer's is: above 1, fgrad wins."""
        return self.median(peer) / self.median("fgrad")


def number(value: float) -> str:
    """Return a number in three digits.

    >>> number(1.2345), number(12.345), number(123456.7)
    ('1.23', '12.3', '123,457')
    """
    return f"{value:,.0f}" if value >= 100 else f"{value:#.3g}"


def progress(row: Row) -> str:
    """Return a line: medians, minima, ratios to fgrad."""
    parts = [f"{row.name:18} ({row.unit})"]
    for peer, found in row.peers.items():
        part = f"{peer} {number(found['median'])} (min {number(found['min'])})"
        parts.append(part if peer == "fgrad" else f"{part} = {row.ratio(peer):.2f}x")
    return "  ".join(parts)


# -- Markdown --------------------------------------------------------------------------


def markdown(rows: list[Row]) -> list[str]:
    """Return the lines of a table per kind of workload."""
    lines = []
    for kind, title in TITLES.items():
        if own := [row for row in rows if row.kind == kind]:
            lines += [f"**{title}**", "", *table(own), ""]
    return lines


def table(rows: list[Row]) -> list[str]:
    """Return a table: fgrad's median with its unit, then the ratios of the others."""
    peers = [peer for peer in COLUMNS if any(peer in row.peers for row in rows)]
    lines = [
        f"| workload | {' | '.join(peers)} |",
        f"|---|{'---|' * len(peers)}",
    ]
    for row in rows:
        cells = [cell(row, peer) for peer in peers]
        lines.append(f"| {row.name} | {' | '.join(cells)} |")
    return lines


def cell(row: Row, peer: str) -> str:
    if peer not in row.peers:
        return ""
    if peer == "fgrad":
        return f"{number(row.median(peer))} {row.unit}"
    return f"{row.ratio(peer):.2f}x"


def markers(cores: str) -> tuple[str, str]:
    """Return the comments between which a table stands."""
    return f"<!-- {cores} -->\n", f"<!-- end of {cores} -->"


def check_markers(path: Path, cores: str) -> None:
    """Raise unless the file has a place for the table."""
    text = path.read_text(encoding="utf-8")
    for marker in markers(cores):
        if text.count(marker) != 1:
            raise SystemExit(f"{path} needs {marker.strip()!r} once, on its own line")


def place(path: Path, cores: str, text: str) -> None:
    """Replace what stands between the markers of a file."""
    start, end = markers(cores)
    before, rest = path.read_text(encoding="utf-8").split(start)
    _, after = rest.split(end)
    path.write_text(f"{before}{start}\n{text}\n\n{end}{after}", encoding="utf-8")


# -- goals -----------------------------------------------------------------------------


def by_family(rows: Iterable[Row], peer: str) -> dict[str, float]:
    """Return the ratio of a peer in each family: the mean of its variants."""
    families: dict[str, list[float]] = {}
    for row in rows:
        if peer in row.peers:
            families.setdefault(row.family, []).append(row.ratio(peer))
    return {name: geometric_mean(found) for name, found in families.items()}


def against(rows: list[Row], peer: str, label: str, goal: float) -> list[str]:
    """Return a line with the geometric mean over families, and who is slower."""
    ratios = by_family(rows, peer)
    if not ratios:
        return []
    mean = geometric_mean(ratios.values())
    won = sum(ratio >= 1 for ratio in ratios.values())
    lost = [f"{name} ({ratio:.2f}x)" for name, ratio in ratios.items() if ratio < 1]
    text = f"- {label}: {mean:.2f}x (goal {goal}x), at least as fast on {won} of"
    text += f" {len(ratios)}"
    return [f"{text}; not {', '.join(lost)}" if lost else text]


def behind(rows: list[Row]) -> list[str]:
    """Return a line with the workloads that are slower than 1.1 times hand-out."""
    own = [row for row in rows if "hand-out" in row.peers]
    slow = [row for row in own if row.ratio("hand-out") < 1 / 1.1]
    if not own:
        return []
    names = [f"{row.name} ({1 / row.ratio('hand-out'):.2f}x)" for row in slow]
    text = f"- slower than 1.1 times hand-out (goal: none): {len(slow)} of {len(own)}"
    return [f"{text}: {', '.join(names)}" if names else text]


def singles(rows: list[Row]) -> list[str]:
    """Return the lines of goals that one workload decides."""
    found = {row.name: row for row in rows}
    lines = []
    if (row := found.get("neuron")) is not None:
        lines.append(f"- neuron: {number(row.median('fgrad'))} us (goal 3)")
    if (row := found.get("call")) is not None:
        over = row.median("fgrad") - row.median("hand")
        lines.append(f"- a jitted call: {number(over)} us over a plain one (goal 2)")
    if (row := found.get("import")) is not None:
        over = row.median("fgrad") - row.median("numpy")
        lines.append(f"- import: NumPy's and {over:.0f} ms (goal 30)")
    if (row := found.get("first-gradient")) is not None and "jax" in row.peers:
        text = f"{row.ratio('jax'):.1f}x faster than JAX (goal 10x)"
        lines.append(f"- import and first gradient: {text}")
    if compiled := [row for row in rows if row.name.startswith("compile-")]:
        costs = ", ".join(number(row.median("fgrad")) for row in compiled)
        lines.append(f"- trace and compile, us per op: {costs} (goal 100, linear)")
    return lines


def summary(rows: list[Row]) -> list[str]:
    """Return the goals, and what this run says of them."""
    compute = [row for row in rows if row.kind == "compute"]
    unjitted = [row for row in rows if row.kind == "un-jitted"]
    return [
        "**Goals** (ratios above 1: fgrad is faster; a family counts once)",
        "",
        *against(compute, "jax", "jit against JAX's jit", 1.5),
        *against(compute, "hand-out", "jit against hand-out", 1),
        *behind(rows),
        *against(unjitted, "autograd", "without jit against autograd", 3),
        *singles(rows),
    ]

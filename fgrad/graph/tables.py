"""Tables as text, Markdown, LaTeX and HTML."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from html import escape

Rows = Sequence[Sequence[str]]


def as_text(head: Sequence[str], rows: Rows) -> str:
    """Return a table in columns.

    >>> print(as_text(("step", "value"), [("a = x * y", "12")]))
    step       value
    ---------  -----
    a = x * y  12
    """
    rule = ["-" * max(map(len, column)) for column in zip(head, *rows)]
    lines = [head, rule, *rows]
    return "\n".join("  ".join(map(_padded, row, rule)).rstrip() for row in lines)


def _padded(text: str, rule: str) -> str:
    return text.ljust(len(rule))


def as_markdown(head: Sequence[str], rows: Rows, code: Sequence[int] = ()) -> str:
    r"""Return a table in Markdown; some columns are code.

    >>> print(as_markdown(("step", "to"), [("a = x | y", "x_1*")], code=[0]), end="")
    | step | to |
    | --- | --- |
    | `a = x \| y` | x\_1\* |
    """
    lines = [head, ["---"] * len(head)]
    lines += [[_marked(t, i in code) for i, t in enumerate(row)] for row in rows]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)


def _marked(text: str, code: bool) -> str:
    if code and text.strip() and "`" not in text:
        indent = "&nbsp;" * 4 * ((len(text) - len(text.lstrip())) // 2)
        text = text.strip().replace("|", "\\|")
        return f"{indent}`{text}`"
    return re.sub(r"([\\`*_|<>\[\]#~])", r"\\\1", text)


_LATEX = {c: f"\\{c}" for c in "&%$#_{}"} | {
    "\\": r"\textbackslash{}", "^": r"\textasciicircum{}", "~": r"\textasciitilde{}",
    "<": r"\textless{}", ">": r"\textgreater{}", "|": r"\textbar{}",
    '"': r"\char34{}", "[": "{[}", "]": "{]}", "-": "{-}", "`": r"\`{}",
    "²": "$^2$", "·": r"$\cdot$", "ᵀ": "$^T$", "×": r"$\times$", "−": "$-$",
    "√": r"$\surd$", "∫": r"$\int$", "÷": r"$\div$",
    "∇": r"$\nabla$", "∂": r"$\partial$", "½": r"$\frac12$",
}  # fmt: skip


def as_latex(head: Sequence[str], rows: Rows) -> str:
    r"""Return a table as a LaTeX tabular; what LaTeX would read as commands is escaped.

    >>> print(as_latex(("step",), [("a_1 = x & y",)]), end="")
    \begin{tabular}{l}
    step \\
    \hline
    a\_1 = x \& y \\
    \end{tabular}
    """
    texts = [" & ".join(map(_in_latex, row)) + r" \\" for row in [head, *rows]]
    body = "\n".join([texts[0], r"\hline", *texts[1:]])
    columns = "l" * len(head)
    return f"\\begin{{tabular}}{{{columns}}}\n{body}\n\\end{{tabular}}\n"


def _in_latex(text: str) -> str:
    indent = r"\quad " * ((len(text) - len(text.lstrip())) // 2)
    return indent + "".join(_LATEX.get(c) or _greek(c) for c in text.lstrip())


def _greek(letter: str) -> str:
    """Return a Greek letter as LaTeX's command for it, and other letters as they are.

    >>> _greek("σ"), _greek("Σ"), _greek("s")
    ('$\\\\sigma$', '$\\\\Sigma$', 's')
    """
    kind = re.fullmatch(
        "GREEK (SMALL|CAPITAL) LETTER (\\w+)", unicodedata.name(letter, "")
    )
    if kind is None:
        return letter
    name = kind[2].lower().replace("lamda", "lambda")
    return f"$\\{name if kind[1] == 'SMALL' else name.capitalize()}$"


def as_html(head: Sequence[str], rows: Rows, classes: Sequence[str] = ()) -> str:
    """Return a table in HTML, whose columns have styles: ``code``, ``value``, ``grad``.

    >>> as_html(("to",), [("<lambda>",)], ("value",))[-50:]
    ':#1a7f37">&lt;lambda&gt;</td></tr></tbody></table>'
    """
    styles = [_STYLES[name] for name in classes] or [_STYLES[""]] * len(head)
    top = "".join(f'<th style="{_PLAIN}">{escape(text)}</th>' for text in head)
    body = "".join(
        f"<tr>{''.join(map(_cell, row, styles))}</tr>" for row in rows
    )  # fmt: skip
    return f"<table><thead><tr>{top}</tr></thead><tbody>{body}</tbody></table>"


_PLAIN = "text-align:left;padding:2px 8px"
_STYLES = {
    "": _PLAIN,
    "code": f"{_PLAIN};font-family:monospace;white-space:pre",
    "value": f"{_PLAIN};color:#1a7f37",
    "grad": f"{_PLAIN};color:#b42318",
}


def _cell(text: str, style: str) -> str:
    return f'<td style="{style}">{escape(text)}</td>'

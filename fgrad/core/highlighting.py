"""A jaxpr in colours, as notebooks show it."""

from __future__ import annotations

import re
from html import escape

_COLOURS = {
    "word": "#cf222e",  # lambda, let, in
    "aval": "#57606a",
    "prim": "#8250df",
    "param": "#953800",
    "number": "#0550ae",
}
# Avals stand behind colons, primitives behind equals signs with spaces.
_TOKENS = re.compile(
    r"(?P<word>\b(?:lambda|let|in)\b)"
    r"|(?P<aval>(?<=[:<])[a-z]+\d*\*?\[[\d,]*\]|(?<=:)(?:bool|[a-z]+\d+)\b\*?)"
    r"|(?P<prim>(?<= = )\w+)"
    r"|(?P<param>\b\w+(?==))"
    r"|(?P<number>(?<![\w.])-?\d+(?:\.\d*)?(?:e[+-]?\d+)?\b)"
)


def highlighted(text: str) -> str:
    """Return the text of a jaxpr as HTML: keywords, avals, primitives, numbers.

    >>> highlighted("b:f64[3] = sin a")
    '<pre>b:<span style="color:#57606a">f64[3]</span> =
    <span style="color:#8250df">sin</span> a</pre>'
    """
    parts, end = [], 0
    for token in _TOKENS.finditer(text):
        colour = _COLOURS[token.lastgroup or "word"]
        parts.append(escape(text[end : token.start()], quote=False))
        inside = escape(token[0], quote=False)
        parts.append(f'<span style="color:{colour}">{inside}</span>')
        end = token.end()
    parts.append(escape(text[end:], quote=False))
    return f"<pre>{''.join(parts)}</pre>"

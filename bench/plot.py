# SPDX-License-Identifier: MIT
"""The figures as a picture: for each case a row of bars, a bar for each server, whiskers from the lowest to
the highest round."""
import math
import statistics
from html import escape

LABELS, PANEL, GAP, LINE = 130, 260, 110, 17  # pixels
MINE, OTHERS, WHISKER = "#0b6e4f", "#9db4c0", "#333333"


def _text(x, y, text, anchor="start", size=11, weight="normal"):
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}" font-size="{size}" font-weight="{weight}">{escape(text)}</text>'


def _bar(x, y, wide, colour):
    return f'<rect x="{x:.1f}" y="{y:.1f}" width="{max(wide, 0.5):.1f}" height="{LINE - 5}" fill="{colour}"/>'


def _whisker(x, y, low, high):
    middle = y + (LINE - 5) / 2
    return f'<line x1="{x + low:.1f}" y1="{middle:.1f}" x2="{x + high:.1f}" y2="{middle:.1f}" stroke="{WHISKER}"/>'


def _short(value):
    return f"{value / 1000:.1f} k" if value >= 10_000 else f"{value:.0f}" if value >= 100 else f"{value:.1f}"


def _time(us):
    return f"{us / 1000:.1f} ms" if us >= 1000 else f"{us:.0f} µs"


def _panel(x, y, title, values, base):
    """Bars that begin at zero. VALUES: server to the figures of its rounds."""
    most = max(max(of) for of in values.values()) or 1
    parts = [_text(x, y - 6, title, weight="bold")]
    for at, (server, of) in enumerate(values.items()):
        top, middle = y + at * LINE, statistics.median(of)
        scaled = [value / most * PANEL for value in (middle, min(of), max(of))]
        parts += [_bar(x, top, scaled[0], MINE if server == base else OTHERS), _whisker(x, top, *scaled[1:]),
                  _text(x + scaled[2] + 4, top + LINE - 7, _short(middle))]
    return parts


def _delay_panel(x, y, title, values, base):
    """Bars from p50 to p99 on a logarithmic scale; medians of the rounds."""
    told = {server: tuple(max(statistics.median(run[key] for run in of), 1) for key in ("p50", "p99"))
            for server, of in values.items()}
    low = 10 ** math.floor(math.log10(min(p50 for p50, _ in told.values())))
    high = max(p99 for _, p99 in told.values())
    place = PANEL / max(math.log10(high / low), 1)
    parts = [_text(x, y - 6, title, weight="bold")]
    for at, (server, (p50, p99)) in enumerate(told.items()):
        top, begin, end = y + at * LINE, math.log10(p50 / low) * place, math.log10(p99 / low) * place
        parts += [_bar(x + begin, top, end - begin, MINE if server == base else OTHERS),
                  _text(x + end + 4, top + LINE - 7, f"{_time(p50)} – {_time(p99)}")]
    return parts


def plot(headline, servers, cases, runs):
    """An SVG document."""
    base, row = servers[0], len(servers) * LINE + 60
    wide, tall = LABELS + 3 * (PANEL + GAP), 40 + row * len(cases)
    parts = [_text(10, 20, headline, size=12)]
    for number, (case, of_case) in enumerate(zip(cases, runs)):
        y = 40 + number * row + 40
        parts.append(_text(10, y - 24, case["name"], size=13, weight="bold"))
        parts += [_text(LABELS - 8, y + at * LINE + LINE - 7, server, "end") for at, server in enumerate(servers)]
        panels = [(_panel, "turns a second", lambda run: run["turns_per_second"]),
                  (_panel, "CPU per turn, µs", lambda run: run["cpu_us"]),
                  (_delay_panel, "first byte, p50 – p99 (logarithmic)", lambda run: run["first_byte_us"])]
        for at, (draw, title, of) in enumerate(panels):
            values = {server: [of(run) for run in of_case[server]] for server in servers}
            parts += draw(LABELS + at * (PANEL + GAP), y, title, values, base)
    body = "\n".join(parts)
    return (f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {wide} {tall}" width="{wide}" height="{tall}" '
            f'font-family="sans-serif">\n<rect width="100%" height="100%" fill="white"/>\n{body}\n</svg>\n')

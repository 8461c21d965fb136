# SPDX-License-Identifier: MIT
"""The marked blocks of a document.

    <!-- run: NAME -->           the fenced block below is a shell script that works when pasted
    <!-- prints: NAME -->        the fenced block below is what that script prints
    <!-- makes: NAME PATH -->    the fenced block below is the file that it leaves at PATH, whole

In what a script prints, … stands for anything, and a time in ms for any time."""
import re
from typing import NamedTuple

MARK = re.compile(r"<!-- (run|prints|makes): (\S+)(?: (\S+))? -->\n```[a-z+]*\n(.*?)^```$", re.MULTILINE | re.DOTALL)


class Block(NamedTuple):
    kind: str
    name: str
    path: str
    text: str


def blocks_of(document: str) -> list[Block]:
    found = [Block(kind, name, path or "", text) for kind, name, path, text in MARK.findall(document)]
    marks = len(re.findall(r"<!-- (?:run|prints|makes): ", document))
    if marks != len(found):
        raise SystemExit(f"{marks} marks, but only {len(found)} of them stand right above a fenced block")
    return found


def pattern_of(line: str) -> re.Pattern[str]:
    escaped = re.escape(line.rstrip()).replace("…", ".*")
    return re.compile(re.sub(r"[0-9]+(\\\.[0-9]+)?(\\ )ms\b", r"[0-9.]+\2ms", escaped))


def first_line_missing(shown: str, printed: str) -> str | None:
    """The first shown line that was not printed, in their order; None where all were."""
    lines = iter(printed.splitlines())
    for line in filter(str.strip, shown.splitlines()):
        pattern = pattern_of(line)
        if not any(pattern.fullmatch(candidate.rstrip()) for candidate in lines):
            return line
    return None

#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Is there something behind every relative link of every document, and behind every #heading?

usage: links.py ROOT"""
import functools
import pathlib
import re
import subprocess
import sys

FENCED = re.compile(r"^ *(```|~~~).*?^ *\1 *$", re.MULTILINE | re.DOTALL)
CODE = re.compile(r"`[^`\n]*`")
LINK = re.compile(r"\]\(<?([^)\s>]+)>?(?: \"[^\"]*\")?\)|^\[[^\]]+\]: *(\S+)", re.MULTILINE)
HEADING = re.compile(r"^#{1,6} +(.+?) *#*$", re.MULTILINE)
ELSEWHERE = re.compile(r"[a-z][a-z0-9+.-]*:", re.IGNORECASE)


def documents(root: pathlib.Path) -> list[pathlib.Path]:
    listed = subprocess.run(["git", "-C", root, "ls-files", "-co", "--exclude-standard", "*.md"], check=False, text=True, stdout=subprocess.PIPE)
    if listed.returncode == 0:
        return [root / name for name in listed.stdout.splitlines() if (root / name).exists()]
    return [path for path in root.rglob("*.md") if path.relative_to(root).parts[0] != "build"]  # a source archive


# As GitHub makes them: letters, digits, '-', '_', blanks to '-'; of twins the second gets "-1".
@functools.cache
def anchors(document: pathlib.Path) -> frozenset[str]:
    seen: dict[str, int] = {}
    found = set()
    for heading in HEADING.findall(FENCED.sub("", document.read_text())):
        text = re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", heading).replace("`", "").lower()
        anchor = re.sub(r"[^\w\- ]", "", text).replace(" ", "-")
        found.add(f"{anchor}-{seen[anchor]}" if anchor in seen else anchor)
        seen[anchor] = seen.get(anchor, 0) + 1
    return frozenset(found)


def fault(document: pathlib.Path, link: str) -> str | None:
    path, _, anchor = link.partition("#")
    target = document.parent / path if path else document
    if not target.exists():
        return "there is no such file"
    if anchor and target.suffix == ".md" and anchor not in anchors(target.resolve()):
        return "there is no such heading"
    return None


def main() -> None:
    root = pathlib.Path(sys.argv[1]).resolve()
    links = broken = 0
    for document in documents(root):
        text = CODE.sub("", FENCED.sub("", document.read_text()))
        for link in (inline or reference for inline, reference in LINK.findall(text)):
            if ELSEWHERE.match(link):
                continue
            links += 1
            if (why := fault(document, link)) is not None:
                broken += 1
                print(f"{document.relative_to(root)}: {link}: {why}")
    print(f"{links} relative links, {broken} broken")
    sys.exit(1 if broken or not links else 0)


if __name__ == "__main__":
    main()

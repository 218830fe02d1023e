"""Runs of digits that may identify a person, through the separators that people write between them.

* Eight digits or more without a break are suspect, whatever stands before or after.
* Groups of digits join into one run across up to six signs that are not letters (spaces, dots, dashes, slashes,
  underscores, brackets ...); a run, or some consecutive groups of it, that adds up to 8, 9 or 11 digits is suspect.
* Groups do not join across a comma with a space after it (a list: "2023, 2024"), except single digits dictated one
  by one; nor across `; % $ = < > ? ! + "`, nor across a letter ("3 de 5").
* `o`, `i` and `l` count as digits in a word that has digits and no other letter ("45678 9l2", "4567891O").
* What is honestly written with so many digits is set aside (`_HONEST_NUMBER`, `_HONEST_AFTER_WORD`): dates and times
  that can exist, years side by side, norms ("RM 1234-2024-PCM"), amounts with their currency, signed coordinates
  inside Peru with at most five decimals, free lines (0800), private network addresses, versions, UBIGEO codes,
  references of records. A coordinate with six decimals is refused on purpose: it has the shape of a DNI split by a
  dot, and it points at one house.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

Hit = tuple[str, int, int]
"""Kind, start and end in the text that was looked at."""

SUSPECT_LENGTHS = frozenset({8, 9, 11})
"""DNI and landline; CE, PTP, CPP and mobile; RUC and mobile with the country's 51."""

_LONGEST = max(SUSPECT_LENGTHS)
_JOINER = r"""[^0-9a-zà-öø-ÿ;%$=<>?!+"]"""
_EIGHT = re.compile(rf"[0-9](?:{_JOINER}{{0,6}}+[0-9]){{7}}")
_RUN = re.compile(rf"[0-9]++(?:{_JOINER}{{1,6}}+[0-9]++)*+")
_GROUP = re.compile("[0-9]+")
_LIST_COMMA = re.compile(r",\s|\s,")

_LOOKALIKE_HINT = re.compile("[0-9](?:[oil]|(?<=[oil][0-9]))")
_LOOKALIKE = re.compile(r"(?<![0-9a-zà-öø-ÿ])(?=[oil]*[0-9])(?=[0-9]*[oil])[0-9oil]++(?![a-zà-öø-ÿ])")
_AS_DIGITS = str.maketrans("oil", "011")

_DAY = "(?:0?[1-9]|[12][0-9]|3[01])"
_MONTH = "(?:0?[1-9]|1[0-2])"
_YEAR = "(?:19|20)[0-9]{2}"
_RECENT = "(?:19[5-9][0-9]|20[0-4][0-9])"
_CLOCK = "(?:[01]?[0-9]|2[0-3]):[0-5][0-9](?::[0-5][0-9])?"


_NO_MORE = r"(?![0-9])(?![-./,][0-9])"
_TIME = rf"(?<![0-9]:){_CLOCK}(?![0-9])(?!:[0-9])"


def _date(mark: str, year: str) -> str:
    """A date whose parts are joined by `mark`, in either order, alone in its run of that mark."""
    either = f"(?:{_DAY}{mark}{_MONTH}{mark}{year}|{_YEAR}{mark}{_MONTH}{mark}{_DAY})"
    return rf"(?<![0-9]{mark}){either}(?![0-9])(?!{mark}[0-9])"


_SLASHED = _date("/", f"(?:{_YEAR}|[0-9]{{2}})")
_DASHED = _date("-", f"(?:{_YEAR}|[0-9]{{2}})")
_DOTTED = _date(r"\.", _YEAR)
_WHEN = re.compile(f"{_SLASHED}|{_DASHED}|{_DOTTED}|{_TIME}")
_YEARS = rf"(?<![0-9][-./ ]){_RECENT}(?:[-/ ]{_RECENT})+{_NO_MORE}"
_FREE_LINE = rf"080[01][- ][0-9]{{1,2}}[- ]?[0-9]{{3}}{_NO_MORE}"
_HONEST_NUMBER = {
    ":": re.compile(_TIME),
    "/": re.compile(f"{_SLASHED}|{_YEARS}"),
    " ": re.compile(f"{_YEARS}|{_FREE_LINE}"),
    "-": re.compile(rf"{_DASHED}|{_YEARS}|(?<![0-9][-./])[0-9]{{1,6}}-{_RECENT}(?=[-/][a-z]{{2}})|{_FREE_LINE}"),
    ".": re.compile(
        rf"{_DOTTED}|192\.168\.[0-9]{{1,3}}\.[0-9]{{1,3}}{_NO_MORE}"
        r"|(?<=(?<![0-9a-z.])-)(?:1?[0-8]|9|6[89]|7[0-9]|8[01])\.[0-9]{1,5}(?![0-9])(?![-./ ][0-9])"
    ),
}
"""Honest by its own shape; tried where a group of digits begins, by the sign that follows the group."""

_HONEST_AFTER_WORD = re.compile(
    "|".join(
        (
            r"\b(?:ley|r\.?[mdsj]\.?|d\.?[ls]\.?|decreto|resoluci[oó]n|directiva|oficio|informe|memor[aá]ndum"
            r"|memorando|convenio|ordenanza|directoral|ministerial|supremo|jefatural|administrativa)"
            rf"[\s.:]{{0,3}}(?:n[º°o.\s]{{0,3}})?[0-9]{{1,6}}[-/]{_RECENT}(?![0-9])",
            rf"(?:s/\.?|us\$|\$) ?[0-9]{{1,3}}(?:,?[0-9]{{3}})?\.[0-9]{{2}}{_NO_MORE}",
            rf"\bip\W{{1,3}}(?:[0-9]{{1,3}}\.){{3}}[0-9]{{1,3}}{_NO_MORE}",
            r"\b(?:versi[oó]n|windows|firmware|build|driver|controlador) [0-9]{1,2}(?:\.[0-9]{1,5})+(?![0-9])",
            r"\bubigeos?\W{1,3}(?:0[1-9]|1[0-9]|2[0-5])[0-9]{4}(?![0-9])",
            r"(?<![a-z0-9])(?!dni|ruc|cel|tel|fon|nro|num|ptp|cpp|doc|ce[0-9])[a-z]{2,8}[0-9]{1,3}-[1-9][0-9]{0,6}"
            r"(?![0-9])(?![-./ ][0-9])",
        )
    )
)
"""Honest by the word before it; only asked of a text that looks suspect, since it reads the whole text."""


def is_when(text: str, start: int) -> bool:
    """Whether a date or a time that can exist begins at `start`, the first digit of a group."""
    return _WHEN.match(text, start) is not None


def joined(lengths: Sequence[int]) -> tuple[int, int] | None:
    """The first and last of consecutive groups, of these many digits, that make a suspect number; or None.

    All groups together when they make a RUC; then a single group of 8 or more; then all together; then the first few
    that add up.
    """
    if sum(lengths) == _LONGEST:
        return 0, len(lengths) - 1
    for index, length in enumerate(lengths):
        if length >= 8:
            return index, index
    if sum(lengths) in SUSPECT_LENGTHS:
        return 0, len(lengths) - 1
    for first in range(len(lengths)):
        total = 0
        for last in range(first, len(lengths)):
            total += lengths[last]
            if total in SUSPECT_LENGTHS:
                return first, last
            if total > _LONGEST:
                break
    return None


def kind_of(groups: Sequence[str]) -> str:
    """What the digits of these groups look like."""
    digits = "".join(groups)
    size = len(digits)
    if size == 8 or (size == 9 and len(groups) > 1 and len(groups[-1]) == 1 and digits[0] != "9"):
        return "dni"
    if size == 9:
        if digits[0] == "9":
            return "phone"
        return "landline" if len(groups) > 1 and digits[0] == "0" != digits[1] else "ce"
    if size == 11:
        return "phone" if digits.startswith("519") else "ruc"
    return "reference"


def _lists(run: re.Match[str]) -> Iterator[list[re.Match[str]]]:
    """The groups of a run, cut where a comma makes a list of it."""
    text = run.string
    groups: list[re.Match[str]] = []
    for group in _GROUP.finditer(text, run.start(), run.end()):
        if groups and _LIST_COMMA.search(text, groups[-1].end(), group.start()):
            single = groups[-1].end() - groups[-1].start() == group.end() - group.start() == 1
            if not single:
                yield groups
                groups = []
        groups.append(group)
    yield groups


def _without_honest(groups: list[re.Match[str]]) -> Iterator[list[re.Match[str]]]:
    """The groups that are left between honest numbers; nothing when there are too few digits to ask."""
    if sum(group.end() - group.start() for group in groups) < 8:
        return
    text = groups[0].string
    left: list[re.Match[str]] = []
    resume = 0
    for group in groups:
        if group.start() < resume:
            continue
        shapes = _HONEST_NUMBER.get(text[group.end() : group.end() + 1])
        honest = shapes and shapes.match(text, group.start())
        if honest:
            yield left
            left = []
            resume = honest.end()
        else:
            left.append(group)
    yield left


def _in_groups(groups: list[re.Match[str]]) -> Iterator[Hit]:
    while groups:
        found = joined([group.end() - group.start() for group in groups])
        if found is None:
            return
        first, last = found
        parts = groups[first : last + 1]
        yield kind_of([part.group() for part in parts]), parts[0].start(), parts[-1].end()
        groups = groups[last + 1 :]


def _in_runs(text: str) -> list[Hit]:
    if _EIGHT.search(text) is None:
        return []
    return [
        hit
        for run in _RUN.finditer(text)
        for groups in _lists(run)
        for left in _without_honest(groups)
        for hit in _in_groups(left)
    ]


def find(text: str) -> list[Hit]:
    """The suspect runs of digits of a plain text, from left to right."""
    if _LOOKALIKE_HINT.search(text):
        text = _LOOKALIKE.sub(lambda match: match.group().translate(_AS_DIGITS), text)
    hits = _in_runs(text)
    if not hits:
        return hits
    return _in_runs(_HONEST_AFTER_WORD.sub(lambda match: "x" * len(match.group()), text))

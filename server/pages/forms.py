"""Forms made from a kind's declaration: what to ask, how it was answered, and what is wrong with it.

The browser's own checks repeat the declaration's bounds for comfort; what counts is `Kind.problems`, at the office.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from itinerant.domain import words
from itinerant.domain.fields import Choice, Field, Kind, Problem, Type, Value
from itinerant.domain.words import NotUnderstood
from itinerant.texts import _

YES, NO = "true", "false"


@dataclass(frozen=True, slots=True)
class Input:
    """One field of a form: what is written in it now and, when it was not accepted, why. `options` is empty for text
    that is typed freely; `several` for boxes that may all be ticked."""

    field: Field
    text: str
    error: str
    options: Sequence[Choice]
    several: bool

    @property
    def ticked(self) -> frozenset[str]:
        """The boxes that are ticked."""
        return frozenset(self.text.split(", ")) if self.several else frozenset({self.text})


def blank(kind: Kind) -> dict[str, str]:
    """What a new form says before anybody writes: the declared defaults."""
    return {item.name: written(item, item.default) for item in kind.fields}


def written(field: Field, value: Value) -> str:
    """A value as the form shows it."""
    if isinstance(value, bool):
        return YES if value else NO
    if isinstance(value, list):
        return ", ".join(value)
    return words.editable(field, value)


def inputs(
    kind: Kind,
    texts: Mapping[str, str],
    problems: Iterable[Problem] = (),
    *,
    names: Mapping[str, Mapping[str, str]],
    fixed: frozenset[str] = frozenset(),
) -> list[Input]:
    """The fields to show. `names`: what the records of other kinds are called; `fixed`: fields left out."""
    wrong = {problem.field: problem.sentence for problem in problems}
    return [
        Input(
            item,
            texts.get(item.name, ""),
            wrong.get(item.name, ""),
            _options(item, names),
            item.type is Type.CODES and bool(item.choices),
        )
        for item in kind.fields
        if item.name not in fixed
    ]


def read(kind: Kind, answers: Mapping[str, Sequence[str]]) -> tuple[dict[str, Value], list[Problem]]:
    """The values of the fields that were answered, and what could not be understood."""
    values: dict[str, Value] = {}
    problems: list[Problem] = []
    for item in kind.fields:
        given = answers.get(item.name)
        if given is None:
            continue
        try:
            values[item.name] = _value(item, given)
        except NotUnderstood as error:
            problems.append(Problem(item.name, "type", str(error)))
    return values, problems


def _value(item: Field, given: Sequence[str]) -> Value:
    if item.type is Type.CODES:
        codes = [code.strip() for text in given for code in text.split(",") if code.strip()]
        return list(dict.fromkeys(codes)) or None
    text = given[-1]
    if item.type is Type.BOOLEAN:
        return {YES: True, NO: False}.get(text)
    return words.typed(item, text)


def _options(item: Field, names: Mapping[str, Mapping[str, str]]) -> Sequence[Choice]:
    if item.type is Type.BOOLEAN:
        return (Choice(YES, _("Sí")), Choice(NO, _("No")))
    if item.choices and not item.open:
        return item.choices
    if item.to in names and item.type is not Type.CODES:
        return tuple(
            Choice(code, f"{name} ({code})" if name != code else code) for code, name in names[item.to].items()
        )
    return ()

"""How a kind of record is declared, and how a value is checked against its declaration.

* A kind is declared once, as frozen `Field`s in a `Kind`; forms, validation, columns, tables, exports and the data
  dictionary are derived from it.
* Labels and help are Spanish source texts marked with `N_`: whoever shows them calls `_`.
* Values are what canonical JSON can say with integers only: text, integer, boolean, null, list of codes.
* `problems` answers with what is wrong, in words; it never raises for bad input.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from enum import StrEnum
from functools import cached_property, lru_cache

from itinerant.domain import guard
from itinerant.texts import _

Value = str | int | bool | list[str] | None
"""What a field can hold. Instants are milliseconds since 1970 UTC, money is hundredths of a sol (cents)."""

MAX_INTEGER = 2**53 - 1
"""Largest integer that every JSON reader keeps exactly (RFC 8785 section 3.2.2.3)."""

VOID = "void"
"""Reserved field of every kind: true when the record was annulled. Never a field of a declaration."""

_CODE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,31}\Z")
_REFERENCE = re.compile(r"[A-Z][A-Z0-9]{1,11}-[1-9][0-9]{0,6}\Z")
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}\Z")
_KEY = re.compile(r"[A-Za-z0-9_-]{43}\Z")


class Type(StrEnum):
    """The shape of a field's value."""

    TEXT = "text"
    CODE = "code"
    CHOICE = "choice"
    INTEGER = "integer"
    INSTANT = "instant"
    DATE = "date"
    BOOLEAN = "boolean"
    REFERENCE = "reference"
    CODES = "codes"
    KEY = "key"


@dataclass(frozen=True, slots=True)
class Choice:
    """One allowed (or, in an open field, suggested) value and its label."""

    value: str
    label: str


@dataclass(frozen=True)
class Field:
    """One field of a kind.

    `maximum` and `minimum` bound integers; `length` bounds text and the number of codes in a list; `unit` is the unit
    of an integer (`s`, `cents`, `min`, …). `open` lets a CHOICE or CODES field hold codes beyond `choices`. `to`
    names the kind that a REFERENCE (by record) or CODE (by the kind's code) points to. `source` is the article of
    the regulation that asks for it. `guarded` is false only where digits are by nature not a person's.
    """

    name: str
    type: Type
    label: str
    help: str = ""
    required: bool = False
    choices: tuple[Choice, ...] = ()
    open: bool = False
    minimum: int = 0
    maximum: int = MAX_INTEGER
    length: int = 120
    unit: str = ""
    pattern: str = ""
    to: str = ""
    source: str = ""
    guarded: bool = True
    default: Value = None

    @cached_property
    def allowed(self) -> frozenset[str]:
        """The values of `choices`."""
        return frozenset(choice.value for choice in self.choices)

    @cached_property
    def settled(self) -> frozenset[str]:
        """Values that need no further look: what most fields of most records hold."""
        return self.allowed if self.type is Type.CHOICE else frozenset()

    @cached_property
    def checker(self) -> Callable[[Field, Value], Problem | None]:
        """The check of this field's type."""
        return _CHECKS[self.type]

    @cached_property
    def matches(self) -> Callable[[str], object]:
        """Full-match test of a CODE: the field's own pattern or the general one."""
        return re.compile(self.pattern + r"\Z").match if self.pattern else _CODE.match

    def label_of(self, value: Value) -> str:
        """The Spanish label of a choice, or the value itself as text."""
        for choice in self.choices:
            if choice.value == value:
                return _(choice.label)
        return "" if value is None else str(value)


@dataclass(frozen=True, slots=True)
class Problem:
    """Why a value is not accepted. `code` is stable: `unknown_field`, `required`, `type`, `choice`, `bounds`,
    `length`, `pattern`, `personal_data`, `together`."""

    field: str
    code: str
    sentence: str


Rule = Callable[[Mapping[str, Value]], Iterable[Problem]]
"""A rule across the fields of one record."""


@dataclass(frozen=True)
class Kind:
    """A kind of record: name in code, labels for people, fields, rules across fields.

    `code_field` is the field by which people call a record of a catalogue (`code`), or empty. `office` kinds are
    written by the central office only. `brigade_wide` kinds travel to the brigade's other laptops; kinds of the
    office travel to all unless they carry a `brigade`.
    """

    name: str
    label: str
    plural: str
    fields: tuple[Field, ...]
    rules: tuple[Rule, ...] = ()
    code_field: str = ""
    office: bool = False
    source: str = ""
    by_name: Mapping[str, Field] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "by_name", {item.name: item for item in self.fields})

    def problems(self, values: Mapping[str, Value], *, partial: bool = False) -> list[Problem]:
        """What is wrong with `values`; empty when they may be stored.

        `partial` checks an amendment: only the fields present, no rule across fields.
        """
        found: list[Problem] = []
        by_name = self.by_name
        for name, value in values.items():
            declared = by_name.get(name)
            if declared is None:
                if name != VOID or not isinstance(value, bool):
                    found.append(Problem(name, "unknown_field", _("Este campo no existe en el formulario.")))
            elif value is not None:
                if type(value) is str and value in declared.settled:
                    continue
                problem = declared.checker(declared, value)
                if problem is not None:
                    found.append(problem)
            elif declared.required:
                found.append(_required(declared))
        if not partial:
            if not self.required.keys() <= values.keys():
                found.extend(_required(item) for item in self.required.values() if item.name not in values)
            if not found:
                for rule in self.rules:
                    found.extend(rule(values))
        return found

    @cached_property
    def required(self) -> Mapping[str, Field]:
        """Fields that every record must have, by name."""
        return {item.name: item for item in self.fields if item.required}


def unguarded(kind: Kind) -> Kind:
    """The kind as it is checked once a person said that what looks like somebody's data is not."""
    return replace(kind, fields=tuple(replace(item, guarded=False) for item in kind.fields))


def _required(declared: Field) -> Problem:
    return Problem(declared.name, "required", _("Falta «{label}».").format(label=_(declared.label)))


def check(declared: Field, value: Value) -> Problem | None:
    """What is wrong with one value that is not null, or None."""
    return declared.checker(declared, value)


def _problem(declared: Field, code: str, sentence: str) -> Problem:
    return Problem(declared.name, code, sentence)


def _wrong_type(declared: Field) -> Problem:
    return _problem(declared, "type", _("«{label}» tiene otro tipo de valor.").format(label=_(declared.label)))


def _personal(declared: Field, value: str) -> Problem | None:
    if not declared.guarded or guard.clean(value):
        return None
    return _problem(declared, "personal_data", guard.explain(guard.inspect(value)[0]))


def _text(declared: Field, value: Value) -> Problem | None:
    if not isinstance(value, str):
        return _wrong_type(declared)
    if not value.strip() or len(value) > declared.length or not _printable(value):
        sentence = _("«{label}» admite de 1 a {n} caracteres, en una línea.")
        return _problem(declared, "length", sentence.format(label=_(declared.label), n=declared.length))
    return _personal(declared, value)


def _printable(value: str) -> bool:
    return value.isprintable() or not any(ord(char) < 32 or 0xD800 <= ord(char) < 0xE000 for char in value)


def _code(declared: Field, value: Value) -> Problem | None:
    if not isinstance(value, str):
        return _wrong_type(declared)
    if not declared.matches(value):
        sentence = _("«{value}» no tiene la forma de «{label}».")
        return _problem(declared, "pattern", sentence.format(value=value[:40], label=_(declared.label)))
    return None if _is_clean_code(value) else _personal(declared, value)


@lru_cache(maxsize=4096)
def _is_clean_code(value: str) -> bool:
    """The guard's word on a code: the same few come by the thousand."""
    return guard.clean(value)


def _choice(declared: Field, value: Value) -> Problem | None:
    if not isinstance(value, str):
        return _wrong_type(declared)
    if value in declared.allowed:
        return None
    if declared.open:
        return _code(declared, value)
    sentence = _("«{value}» no es una opción de «{label}».")
    return _problem(declared, "choice", sentence.format(value=value[:40], label=_(declared.label)))


def _integer(declared: Field, value: Value) -> Problem | None:
    if type(value) is not int:
        return _wrong_type(declared)
    if declared.minimum <= value <= declared.maximum:
        return None
    sentence = _("«{label}» va de {low} a {high}.")
    words = sentence.format(label=_(declared.label), low=declared.minimum, high=declared.maximum)
    return _problem(declared, "bounds", words)


def _boolean(declared: Field, value: Value) -> Problem | None:
    return None if isinstance(value, bool) else _wrong_type(declared)


def _date(declared: Field, value: Value) -> Problem | None:
    if not isinstance(value, str):
        return _wrong_type(declared)
    try:
        if _DATE.match(value) and date.fromisoformat(value):
            return None
    except ValueError:
        pass  # the sentence below says it
    sentence = _("«{label}» lleva una fecha como 2026-11-23.")
    return _problem(declared, "pattern", sentence.format(label=_(declared.label)))


def _matching(pattern: re.Pattern[str]) -> Callable[[Field, Value], Problem | None]:
    def matcher(declared: Field, value: Value) -> Problem | None:
        if not isinstance(value, str):
            return _wrong_type(declared)
        if pattern.match(value):
            return None
        sentence = _("«{value}» no tiene la forma de «{label}».")
        return _problem(declared, "pattern", sentence.format(value=value[:40], label=_(declared.label)))

    return matcher


def _codes(declared: Field, value: Value) -> Problem | None:
    if not isinstance(value, list):
        return _wrong_type(declared)
    if len(value) > declared.length or len(set(map(str, value))) != len(value):
        sentence = _("«{label}» admite hasta {n} valores distintos.")
        return _problem(declared, "length", sentence.format(label=_(declared.label), n=declared.length))
    for item in value:
        problem = _choice(declared, item) if declared.choices else _code(declared, item)
        if problem is not None:
            return problem
    return None


_CHECKS: Mapping[Type, Callable[[Field, Value], Problem | None]] = {
    Type.TEXT: _text,
    Type.CODE: _code,
    Type.CHOICE: _choice,
    Type.INTEGER: _integer,
    Type.INSTANT: _integer,
    Type.DATE: _date,
    Type.BOOLEAN: _boolean,
    Type.REFERENCE: _matching(_REFERENCE),
    Type.CODES: _codes,
    Type.KEY: _matching(_KEY),
}


def is_reference(text: str) -> bool:
    """Whether `text` has the form of a record's number, `LOR07-123`: a device's code, a dash, 1 to 9,999,999."""
    return _REFERENCE.match(text) is not None

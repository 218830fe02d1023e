"""A report of a fault: what it says, what it never says, and who opens it."""

from __future__ import annotations

import json

import pytest

from itinerant.errors import Damaged
from itinerant.sync import fault_report
from itinerant.sync.keys import DeviceKeys


def a_fault() -> BaseException:
    passphrase = "frase muy secreta"
    try:
        try:
            raise ValueError(passphrase)
        except ValueError as cause:
            raise ZeroDivisionError(passphrase) from cause
    except ZeroDivisionError as error:
        return error


def test_only_the_office_opens_it_and_it_quotes_nothing() -> None:
    keys = DeviceKeys.generate()
    sealed = fault_report.seal(fault_report.describe(a_fault(), screen="VisitScreen"), keys.public.seal)
    assert b"VisitScreen" not in sealed
    report = fault_report.unseal(sealed, keys.seal)
    assert [fault["type"] for fault in report["faults"]] == ["ZeroDivisionError", "ValueError"]
    assert "a_fault" in report["faults"][0]["places"][0]
    assert report["screen"] == "VisitScreen"
    assert report["parts"]["itinerant"]
    assert "secreta" not in json.dumps(report)
    with pytest.raises(Damaged, match="otra oficina"):
        fault_report.unseal(sealed, DeviceKeys.generate().seal)


@pytest.mark.parametrize("spoil", [lambda data: data[:-1], lambda data: b"X" + data[1:], lambda data: data[:4]])
def test_what_is_no_report_is_refused(spoil: object) -> None:
    keys = DeviceKeys.generate()
    sealed = fault_report.seal(fault_report.describe(a_fault()), keys.public.seal)
    with pytest.raises(Damaged):
        fault_report.unseal(spoil(sealed), keys.seal)  # type: ignore[operator]

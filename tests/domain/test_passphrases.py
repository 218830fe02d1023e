"""The passphrase policy, as a table."""

import pytest

from itinerant.domain.passphrases import prepared, weak


@pytest.mark.parametrize(
    "passphrase",
    [
        "caballo batería grapa correcto",
        "rio luz mono sol",
        "quince-letras-x",
        "Ñandú águila cóndor wáyra",
        "a1b2c3d4e5f6g7h8",
        "  el perro azul corre  ",
        "unafraselargasinespacios",
    ],
)
def test_enough(passphrase: str) -> None:
    assert weak(passphrase) == ""


@pytest.mark.parametrize(
    "passphrase",
    [
        "",
        "corta",
        "catorce letras",
        "a b c d e",
        "uno dos tres",
        "sol sol sol sol",
        "aaaaaaaaaaaaaaaaaaaa",
        "abababababababababab",
        "123456789012345",
        "abcdefghijklmnopqrs",
        "987654321098765",
        "caballocaballocaballo",
        "               ",
        "x" * 300,
    ],
)
def test_not_enough_and_says_why(passphrase: str) -> None:
    assert weak(passphrase).endswith(".")


def test_the_same_phrase_typed_on_another_keyboard() -> None:
    assert prepared("batería\u2003roja\r\n") == prepared("bateri\u0301a roja")
    assert prepared("Batería roja") != prepared("batería roja")

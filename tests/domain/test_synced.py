"""What a sync did and would do, in words."""

import pytest

from itinerant.domain.synced import foreseen, of_kind, outcome, size, told
from itinerant.store.office.tries import Try

AT = 1_795_440_120_000  # 23/11/2026 08:22 in Peru


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ((142, 0, 4_100, 12.4), "142 atenciones, 4.1 KB, unos 12 s a la última velocidad"),
        ((1, 1, 400, 0.1), "1 atención y 1 cambio más, 400 B, unos 1 s a la última velocidad"),
        ((0, 3, 2_500_000, 600.0), "3 cambios, 2.5 MB, unos 10 min a la última velocidad"),
        ((0, 0, 350, 1.0), "Nada por enviar, 350 B, unos 1 s a la última velocidad"),
        ((2, 0, 400, None), "2 atenciones, 400 B; cuánto tarda no se sabe, aún no hay mediciones"),
    ],
)
def test_what_would_travel(given, words):
    assert foreseen(*given) == words


def test_sizes_and_counts_of_kinds():
    assert [size(n) for n in (0, 999, 1_000, 999_949, 999_950)] == ["0 B", "999 B", "1.0 KB", "999.9 KB", "1.0 MB"]
    assert of_kind("session", True, 1) == "1 atención"
    assert of_kind("session", True, 12) == "12 atenciones"
    assert of_kind("session", False, 2) == "2 correcciones de atención"
    assert of_kind("of another version", True, 2) == "2 of another version"


def test_every_way_to_end_has_its_sign_and_its_sentence():
    done = Try(AT, AT + 4_000, sent=12, received=1, bytes_up=2_000, bytes_down=300)
    assert told(done) == "23/11/2026 08:22 · ✓ Al día: 12 enviados, 1 recibido · 2.3 KB · 4 s"
    lost = Try(AT, AT + 3_600_000, "no_network", "No hay red.", automatic=True, times=14)
    assert told(lost) == "23/11/2026 08:22 a 09:22 · ! No hay red · 0 B · 14 veces · automática"
    assert outcome(Try(AT, AT, "stopped", sent=1)) == "Detenida por usted: 1 enviado"
    assert outcome(Try(AT, AT, "cut", "Se cortó.", sent=2)) == "! Se cortó (2 enviados)"
    assert outcome(Try(AT, AT)) == "✓ Al día: nada nuevo"

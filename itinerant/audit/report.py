"""What a verification found: facts that hold, findings that do not, and the words and numbers to say so.

* A `Finding` names what is wrong (`code`, stable), where (file, row, change) and says it in Spanish.
* Nothing is green by silence: a report passes only when it checked at least one change and found nothing wrong.
* Authentic is more than coherent: it needs a key that did not come in the export itself.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field

MAX_FINDINGS = 200
"""Findings that are listed one by one; the rest are counted."""


@dataclass(frozen=True)
class Finding:
    """One thing that is wrong. `row` counts from 1 in `file`, 0 when it is about the whole file."""

    code: str
    sentence: str
    file: str = ""
    row: int = 0
    change: str = ""

    def line(self) -> str:
        """The finding for a person."""
        where = [self.file] if self.file else []
        if self.row:
            where.append(f"fila {self.row}")
        if self.change:
            where.append(f"cambio {self.change}")
        place = f"{', '.join(where)}: " if where else ""
        return f"✗ {place}{self.sentence} [{self.code}]"


class Broken(Exception):
    """A file cannot be read on; carries the finding that says why."""

    def __init__(self, code: str, sentence: str, file: str = "", row: int = 0, change: str = "") -> None:
        super().__init__(sentence)
        self.finding = Finding(code, sentence, file, row, change)


@dataclass
class Report:
    """The outcome of one verification; `facts` are sentences, `counts` numbers, both of what was checked."""

    export: str = ""
    authentic: bool = False
    findings: list[Finding] = field(default_factory=list)
    omitted: int = 0
    facts: list[str] = field(default_factory=list)
    limits: list[str] = field(default_factory=list)
    counts: dict[str, int] = field(default_factory=dict)

    def add(self, code: str, sentence: str, file: str = "", row: int = 0, change: str = "") -> None:
        """Note something wrong."""
        if len(self.findings) < MAX_FINDINGS:
            self.findings.append(Finding(code, sentence, file, row, change))
        else:
            self.omitted += 1

    @property
    def checked(self) -> int:
        """Changes that were looked at."""
        return self.counts.get("checked", 0)

    @property
    def ok(self) -> bool:
        """Whether everything that was looked at holds, and there was something to look at."""
        return not self.findings and self.checked > 0

    @property
    def verdict(self) -> str:
        """One word for machines: `altered`, `nothing_checked`, `coherent` or `authentic`."""
        if self.findings:
            return "altered"
        if not self.checked:
            return "nothing_checked"
        return "authentic" if self.authentic else "coherent"

    def to_json(self) -> str:
        """The report as one JSON document."""
        whole = {"ok": self.ok, "verdict": self.verdict, **asdict(self)}
        return json.dumps(whole, ensure_ascii=False, indent=1)

    def to_text(self) -> str:
        """The report for a person."""
        lines = [f"Exportación: {self.export}"]
        if self.findings:
            lines.append(f"· Se revisaron {self.checked} cambios y {self.counts.get('records', 0)} registros.")
        else:
            lines += [f"✓ {fact}" for fact in self.facts]
        lines += [f"· {limit}" for limit in self.limits]
        lines += [finding.line() for finding in self.findings]
        if self.omitted:
            lines.append(f"✗ … y {self.omitted} hallazgos más.")
        lines += ["", VERDICTS[self.verdict]]
        return "\n".join(lines)


VERDICTS = {
    "altered": "RESULTADO: NO CONFORME. Arriba está qué no coincide y dónde.",
    "nothing_checked": "RESULTADO: NADA QUE COMPROBAR. La exportación no trae ningún cambio: esto no prueba nada.",
    "coherent": (
        "RESULTADO: COHERENTE, SIN AUTENTICAR. Solo se probó que el archivo no se contradice. Para saber que viene de "
        "la oficina, repita con --key y la llave que la oficina publicó por otra vía."
    ),
    "authentic": "RESULTADO: CONFORME. El archivo viene de la oficina de esa llave y nada fue alterado.",
}

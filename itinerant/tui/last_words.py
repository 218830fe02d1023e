"""What is done and said when a fault on the screen's own thread ends the program.

* What is being written is kept as a draft, and a report that only the office opens is left where papers go.
* Each step may fail as well, disk or program: the words come all the same, and say what was done.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from itinerant.errors import ItinerantError
from itinerant.texts import _
from itinerant.tui.work import attempt, unexpected

if TYPE_CHECKING:
    from itinerant.tui.app import ItinerantApp
    from itinerant.tui.drafts import DraftKeeper


def last_words(app: ItinerantApp, error: BaseException | None) -> str:
    """Keep what can be kept, and the words to leave on the terminal."""
    fault = unexpected(error) if isinstance(error, Exception) else ItinerantError(_("El programa se detuvo."))
    found: list[DraftKeeper | None] = [getattr(screen, "keeper", None) for screen in app.screen_stack]
    keepers = [keeper for keeper in found if keeper is not None]
    lost = [attempt(keeper.save_now)[1] for keeper in keepers]
    report = attempt(lambda: _report(app, fault))[0] if app.unlocked else None
    fault.next_step = _("Si se repite, anote este código para el área de TI.")
    lines = [str(fault)]
    if keepers:
        lines.append(_("! No se pudo guardar el borrador.") if any(lost) else _("✓ Lo que escribía quedó en borrador."))
    if report is not None:
        lines.append(_("✓ Informe sellado para el área de TI: {path}").format(path=report))
    lines.append(_("› Abra el programa de nuevo para seguir."))
    return "\n".join(lines)


def _report(app: ItinerantApp, fault: ItinerantError) -> Path:
    """Write the report among the documents, or wherever there is room."""
    laptop, desk = app.laptop, app.desk
    about = {"device": laptop.device, "screen": type(app.screen).__name__, "place": fault.place}
    sealed = desk.seal_report(laptop, fault.__cause__ or fault, about)
    name = report_name(app)
    problem: ItinerantError | None = None
    for folder, _words in desk.folders():
        paths, problem = attempt(lambda folder=folder: desk.put(folder, {name: sealed}))  # type: ignore[misc]
        if paths:
            return paths[0]
    raise problem or ItinerantError(_("No hay dónde escribir el informe."))


def report_name(app: ItinerantApp) -> str:
    """The name of the file of a report of now."""
    return f"falla-{app.laptop.device}-{app.now_ms() // 1000}.ifr"

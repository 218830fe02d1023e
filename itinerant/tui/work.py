"""The one door between the screen and what may make it wait: disk, ciphers, network.

* A job runs in a thread and touches no widget; what it found comes back as a message to the node that asked, and its
  handler (`then`) runs on the screen's own thread. A node that is gone hears nothing.
* `ItinerantError`s come back to `otherwise`, or to the app, which shows them.
* Any other exception is a fault of the program: it becomes an `ItinerantError` too, so that no trace ever reaches a
  person and the work goes on. This is the screen's only broad `except`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeVar

from itinerant.errors import ItinerantError
from itinerant.texts import _

if TYPE_CHECKING:
    from textual.dom import DOMNode
    from textual.worker import Worker

T = TypeVar("T")

UNEXPECTED = "unexpected"
"""Code of the error that stands for a fault of the program."""


def ask(
    node: DOMNode,
    job: Callable[[], T],
    then: Callable[[T], Any],
    *,
    otherwise: Callable[[ItinerantError], Any] | None = None,
    group: str = "work",
    exclusive: bool = False,
) -> Worker[None]:
    """Run `job` in a thread for `node`, then `then(result)` on the screen's thread.

    `exclusive` forgets the answers of earlier jobs of the same `group` and node (they still run to their end).
    """
    failed = otherwise or node.app.show_error  # type: ignore[attr-defined]  # our App; Textual types the base class

    def run() -> None:
        result, error = attempt(job)
        answer(then, result) if error is None else answer(failed, error)

    def answer(handler: Callable[[Any], Any], what: object) -> None:
        def tell() -> None:
            handler(what)  # its result is dropped: Textual would wait for a screen that it closes

        if not worker.is_cancelled:
            node.call_later(tell)

    worker = node.run_worker(run, thread=True, group=group, exclusive=exclusive)
    return worker


def attempt(job: Callable[[], T]) -> tuple[T | None, ItinerantError | None]:
    """What a job came to, or what went wrong in words."""
    try:
        return job(), None
    except ItinerantError as error:
        return None, error
    except Exception as error:  # noqa: BLE001 - the door: see the module's rules
        return None, unexpected(error)


def unexpected(error: Exception) -> ItinerantError:
    """The words for a fault of the program. Its message may quote data, so only the type and the place are named."""
    place = ""
    trace = error.__traceback__
    while trace is not None:
        place = f"{trace.tb_frame.f_globals.get('__name__', '?')}:{trace.tb_lineno}"
        trace = trace.tb_next
    words = ItinerantError(
        _("El programa encontró una falla que no esperaba."),
        safe=_("Lo que ya decía «Guardado» sigue guardado."),
        next_step=_("Puede seguir trabajando; si se repite, anote este código para el área de TI."),
        place=f"{type(error).__name__} {place}",
        code=UNEXPECTED,
    )
    words.__cause__ = error
    return words

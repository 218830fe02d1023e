"""A laptop that is not as it should be: what happened, what is safe and what to do, for commands and screens alike.

* Two witnesses: what the office said last of the laptop (its state), and what the laptop saw of its own past (restored,
  copied). The office's word comes first.
* Recording may go on in every one of them: nothing that was saved is lost. What changes is when it counts.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from itinerant.texts import N_, _


@dataclass(frozen=True, slots=True)
class Condition:
    """In the person's words. `code` is stable: a state of the office's, `restored`, `copied` or `history`; `renews`: a
    file of the office that replaces the code ends it."""

    code: str
    title: str
    happened: str
    safe: str
    steps: tuple[str, ...]
    renews: bool = True


_ASK = N_("Pida al área de TI de la oficina un archivo que reemplace el código {device}.")
_TAKE = N_("Cuando lo tenga, úselo en esta misma laptop: conserva todo y recibe un código nuevo.")
_GO_ON = N_("Mientras tanto puede seguir registrando: todo viajará con el código nuevo.")

_SAFE = N_("Todo lo guardado está aquí, y la oficina conserva cada cambio que recibió.")

_CONDITIONS: Mapping[str, tuple[str, str, tuple[str, ...]]] = {
    "frozen": (
        N_("La oficina observa esta laptop"),
        N_(
            "A la oficina le llegaron dos registros distintos con el código {device}: se copió la carpeta y se usan las"
            " dos, o se volvió a una copia anterior y se siguió. Lo nuevo se guarda, y no cuenta hasta que esta laptop"
            " tenga un código propio."
        ),
        (_ASK, _TAKE, _GO_ON, N_("Si hay otra laptop con el mismo código, la otra también necesita uno.")),
    ),
    "revoked": (
        N_("La oficina revocó esta laptop"),
        N_("Lo que se registra desde entonces se guarda aparte y no cuenta."),
        (N_("Comuníquese con la oficina antes de seguir registrando."), _ASK, _TAKE),
    ),
    "lost": (
        N_("La oficina tiene esta laptop por perdida"),
        N_("Lo que se registra desde el aviso se guarda aparte y no cuenta."),
        (N_("Avise a la oficina que la encontró, y diga quién la tuvo."), _ASK, _TAKE),
    ),
    "retired": (
        N_("El código de esta laptop ya no se usa"),
        N_("Otra laptop sigue con este registro, o la oficina dio de baja el código {device}."),
        (_ASK, _TAKE, _GO_ON),
    ),
    "restored": (
        N_("Los datos son anteriores a los de la última vez"),
        N_(
            "Se puso una copia anterior en lugar de la carpeta, o un apagón se llevó el final. Lo que falta puede estar"
            " en la oficina; lo nuevo tomaría los mismos números."
        ),
        (
            N_("Sincronice: la oficina dice qué tiene de esta laptop."),
            _ASK,
            _TAKE,
            N_("Si guarda la carpeta más reciente, no la use: dos laptops no comparten un código."),
        ),
    ),
    "copied": (
        N_("Esta carpeta se copió o se movió"),
        N_("Los datos están en otro lugar que la última vez."),
        (
            N_("Si solo la movió, sincronice: el aviso desaparece."),
            N_("Si la otra copia se sigue usando, deje de usar una de las dos y avise a la oficina."),
        ),
    ),
}


def condition(state: str, past: str, device: str, history: str = "") -> Condition | None:
    """What is the matter with a laptop; None when all is well. `state`: the office's word; `past`: the laptop's;
    `history`: what is wrong with the office's own ledger, in words, empty for nothing."""
    code = state if state in _CONDITIONS else past
    if code not in _CONDITIONS:
        return _rewritten(history) if history else None
    title, happened, steps = _CONDITIONS[code]
    return Condition(
        code=code,
        title=_(title),
        happened=_(happened).format(device=device),
        safe=_(_SAFE),
        steps=tuple(_(step).format(device=device) for step in steps),
        renews=code != "copied",
    )


def _rewritten(history: str) -> Condition:
    return Condition(
        code="history",
        title=_("El registro de la oficina no es el que esta laptop vio"),
        happened=history,
        safe=_(_SAFE),
        steps=(
            _("Siga registrando y sincronizando: nada de lo suyo cambia."),
            _("Avise al responsable, y a quien audita: «itinerant witness show» da los dos sellos como prueba."),
            _("Pida a la oficina una explicación por escrito. Si restauró una copia, debe decir cuándo y por qué."),
            _("Con la explicación, el responsable da por vista la alarma: «itinerant witness restart --why MOTIVO»."),
        ),
        renews=False,
    )

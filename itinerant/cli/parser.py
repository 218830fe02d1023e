"""What may be written after `itinerant`: one module a verb.

* A verb's module has `arguments(parser)`; only the modules of the verbs that were written are imported: the help of all
  of them answers in the time that Python takes to start.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from importlib import import_module

from itinerant import argparse_es
from itinerant.cli import screen
from itinerant.cli.arguments import Parser, Verbs, global_options
from itinerant.texts import N_, _

VERBS: Mapping[str, str] = {
    "demo": N_("oficina local, laptop inscrita y datos de ejemplo, para probar"),
    "enrol": N_("inscribe esta laptop con el archivo que dio la oficina"),
    "person": N_("personas con acceso a esta laptop"),
    "card": N_("lectores, tarjetas del personal y de quien se atiende"),
    "recover": N_("pide a la oficina abrir una laptop cuya frase nadie sabe"),
    "visit": N_("jornadas: abrir, cerrar, listar"),
    "session": N_("atenciones: registrar, listar, corregir, anular"),
    "record": N_("registros de cualquier clase: listar, registrar, corregir, anular"),
    "sync": N_("envía lo pendiente y trae lo nuevo de la oficina"),
    "parcel": N_("lo mismo por memoria USB: escribir envíos, leer constancias"),
    "status": N_("qué falta enviar y qué recibió la oficina"),
    "conflict": N_("conflictos: listar, resolver, deshacer lo decidido"),
    "duplicate": N_("atenciones que dos laptops quizá anotaron dos veces"),
    "notice": N_("avisos: qué fue de lo que usted registró"),
    "kiosk": N_("agente automatizado: la pantalla para el público, sin personal"),
    "sign": N_("firma con tarjeta el acta de una jornada, o el PDF de una persona"),
    "check-signature": N_("comprueba las firmas de un PDF o XML, sin conexión"),
    "settings": N_("colores, idioma y tiempo hasta bloquearse"),
    "doctor": N_("revisa registro, base de datos, reloj y equipos"),
    "witness": N_("qué vio esta laptop del registro de la oficina, y si fue reescrito"),
    "verify": N_("verifica una exportación del auditor, sin conexión"),
}


def build(written: Sequence[str]) -> Parser:
    """The command line, complete for the verbs among the words that were `written`."""
    argparse_es.speak()
    parser = Parser(
        prog="itinerant",
        description=_("Cuaderno de una brigada itinerante. Sin ninguna orden abre la pantalla."),
        parents=[global_options()],
    )
    parser.add_argument("--version", action="store_true", help=_("muestra la versión y termina"))
    parser.set_defaults(run=screen.run)
    verbs = Verbs(parser, required=False)
    for name, summary in VERBS.items():
        verb = verbs.add(name, _(summary))
        if name in written:
            import_module(f"itinerant.cli.{name.replace('-', '_')}").arguments(verb)
    return parser

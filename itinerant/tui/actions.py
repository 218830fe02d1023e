"""Every action of the screen, once: its keys, its label, its help. The key bar, the menu (palette), the F1 help and the
bindings of each screen read this registry.

* Keys suit Spanish keyboards: function keys, Ctrl with letters that terminals leave alone, plain letters only where no
  text is typed. F1 and F10 have twins, since some terminals keep them for themselves.
* A plain letter is bound in both cases: Caps Lock changes nothing.
* `id` is stable: a person can give an action other keys by it.
"""

from __future__ import annotations

from dataclasses import dataclass

from textual.binding import Binding, BindingType

from itinerant.texts import N_


@dataclass(frozen=True, slots=True)
class Action:
    """One thing that a person can do. `keys` are Textual's names, the first one is shown; `run` is the name of the
    method; `shown` puts it in the key bar; `group` is its heading in the help."""

    id: str
    keys: tuple[str, ...]
    label: str
    help: str
    group: str
    run: str
    shown: bool = True
    priority: bool = False


EVERYWHERE = N_("En todas las pantallas")
DAY = N_("La jornada")
FORM = N_("Formularios")
LIST = N_("Listas")
SYNC = N_("Sincronización")
SELF_SERVICE = N_("Agente automatizado")

_ALL = (
    Action("help", ("f1", "ctrl+g"), N_("Ayuda"), N_("Muestra las teclas de esta pantalla."), EVERYWHERE, "app.help"),
    Action(
        "menu",
        ("ctrl+p", "f10"),
        N_("Menú"),
        N_("Busca por su nombre todo lo que se puede hacer aquí."),
        EVERYWHERE,
        "app.command_palette",
        priority=True,
    ),
    Action(
        "back",
        ("escape",),
        N_("Volver"),
        N_("Vuelve un paso. Lo que estaba escribiendo queda en borrador."),
        EVERYWHERE,
        "back",
    ),
    Action(
        "lock",
        ("ctrl+b",),
        N_("Bloquear"),
        N_("Cierra la bóveda y pide la frase de nuevo. El borrador queda a salvo."),
        EVERYWHERE,
        "app.lock",
        shown=False,
    ),
    Action(
        "theme",
        ("ctrl+t",),
        N_("Cambiar colores"),
        N_("Pasa de claro a oscuro y a alto contraste, para el sol."),
        EVERYWHERE,
        "app.next_theme",
        shown=False,
    ),
    Action(
        "language",
        ("ctrl+y",),
        N_("Cambiar idioma"),
        N_("Pasa de castellano a quechua y a inglés; el borrador queda a salvo."),
        EVERYWHERE,
        "app.next_language",
        shown=False,
    ),
    Action(
        "quit",
        ("ctrl+q",),
        N_("Salir"),
        N_("Cierra el programa. El borrador queda a salvo."),
        EVERYWHERE,
        "app.leave",
        shown=False,
        priority=True,
    ),
    Action("leave", ("escape",), N_("Salir"), N_("Cierra el programa."), EVERYWHERE, "app.leave"),
    Action("new_session", ("n",), N_("Nueva"), N_("Empieza una atención y su cronómetro."), DAY, "new_session"),
    Action("open_visit", ("a",), N_("Abrir jornada"), N_("Abre la jornada de hoy en un punto."), DAY, "open_visit"),
    Action(
        "close_visit",
        ("c",),
        N_("Cerrar"),
        N_("Cierra la jornada; sus totales quedan en el acta."),
        DAY,
        "close_visit",
    ),
    Action(
        "verify", ("v",), N_("Verificar"), N_("Comprueba equipos y normas de la jornada."), DAY, "verify", shown=False
    ),
    Action(
        "undo",
        ("z",),
        N_("Deshacer"),
        N_("Deshace lo último que se guardó; queda en la historia."),
        DAY,
        "undo",
        shown=False,
    ),
    Action(
        "skip",
        ("ctrl+x",),
        N_("Omitir"),
        N_("Abre la jornada sin verificar; pide el motivo."),
        FORM,
        "skip",
        shown=False,
        priority=True,  # a field would cut its text
    ),
    Action(
        "save_paper", ("ctrl+s", "g"), N_("Guardar archivos"), N_("Escribe el acta en texto y PDF."), DAY, "save_paper"
    ),
    Action("sign", ("f",), N_("Firmar"), N_("Firma con la tarjeta que está en el lector; pide su PIN."), DAY, "sign"),
    Action("check_file", ("v",), N_("Comprobar"), N_("Comprueba las firmas del documento."), LIST, "check_file"),
    Action(
        "device_state",
        ("w",),
        N_("Inscripción"),
        N_("Qué pasa con esta laptop ante la oficina, y qué hacer."),
        DAY,
        "device_state",
        shown=False,
    ),
    Action("renew", ("t",), N_("Código nuevo"), N_("Toma el código nuevo por la red."), SYNC, "renew"),
    Action("renew_out", ("e",), N_("Memoria"), N_("Escribe la solicitud en una memoria."), SYNC, "renew_out"),
    Action("renew_in", ("l",), N_("Respuesta"), N_("Lee de la memoria la respuesta."), SYNC, "renew_in"),
    Action("previous_report", ("left",), N_("Anterior"), N_("El reporte anterior."), LIST, "previous_report"),
    Action("next_report", ("right",), N_("Siguiente"), N_("El reporte siguiente."), LIST, "next_report"),
    Action("look_again", ("n",), N_("Revisar otra vez"), N_("Revisa todo de nuevo."), LIST, "look_again"),
    Action(
        "places",
        ("r",),
        N_("Más"),
        N_("Incidencias, costos, aliados, recursos, reportes y todo lo demás."),
        DAY,
        "places",
    ),
    Action(
        "new_incident",
        ("i",),
        N_("Nueva incidencia"),
        N_("Anota lo que falló, para el área de TI."),
        DAY,
        "new_incident",
        shown=False,
    ),
    Action("go", ("enter",), N_("Ir"), N_("Va al lugar señalado; su letra también."), LIST, "go"),
    Action("new_record", ("n",), N_("Nuevo"), N_("Escribe un registro nuevo de esta lista."), LIST, "new_record"),
    Action("sync", ("s",), N_("Sincronizar"), N_("Envía lo pendiente a la oficina y trae lo nuevo."), DAY, "sync"),
    Action(
        "conflicts",
        ("d",),
        N_("Diferencias"),
        N_("Muestra los datos que dos equipos escribieron distinto, para decidir."),
        DAY,
        "conflicts",
        shown=False,
    ),
    Action("open_record", ("enter",), N_("Ver"), N_("Abre lo señalado: datos e historia."), LIST, "open_record"),
    Action("filter", ("b",), N_("Buscar"), N_("Filtra la lista por cualquier palabra."), LIST, "filter", shown=False),
    Action("amend", ("m",), N_("Modificar"), N_("Corrige; pide el motivo y guarda ambas versiones."), LIST, "amend"),
    Action("void", ("x",), N_("Anular"), N_("Anula; pide el motivo. Nada se borra."), LIST, "void"),
    Action("unvoid", ("r",), N_("Recuperar"), N_("Quita la anulación; pide el motivo."), LIST, "unvoid"),
    Action("acta", ("t",), N_("Acta"), N_("Los totales de la jornada, para firmar y llevar."), DAY, "acta"),
    Action("report", ("g",), N_("Reporte"), N_("La jornada en cifras y barras."), DAY, "report", shown=False),
    Action("save", ("ctrl+s",), N_("Guardar"), N_("Guarda; «Guardado» sale cuando ya está en el disco."), FORM, "save"),
    Action(
        "jump", ("f3", "ctrl+l"), N_("Ir a un campo"), N_("Va a un campo por su nombre."), FORM, "jump", shown=False
    ),
    Action(
        "details", ("f4", "ctrl+o"), N_("Más datos"), N_("Muestra u oculta los datos menos usados."), FORM, "details"
    ),
    Action(
        "discard",
        ("ctrl+x",),
        N_("Descartar"),
        N_("Borra el borrador, después de preguntar."),
        FORM,
        "discard",
        shown=False,
        priority=True,  # a field would cut its text
    ),
    Action(
        "another_value",
        ("o",),
        N_("Otro valor"),
        N_("Escribe un valor distinto de los que hay; pide el motivo."),
        LIST,
        "another_value",
    ),
    Action(
        "stick",
        ("u",),
        N_("Memoria USB"),
        N_("Lleva los envíos en una memoria, a la oficina o a otra laptop, y lee lo que trae."),
        SYNC,
        "stick",
        shown=False,
    ),
    Action("write_stick", ("e",), N_("Escribir"), N_("Escribe en la memoria los envíos."), SYNC, "write_stick"),
    Action("read_stick", ("l",), N_("Leer"), N_("Lee constancias y lo de otras laptops."), SYNC, "read_stick"),
    Action("other_folder", ("o",), N_("Otra carpeta"), N_("Escribe en qué carpeta."), SYNC, "other_folder"),
    Action(
        "add_person", ("a",), N_("Dar acceso"), N_("Da acceso a otra persona, con su propia frase."), LIST, "add_person"
    ),
    Action(
        "remove_person",
        ("x",),
        N_("Quitar"),
        N_("Quita el acceso a la persona señalada y cambia la llave del cuaderno."),
        LIST,
        "remove_person",
    ),
    Action(
        "change_passphrase",
        ("f",),
        N_("Mi frase"),
        N_("Cambia su frase de acceso; pide primero la de ahora."),
        LIST,
        "change_passphrase",
    ),
    Action(
        "decided", ("h",), N_("Decididas"), N_("Pasa de las abiertas a las ya decididas, y vuelve."), LIST, "decided"
    ),
    Action(
        "undo_decision",
        ("z",),
        N_("Deshacer"),
        N_("Vuelve al valor que se mostraba antes; pide el motivo, y queda en la historia."),
        LIST,
        "undo_decision",
    ),
    Action(
        "are_two", ("s",), N_("Son dos"), N_("Son dos atenciones: no se proponen más; pide el motivo."), LIST, "are_two"
    ),
    Action("agent_back", ("escape",), N_("Volver"), N_("Vuelve un paso."), SELF_SERVICE, "agent_back"),
    Action(
        "agent_tongue", ("r",), N_("Runasimi / Castellano"), N_("Pasa a la otra lengua."), SELF_SERVICE, "agent_tongue"
    ),
    Action("agent_help", ("a",), N_("Pedir ayuda"), N_("Llama al personal."), SELF_SERVICE, "agent_help"),
    Action("agent_voice", ("v",), N_("Voz"), N_("Lee en voz alta, o calla."), SELF_SERVICE, "agent_voice"),
    Action("agent_leave", ("f12", "ctrl+e"), N_("Personal"), N_("Sale; pide una frase."), SELF_SERVICE, "agent_leave"),
    Action(
        "use_card",
        ("f6", "ctrl+n"),
        N_("Tarjeta"),
        N_("Pasa de la frase de acceso al PIN de la tarjeta, y vuelve."),
        EVERYWHERE,
        "use_card",
        shown=False,
    ),
    Action(
        "check_card",
        ("f7", "ctrl+r"),
        N_("Tarjeta de la persona"),
        N_("Comprueba con su PIN que la persona tiene la tarjeta; no guarda nada de ella."),
        FORM,
        "check_card",
        shown=False,
    ),
    Action("card_access", ("a",), N_("Mi tarjeta"), N_("Deja que su tarjeta abra esta laptop."), LIST, "card_access"),
    Action("card_lost", ("x",), N_("Quitar tarjeta"), N_("Quita su tarjeta, si la perdió."), LIST, "card_lost"),
    Action("send", ("e", "ctrl+s"), N_("Enviar ahora"), N_("Empieza a sincronizar con la oficina."), SYNC, "send"),
    Action("outbox", ("p",), N_("Por enviar"), N_("Muestra los cambios que esperan."), SYNC, "outbox"),
    Action("inbox", ("r",), N_("Traídos"), N_("Muestra lo que otros escribieron y llegó."), SYNC, "inbox", shown=False),
    Action(
        "set_aside", ("q",), N_("Apartados"), N_("Lo que la oficina apartó y por qué."), SYNC, "set_aside", shown=False
    ),
    Action("sync_log", ("l",), N_("Bitácora"), N_("Qué resultó de cada intento."), SYNC, "sync_log"),
    Action(
        "automatic", ("a",), N_("Automática"), N_("Enciende o apaga lo que va solo."), SYNC, "automatic", shown=False
    ),
    Action("cap", ("t",), N_("Tope del día"), N_("Cuánto gasta al día lo que va solo."), SYNC, "cap", shown=False),
)

ACTIONS = {action.id: action for action in _ALL}
"""Every action by its id."""


def bindings(*ids: str) -> list[BindingType]:
    """The bindings of a screen that offers these actions. Labels are source texts: who shows them translates them."""
    return [_binding(ACTIONS[name]) for name in ids]


def _binding(action: Action) -> Binding:
    keys = [*action.keys, *(key.upper() for key in action.keys if len(key) == 1)]
    return Binding(
        ",".join(keys),
        action.run,
        action.label,
        id=action.id,
        show=action.shown,
        priority=action.priority,
        tooltip=action.help,
    )


_NAMES = {
    "escape": "Esc",
    "enter": "Enter",
    "up": "↑",
    "down": "↓",
    "left": "←",
    "right": "→",
    "tab": "Tab",
    "space": N_("Espacio"),
    "pageup": N_("RePág"),
    "pagedown": N_("AvPág"),
    "home": N_("Inicio"),
    "end": N_("Fin"),
    "backspace": N_("Borrar"),
}


def key_name(key: str) -> str:
    """A key as it is written on a Spanish keyboard: `ctrl+s` is `Ctrl+S`. A source text."""
    *modifiers, name = key.split("+")
    shown = _NAMES.get(name, name.upper() if len(name) <= 3 else name)
    return "+".join([*(part.capitalize() for part in modifiers), shown])

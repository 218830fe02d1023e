"""The words of `itinerant-server`: every command with its options, and the function that runs it.

* The function is named, not imported: a command loads only what it needs (the web server alone costs half a second).
* `--home` and `--json` are taken before or after the command.
"""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from itinerant import argparse_es
from itinerant.texts import _

PROGRAM = "itinerant-server"
if TYPE_CHECKING:
    _Commands = argparse._SubParsersAction[argparse.ArgumentParser]  # generic for the type checker only


def build() -> argparse.ArgumentParser:
    """The whole parser. Its answer has `run`, the function's place (`server.cli.module:name`)."""
    argparse_es.speak()
    parser = argparse.ArgumentParser(prog=PROGRAM, description=_("La oficina de Itinerant."))
    _common(parser, top=True)
    commands = parser.add_subparsers(dest="command", required=True, metavar=_("ORDEN"))
    _setup(commands)
    _fleet(commands)
    _data(commands)
    _decisions(commands)
    _tokens(commands)
    _people(commands)
    _keys(commands)
    _oidc(commands)
    _signatures(commands)
    return parser


def _common(parser: argparse.ArgumentParser, *, top: bool = False) -> None:
    """Options that are taken anywhere; below the top they leave alone what was given before."""
    home, json = (None, False) if top else (argparse.SUPPRESS, argparse.SUPPRESS)
    parser.add_argument("--home", metavar="DIR", default=home, help=_("carpeta de la oficina"))
    parser.add_argument("--json", action="store_true", default=json, help=_("responder en JSON"))


def _add(commands: _Commands, name: str, run: str, help_: str, *, by: bool = False) -> argparse.ArgumentParser:
    parser = commands.add_parser(name, help=help_, description=help_)
    _common(parser)
    if by:
        parser.add_argument("--as", dest="account", metavar="CUENTA", default="admin", help=_("quién lo hace"))
    parser.set_defaults(run=f"server.cli.{run}")
    return parser


def _group(commands: _Commands, name: str, help_: str) -> _Commands:
    parser = commands.add_parser(name, help=help_, description=help_)
    return parser.add_subparsers(dest="verb", required=True, metavar=_("VERBO"))


def _setup(commands: _Commands) -> None:
    init = _add(commands, "init", "setup:init", _("crea las llaves y la base de datos"))
    init.add_argument("--name", default="Oficina central", help=_("nombre de la oficina"))
    init.add_argument("--origin", default="", help=_("nombre del registro en sus sellos (no cambia nunca)"))
    init.add_argument("--url", default="http://127.0.0.1:8440", help=_("dirección de la oficina"))
    init.add_argument("--database-url", default="", metavar="URL", help=_("postgresql://… en lugar de SQLite"))
    init.add_argument(
        "--retention", type=int, default=7, metavar="DIAS", help=_("días que la laptop guarda lo enviado")
    )
    serve = _add(commands, "serve", "serve:run", _("atiende a las laptops"))
    serve.add_argument("--host", default="127.0.0.1")
    serve.add_argument("--port", type=int, default=8440, help=_("0: un puerto libre"))
    serve.add_argument("--open-metrics", action="store_true", help=_("deja leer /metrics desde otras máquinas"))
    serve.add_argument("--tls-cert", metavar="PEM", default="", help=_("certificado propio, sin nadie delante"))
    serve.add_argument("--tls-key", metavar="PEM", default="", help=_("la llave de ese certificado"))
    serve.add_argument("--log-json", action="store_true", help=_("bitácora del servicio en JSON, una línea cada vez"))
    backup = _add(commands, "backup", "setup:backup", _("copia la base de datos a un archivo nuevo"))
    backup.add_argument("file", metavar="ARCHIVO", nargs="?", default="")
    backup.add_argument("--already", action="store_true", help=_("anota que la copia ya se hizo (pg_dump)"))
    restore = _add(commands, "restore", "setup:restore", _("pone una copia en lugar de la base de datos"))
    restore.add_argument("file", metavar="ARCHIVO", nargs="?", default="")
    restore.add_argument("--already", action="store_true", help=_("la copia ya está puesta (pg_restore)"))
    fault = _add(commands, "fault-report", "faults:run", _("abre el informe de falla que guardó una laptop"))
    fault.add_argument("file", metavar="ARCHIVO")
    _add(commands, "doctor", "doctor:run", _("revisa llaves, base de datos y registro"))


def _fleet(commands: _Commands) -> None:
    brigade = _add(_group(commands, "brigade", _("brigadas")), "add", "fleet:brigade", _("agrega una brigada"), by=True)
    brigade.add_argument("code", metavar="CODIGO")
    brigade.add_argument("--name", required=True)
    staff = _add(_group(commands, "staff", _("personal")), "add", "fleet:staff", _("agrega a una persona"), by=True)
    staff.add_argument("code", metavar="CODIGO")
    staff.add_argument("--brigade", default="")
    staff.add_argument("--role", required=True)
    staff.add_argument("--name", required=True)
    code = _add(commands, "enrol-code", "fleet:enrol_code", _("código de un solo uso para una laptop"), by=True)
    code.add_argument("--device", required=True)
    code.add_argument("--brigade", required=True)
    code.add_argument("--url", required=True)
    code.add_argument("--replaces", metavar="EQUIPO", default="", help=_("código que esa laptop deja de usar"))
    code.add_argument("--out", required=True, metavar="ARCHIVO")
    revoke = _add(commands, "revoke", "fleet:revoke", _("deja de creer a una laptop"), by=True)
    revoke.add_argument("device", metavar="EQUIPO")
    revoke.add_argument("--why", required=True)
    revoke.add_argument("--lost", action="store_true", help=_("se perdió o fue robada"))
    device = _group(commands, "device", _("una laptop"))
    lost = _add(device, "lost", "device:lost", _("se perdió o fue robada: deja de creerle"), by=True)
    lost.add_argument("device", metavar="EQUIPO")
    lost.add_argument("--why", required=True)
    report = _add(device, "report", "device:report", _("qué se sabe de ella, qué falta y qué pudo llevar"), by=True)
    report.add_argument("device", metavar="EQUIPO")


def _data(commands: _Commands) -> None:
    catalogue = _add(
        _group(commands, "catalogue", _("catálogo")), "import", "records:catalogue", _("lee servicios"), by=True
    )
    catalogue.add_argument("file", metavar="ARCHIVO.csv")
    record = commands.add_parser("record", help=_("registros de la oficina"))
    record.add_argument("kind", metavar="CLASE")
    verbs = record.add_subparsers(dest="verb", required=True, metavar=_("VERBO"))
    _add(verbs, "add", "records:add", _("agrega: una línea JSON por registro, por la entrada estándar"), by=True)
    amend = _add(verbs, "amend", "records:amend", _('corrige: {"set":{…},"why":"…"} por la entrada estándar'), by=True)
    amend.add_argument("record", metavar="REGISTRO")
    show = _add(commands, "show", "show:run", _("lo que la oficina tiene"), by=True)
    lists = ("devices", "records", "conflicts", "decisions", "duplicates", "quarantine", "incidents", "unmapped")
    show.add_argument("what", choices=lists)
    show.add_argument("--kind", default="session")
    parcel = _group(commands, "parcel", _("envíos en memoria USB"))
    for verb, run, words in (
        ("read", "parcels:read", _("recibe los envíos de una carpeta")),
        ("write", "parcels:write", _("deja las constancias en una carpeta")),
    ):
        _add(parcel, verb, run, words).add_argument("folder", metavar="DIR")
    report = _add(commands, "report", "report:run", _("transacciones, costos y tiempos de un periodo"))
    report.add_argument("kind", metavar="INFORME", help=_("services, costs, times, ongei …"))
    report.add_argument("--from", dest="from_", metavar="FECHA", default=None)
    report.add_argument("--to", metavar="FECHA", default=None)
    report.add_argument("--format", choices=("json", "csv", "xlsx", "pdf"), default="json")
    report.add_argument("--out", metavar="ARCHIVO", default="", help=_("a un archivo, no a la salida"))
    report.add_argument("--brigade", metavar="BRIGADA", default="")
    report.add_argument("--ubigeo", metavar="DIGITOS", default="", help=_("departamento, provincia o distrito"))
    report.add_argument("--campaign", metavar="REGISTRO", default="")
    report.add_argument("--public", action="store_true", help=_("la de un mes que terminó, sin celdas chicas"))
    report.add_argument("--month", metavar="MES", default="", help=_("mes de la edición pública: 2026-11"))
    report.add_argument("--k", type=int, metavar="N", default=None, help=_("lo menos que cuenta una fila pública: 5"))
    export = _add(commands, "export", "export:run", _("exporta para el auditor"), by=True)
    export.add_argument("--out", required=True, metavar="ARCHIVO")
    export.add_argument("--from", dest="from_", metavar="FECHA", default=None)
    export.add_argument("--to", metavar="FECHA", default=None)
    export.add_argument("--previous", metavar="ARCHIVO", default=None)
    alone = export.add_mutually_exclusive_group()
    alone.add_argument("--visit", metavar="JORNADA", default="", help=_("solo una jornada, con sus pruebas"))
    alone.add_argument("--ubigeo", metavar="DISTRITO", default="", help=_("solo un distrito, con sus pruebas"))
    alone.add_argument("--public", action="store_true", help=_("cantidades de un mes, sin celdas chicas"))
    export.add_argument("--month", metavar="MES", default="", help=_("mes de la edición pública: 2026-11"))
    export.add_argument("--k", type=int, metavar="N", default=None, help=_("lo menos que cuenta una fila pública: 5"))


def _decisions(commands: _Commands) -> None:
    conflict = _group(commands, "conflict", _("conflictos"))
    resolve = _add(conflict, "resolve", "decisions:resolve", _("decide un campo"), by=True)
    resolve.add_argument("record", metavar="REGISTRO")
    resolve.add_argument("field", metavar="CAMPO")
    resolve.add_argument("--value", required=True, metavar="JSON")
    resolve.add_argument("--why", required=True)
    undo = _add(conflict, "undo", "decisions:undo", _("deshace una decisión; las dos quedan en la historia"), by=True)
    undo.add_argument("record", metavar="REGISTRO")
    undo.add_argument("field", metavar="CAMPO")
    undo.add_argument("--why", required=True)
    duplicate = _group(commands, "duplicate", _("atenciones que dos laptops quizá anotaron dos veces"))
    confirm = _add(duplicate, "confirm", "decisions:confirm", _("anula la que repite a la otra"), by=True)
    confirm.add_argument("record", metavar="REPETIDA")
    confirm.add_argument("--of", required=True, metavar="ATENCION", help=_("la que queda"))
    confirm.add_argument("--why", required=True)
    dismiss = _add(duplicate, "dismiss", "decisions:dismiss", _("son dos atenciones: no se proponen más"), by=True)
    dismiss.add_argument("record", metavar="ATENCION")
    dismiss.add_argument("other", metavar="OTRA")
    dismiss.add_argument("--why", required=True)
    quarantine = _group(commands, "quarantine", _("cuarentena"))
    for verb, words in (("release", _("lo pasa al registro")), ("discard", _("lo deja fuera para siempre"))):
        decide = _add(quarantine, verb, f"decisions:{verb}", words, by=True)
        decide.add_argument("item", type=int, metavar="NUMERO")
        decide.add_argument("--why", required=True)
    words = _("vuelve a mirar lo que una versión anterior no podía leer")
    _add(quarantine, "recheck", "decisions:look_again", words, by=True)


def _tokens(commands: _Commands) -> None:
    token = _group(commands, "token", _("fichas con las que un programa lee y decide"))
    add = _add(token, "add", "tokens:add", _("crea una ficha y la muestra una sola vez"), by=True)
    add.add_argument("owner", metavar="CUENTA", help=_("en cuyo nombre actúa"))
    add.add_argument("--name", default="", help=_("para reconocerla"))
    words = _("read (si no se dice), decide …")
    add.add_argument("--right", action="append", default=[], metavar="PERMISO", help=words)
    add.add_argument("--days", type=int, default=90, metavar="N", help=_("días que vale"))
    _add(token, "list", "tokens:listing", _("las que valen"))
    remove = _add(token, "remove", "tokens:remove", _("dejan de valer"), by=True)
    remove.add_argument("owner", metavar="CUENTA")
    remove.add_argument("--name", default="")


def _people(commands: _Commands) -> None:
    account = _group(commands, "account", _("cuentas de la oficina"))
    add = _add(account, "add", "accounts:add", _("crea una cuenta, o da otro enlace a quien olvidó su frase"), by=True)
    add.add_argument("code", metavar="CODIGO")
    add.add_argument("--role", required=True, metavar="ROL")
    add.add_argument("--url", default="http://127.0.0.1:8440", help=_("dirección de la oficina"))
    _add(account, "list", "accounts:listing", _("quiénes tienen cuenta"))
    link = _add(account, "link", "oidc:link", _("de quién es en el proveedor de identidad (oidc)"), by=True)
    link.add_argument("code", metavar="CODIGO")
    link.add_argument("name", metavar="NOMBRE", help=_("correo o sujeto; vacío, de nadie"))
    recovery = _group(commands, "recovery", _("laptops que nadie puede abrir: dos cuentas las recuperan"))
    _add(recovery, "list", "recovery:listing", _("solicitudes que se vieron aquí"))
    show = _add(recovery, "show", "recovery:show", _("para quién es una solicitud, y su código"))
    approve = _add(recovery, "approve", "recovery:approve", _("aprueba; la segunda cuenta escribe la respuesta"))
    for verb in (show, approve):
        verb.add_argument("file", metavar="ARCHIVO", help=_("el de la memoria USB, o el número de la solicitud"))
    approve.add_argument("--as", dest="account", metavar="CUENTA", required=True, help=_("quién la aprueba"))
    approve.add_argument("--code", required=True, metavar="CODIGO", help=_("el que dicta la brigada por teléfono"))
    approve.add_argument("--out", default="", metavar="DIR", help=_("dónde va la respuesta (junto a la solicitud)"))
    holder = _group(recovery, "holder", _("custodios de la llave de recuperación"))
    enrol = _add(holder, "add", "recovery:holder_add", _("nombra a un custodio, que elige su frase"))
    enrol.add_argument("account", metavar="CUENTA")
    enrol.add_argument("--by", action="append", default=[], metavar="CUENTA", help=_("custodio presente (dos veces)"))
    enrol.add_argument(
        "--by-passphrase-file", action="append", default=[], metavar="ARCHIVO", help=_("las suyas, en el mismo orden")
    )
    for verb in (approve, enrol):
        verb.add_argument("--passphrase-file", default="", metavar="ARCHIVO", help=_("archivo con su frase"))
    _add(holder, "list", "recovery:holder_list", _("quiénes son"))
    leave = _add(holder, "remove", "recovery:holder_remove", _("deja de serlo"), by=True)
    leave.add_argument("holder", metavar="CUENTA")
    leave.add_argument("--why", required=True)


def _oidc(commands: _Commands) -> None:
    verbs = _group(commands, "oidc", _("entrar con el proveedor de identidad de la entidad"))
    set_up = _add(verbs, "set", "oidc:set_up", _("lo configura; nadie obtiene con él una cuenta que no tenía"), by=True)
    set_up.add_argument("--issuer", required=True, metavar="URL", help=_("el proveedor (OpenID Connect)"))
    set_up.add_argument("--client-id", required=True, metavar="ID")
    set_up.add_argument("--url", required=True, metavar="URL", help=_("dirección de la oficina"))
    set_up.add_argument("--claim", choices=("email", "sub"), default="email", help=_("qué dato nombra la cuenta"))
    set_up.add_argument("--secret-file", metavar="ARCHIVO", default="", help=_("archivo con el secreto del cliente"))
    _add(verbs, "off", "oidc:off", _("lo quita"), by=True)


def _keys(commands: _Commands) -> None:
    verbs = _group(commands, "key", _("llaves de la oficina"))
    _add(verbs, "list", "keys:listing", _("las que tuvo, y cuántas laptops conocen cada una"))
    rotate = _add(verbs, "rotate", "keys:rotate", _("pone otra en uso; la anterior la presenta"), by=True)
    rotate.add_argument("which", choices=("sign", "seal"), metavar="sign|seal", help=_("la de firma o la de sellado"))
    rotate.add_argument("--why", required=True)
    export = _add(verbs, "export", "keys:export", _("copia todas a un archivo que solo dos custodios abren"))
    restore = _add(verbs, "import", "keys:restore", _("pone las de una copia en una carpeta vacía"))
    for verb in (export, restore):
        verb.add_argument("file", metavar="ARCHIVO")
        verb.add_argument("--by", action="append", required=True, metavar="CUENTA", help=_("custodio (dos veces)"))
        verb.add_argument(
            "--by-passphrase-file", action="append", default=[], metavar="ARCHIVO", help=_("sus frases, en ese orden")
        )


def _signatures(commands: _Commands) -> None:
    verbs = _group(commands, "signature", _("firmas de documentos hechas en el campo"))
    raising = _add(
        verbs, "raise", "signatures:raise_file", _("le pone sello de tiempo y datos de revocación a un PDF firmado")
    )
    raising.add_argument("file", metavar="PDF")
    raising.add_argument("--tsa", metavar="URL", required=True, help=_("servicio de sellado de tiempo (RFC 3161)"))
    raising.add_argument(
        "--anchors", metavar="DIR", help=_("certificados de confianza (por omisión, los de la oficina)")
    )
    raising.add_argument("--level", choices=("T", "LT", "LTA"), default="LTA", help=_("hasta dónde"))
    raising.add_argument("--out", metavar="PDF", help=_("dónde se escribe (por omisión, al lado)"))

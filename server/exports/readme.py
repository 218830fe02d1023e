"""LEEME.txt: what the export is, how to verify it, and what it does not prove."""

from __future__ import annotations

from itinerant.texts import N_, _
from server.exports.source import Asked
from server.office import Office

NOT_PROVEN = (
    N_("Que lo anotado sea cierto, ni que se haya anotado todo lo que se atendió."),
    N_("Que las laptops hayan enviado todo: lo que no llegó no está."),
    N_("Las horas: son las del reloj de cada laptop."),
    N_("Que la oficina no muestre otro registro a otras personas: compare el sello con el de otros auditores."),
)


def period(asked: Asked) -> str:
    """What was asked for, in words."""
    if asked.visit:
        return _("solo la jornada {visit}").format(visit=asked.visit)
    if asked.ubigeo:
        return _("solo las jornadas del distrito {ubigeo}").format(ubigeo=asked.ubigeo)
    if asked.first is None and asked.last is None:
        return _("todo lo recibido")
    return _("del {first} al {last}").format(
        first=asked.first.strftime("%d/%m/%Y") if asked.first else _("inicio"),
        last=asked.last.strftime("%d/%m/%Y") if asked.last else _("final"),
    )


def text(office: Office, asked: Asked, first: int, size: int) -> str:
    """The whole text, in the office's language. Nothing in it depends on when it is written."""
    words = _(
        """EXPORTACIÓN PARA AUDITORÍA

Oficina:  {office}
Registro: {origin}
Periodo:  {period} (días de Lima, según la llegada a la oficina)
Hojas:    {first} a {size} del registro

CÓMO VERIFICARLA
1. Consiga la llave de la oficina por otra vía que este archivo: papel, página web, resolución.
2. Consiga verify.py por otra vía, o léalo: es un solo archivo y usa solo la biblioteca estándar de Python.
3. Sin conexión alguna: python3 verify.py EXPORTACION.zip --key LLAVE
   Con una exportación anterior: agregue --previous ANTERIOR.zip

QUÉ TRAE
changes.jsonl      los cambios, byte por byte como los escribió cada equipo, en el orden del registro
records/*.csv      los registros que esos cambios dan; dictionary.csv explica cada columna
records/*.parquet  los mismos registros para programas; records.xlsx, para hojas de cálculo
conflicts.jsonl    los conflictos abiertos y los decididos, con cada versión y el motivo
quarantine.jsonl   lo que la oficina apartó y por qué; solo su huella, nunca su contenido
devices.jsonl      los equipos: llave, estado, hasta dónde llega su registro, huecos y copias
heads.jsonl        cada encabezado que un equipo firmó y la oficina aceptó
witnesses.jsonl    el último sello que vio cada laptop, con su firma de testigo (C2SP tlog-cosignature)
checkpoint, tile/  el sello de la oficina y las huellas del registro (C2SP tlog-checkpoint y tlog-tiles)
earlier*.jsonl     cambios anteriores al periodo que estos registros necesitan, con su prueba
acta.pdf           lo esencial en papel, para firmar a mano
manifest.json      cantidades y huellas de todo lo anterior; manifest.note es la firma de la oficina

QUÉ PRUEBA
- Que nada de esto fue alterado, quitado, agregado ni cambiado de orden desde que la oficina lo selló.
- Que cada laptop firmó sus cambios: ni la oficina puede cambiarlos sin que se note.
- Que el registro solo creció desde que lo vio cada laptop que figura como testigo.
- Con --previous: que el registro solo creció desde la exportación anterior.

QUÉ NO PRUEBA
{not_proven}

Un texto que una hoja de cálculo tomaría por fórmula lleva un apóstrofo delante.
No hay datos personales de ciudadanos; el personal figura por su código.
"""
    )
    return words.format(
        office=office.settings.name,
        origin=office.settings.origin,
        period=period(asked),
        first=first,
        size=size,
        not_proven="\n".join(f"- {_(sentence)}" for sentence in NOT_PROVEN),
    )

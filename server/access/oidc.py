"""Entering with the entity's own identity provider (OpenID Connect), where an administrator set one up.

* Authorization code flow with PKCE (S256), `state` and `nonce`; what one try needs is in a sealed cookie of ten
  minutes, so that no process keeps anything.
* Whoever the provider names must be an account's already, by a verified e-mail or a subject that administration linked:
  nobody is let in that has no account, and the role stays ours. A second factor of the account is asked all the same.
* The provider's description and keys are kept for an hour; an unknown key has them asked for again, once a minute.
* Everything that the provider answers is hostile: bounded, over https (http on loopback alone), no redirect followed.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import ipaddress
import json
import secrets
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from http.client import HTTPException, HTTPMessage
from pathlib import Path
from types import MappingProxyType
from typing import IO, Any
from urllib.parse import quote, urlencode, urlsplit

import jwt
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from itinerant.errors import Damaged, NoConnection, Refused, UserError
from itinerant.texts import _
from server.access import accounts
from server.access.accounts import Account
from server.home import replace_private
from server.office import Office

FILE = "oidc.json"
RETURN_PATH = "/entrar/proveedor/vuelta"
EMAIL, SUBJECT = "email", "sub"
TRY_S = 600
LEEWAY_S = 60
KEEP_S, ASK_AGAIN_S = 3_600, 60
WAIT_S = 10
_MOST = 256 * 1024
ALGORITHMS = ("RS256", "PS256", "ES256", "EdDSA")
_REQUIRED = ("iss", "sub", "aud", "exp", "iat", "nonce")


@dataclass(frozen=True, slots=True, repr=False)
class Provider:
    """What an administrator set. `url`: where browsers see the office; `claim`: what names an account, `email` or
    `sub`; `secret`: empty for a public client."""

    issuer: str
    client_id: str
    url: str
    claim: str = EMAIL
    secret: str = ""

    def __post_init__(self) -> None:
        """Raise `UserError` for addresses that no secret may travel to."""
        for address in (self.issuer, self.url):
            if not _is_safe(address):
                raise UserError(_("La dirección debe ser https: {url}.").format(url=address[:200]), place="oidc")
        if self.claim not in (EMAIL, SUBJECT) or not self.client_id:
            raise UserError(_("Falta el identificador de la oficina en el proveedor, o el dato que nombra la cuenta."))

    @property
    def return_url(self) -> str:
        """Where the provider sends the browser back to."""
        return self.url.rstrip("/") + RETURN_PATH


@dataclass(frozen=True, slots=True)
class Begun:
    """Where to send the browser, and the cookie that it must bring back."""

    address: str
    cookie: str


def read(folder: Path) -> Provider | None:
    """The provider that was set; None for none. Raises `Damaged`."""
    path = folder / FILE
    try:
        return Provider(**json.loads(path.read_bytes()))
    except FileNotFoundError:
        return None
    except (OSError, ValueError, TypeError, UserError) as error:
        raise Damaged(_("No se puede leer la configuración del proveedor de identidad."), place=str(path)) from error


def write(folder: Path, provider: Provider | None) -> None:
    """Set the provider, or take it away."""
    path = folder / FILE
    if provider is None:
        path.unlink(missing_ok=True)
    else:
        replace_private(path, json.dumps(asdict(provider), indent=1).encode() + b"\n")


def begin(office: Office, provider: Provider, after: str) -> Begun:
    """Start a try; `after` is the page to go on to. Raises `NoConnection` when the provider does not answer."""
    state, nonce, verifier = (secrets.token_urlsafe(32) for _one in range(3))
    challenge = base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=").decode()
    asked = {
        "response_type": "code",
        "client_id": provider.client_id,
        "redirect_uri": provider.return_url,
        "scope": "openid email" if provider.claim == EMAIL else "openid",
        "state": state,
        "nonce": nonce,
        "code_challenge": challenge,
        "code_challenge_method": "S256",
    }
    endpoint = _known(provider).endpoint("authorization_endpoint")
    joint = "&" if "?" in endpoint else "?"
    kept = {
        "state": state,
        "nonce": nonce,
        "verifier": verifier,
        "after": after,
        "until": office.now_ms() // 1_000 + TRY_S,
    }
    return Begun(f"{endpoint}{joint}{urlencode(asked)}", _seal(office, kept))


def finish(office: Office, provider: Provider, cookie: str, answer: Mapping[str, str]) -> tuple[Account, str]:
    """The account that the provider's `answer` (the query that the browser brought) names, and where to go on to.

    Raises `Refused` for anything that proves nobody, `NoConnection` when the provider does not answer.
    """
    kept = _open(office, cookie)
    if kept is None or not hmac.compare_digest(answer.get("state", "").encode(), kept["state"].encode()):
        raise _refused("state")
    if answer.get("iss", provider.issuer) != provider.issuer:  # RFC 9207
        raise _refused("issuer")
    if "error" in answer or not answer.get("code"):
        raise _refused("denied")
    known = _known(provider)
    claims = known.claims(_exchange(provider, known, answer["code"], kept["verifier"]))
    if not hmac.compare_digest(str(claims["nonce"]).encode(), kept["nonce"].encode()):
        raise _refused("nonce")
    name = named(provider, claims)
    with office.database.reader() as connection:
        account = accounts.find_linked(connection, name) if name else None
    if account is None or not account.active:
        raise Refused(
            _("El proveedor lo reconoce, pero ninguna cuenta de esta oficina es suya."),
            next_step=_("Pida a administración que enlace su cuenta."),
            code="no_account",
        )
    return account, kept["after"]


def named(provider: Provider, claims: Mapping[str, Any]) -> str:
    """What links an account: the subject, or the e-mail if the provider verified it; empty for none."""
    if provider.claim == SUBJECT:
        return str(claims["sub"])
    email = claims.get("email")
    return email.strip().lower() if isinstance(email, str) and claims.get("email_verified") is True else ""


class Known:
    """A provider's description and keys, kept for a while."""

    def __init__(self, provider: Provider) -> None:
        self._provider = provider
        self._keys: dict[str, jwt.PyJWK] = {}
        self._asked = float("-inf")
        self.since = time.monotonic()
        self._about = _json(f"{provider.issuer.rstrip('/')}/.well-known/openid-configuration")
        if self._about.get("issuer") != provider.issuer:
            raise _refused("issuer")

    def endpoint(self, name: str) -> str:
        """An address of the description. Raises `Refused` for one that no secret may travel to."""
        address = self._about.get(name)
        if not isinstance(address, str) or not _is_safe(address):
            raise _refused(name)
        return address

    def claims(self, token: str) -> dict[str, Any]:
        """What a token says, once signature, issuer, audience and times hold. Raises `Refused`."""
        try:
            header = jwt.get_unverified_header(token)
            algorithm, key = header.get("alg"), self._key(header)
            if algorithm not in ALGORITHMS or key is None:
                raise _refused("key")
            claims: dict[str, Any] = jwt.decode(
                token,
                key,
                algorithms=[algorithm],
                audience=self._provider.client_id,
                issuer=self._provider.issuer,
                leeway=LEEWAY_S,
                options={"require": list(_REQUIRED)},
            )
        except jwt.PyJWTError as error:
            raise _refused("token") from error
        if claims.get("azp", self._provider.client_id) != self._provider.client_id:
            raise _refused("azp")
        if isinstance(claims["aud"], list) and len(claims["aud"]) > 1 and "azp" not in claims:
            raise _refused("azp")
        return claims

    def _key(self, header: Mapping[str, Any]) -> jwt.PyJWK | None:
        """The key that a token names, or the only one; asked for again when it is not known."""
        name = str(header.get("kid", ""))
        if name not in self._keys and time.monotonic() - self._asked > ASK_AGAIN_S:
            self._asked = time.monotonic()
            self._keys = _keys(_json(self.endpoint("jwks_uri")))
        if not name and len(self._keys) == 1:
            return next(iter(self._keys.values()))
        return self._keys.get(name)


_lock = threading.Lock()
_providers: dict[Provider, Known] = {}


def _known(provider: Provider) -> Known:
    with _lock:
        known = _providers.get(provider)
        if known is None or time.monotonic() - known.since > KEEP_S:
            _providers.clear()  # one office has one provider; a former one is not kept
            known = _providers[provider] = Known(provider)
        return known


def _keys(answer: Mapping[str, Any]) -> dict[str, jwt.PyJWK]:
    """The signing keys of a JWK set that this program can use; others are left."""
    found: dict[str, jwt.PyJWK] = {}
    listed = answer.get("keys")
    for item in listed if isinstance(listed, list) else ():
        if not isinstance(item, dict) or item.get("use", "sig") != "sig" or item.get("kty") == "oct":
            continue
        try:
            found[str(item.get("kid", ""))] = jwt.PyJWK.from_dict(item)
        except (jwt.PyJWTError, ValueError, TypeError):
            continue
    return found


def _exchange(provider: Provider, known: Known, code: str, verifier: str) -> str:
    """The token that a code is good for."""
    asked = {
        "grant_type": "authorization_code",
        "code": code,
        "redirect_uri": provider.return_url,
        "client_id": provider.client_id,
        "code_verifier": verifier,
    }
    headers = {"Content-Type": "application/x-www-form-urlencoded"}
    if provider.secret:
        pair = f"{quote(provider.client_id, safe='')}:{quote(provider.secret, safe='')}"  # RFC 6749 section 2.3.1
        headers["Authorization"] = "Basic " + base64.b64encode(pair.encode()).decode()
    token = _json(known.endpoint("token_endpoint"), urlencode(asked).encode(), headers).get("id_token")
    if not isinstance(token, str):
        raise _refused("token")
    return token


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    def redirect_request(
        self, req: urllib.request.Request, fp: IO[bytes], code: int, msg: str, headers: HTTPMessage, newurl: str
    ) -> None:
        """An answer that leads elsewhere is an error."""


_opener = urllib.request.build_opener(_NoRedirect)


def _json(address: str, body: bytes | None = None, headers: Mapping[str, str] = MappingProxyType({})) -> dict[str, Any]:
    """The object that an address answers with: of a `_is_safe` one."""
    request = urllib.request.Request(address, body, {"Accept": "application/json", **headers})  # noqa: S310 - see above
    try:
        with _opener.open(request, timeout=WAIT_S) as answer:
            data = answer.read(_MOST + 1)
        value = json.loads(data) if len(data) <= _MOST else None
    except urllib.error.HTTPError as error:
        error.close()
        if error.code < 500:
            raise _refused("answer") from error
        raise _silent() from error
    except (OSError, HTTPException) as error:
        raise _silent() from error
    except (ValueError, RecursionError) as error:
        raise _refused("answer") from error
    if not isinstance(value, dict):
        raise _refused("answer")
    return value


def _is_safe(address: str) -> bool:
    """Whether a secret may travel there: https, or http to this very machine."""
    parts = urlsplit(address)
    if parts.scheme == "https":
        return bool(parts.hostname)
    try:
        return parts.scheme == "http" and ipaddress.ip_address(parts.hostname or "").is_loopback
    except ValueError:
        return False


def _sealer(office: Office) -> AESGCM:
    material = office.keys.seal.private_bytes_raw()
    return AESGCM(HKDF(hashes.SHA256(), 32, salt=None, info=b"itinerant/oidc/1").derive(material))


def _seal(office: Office, value: Mapping[str, Any]) -> str:
    nonce = secrets.token_bytes(12)
    data = nonce + _sealer(office).encrypt(nonce, json.dumps(value).encode(), b"")
    return base64.urlsafe_b64encode(data).decode()


def _open(office: Office, cookie: str) -> dict[str, Any] | None:
    """What `_seal` was given, while it is not too old; None for anything else."""
    try:
        data = base64.urlsafe_b64decode(cookie)
        value: dict[str, Any] = json.loads(_sealer(office).decrypt(data[:12], data[12:], b""))
    except (binascii.Error, ValueError, InvalidTag):
        return None
    return value if value["until"] >= office.now_ms() // 1_000 else None


def _silent() -> NoConnection:
    return NoConnection(
        _("El proveedor de identidad no respondió."),
        next_step=_("Intente de nuevo, o entre con su frase."),
        code="provider",
    )


def _refused(code: str) -> Refused:
    return Refused(
        _("El proveedor de identidad no confirmó quién es usted."),
        safe=_("Nadie entró."),
        next_step=_("Empiece de nuevo desde «Entrar»; si se repite, avise a administración."),
        code=f"oidc_{code}",
    )

"""Entering with an identity provider: a real one, small, that signs real tokens and is asked over real HTTP."""

import base64
import hashlib
import json
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa

from itinerant.errors import UserError
from server.access import accounts, oidc, second_factor
from server.access.oidc import Provider
from server.main import main

CLIENT, SECRET, EMAIL = "oficina", "secreto: de 50%", "ana@cap.example.pe"
KEY, STRANGER = (rsa.generate_private_key(65537, 2048) for _one in range(2))


class IdentityProvider(ThreadingHTTPServer):
    """Hands out a code, and once the code and its verifier come back, a token. What it lies about, tests say."""

    daemon_threads = True

    def __init__(self, address="127.0.0.1", handler=None):
        super().__init__((address, 0), handler or Handler)
        self.url = f"http://{address}:{self.server_port}"
        self.key, self.kid, self.algorithm = KEY, "k1", "RS256"
        self.issuer, self.claims, self.header = self.url, {}, {}
        self.about = {}
        self.codes, self.asked = {}, []
        self.fails = None

    def code(self, address):
        """What a person does at the provider's page: they enter, and are sent back with a code."""
        query = {name: values[0] for name, values in parse_qs(urlsplit(address).query).items()}
        code = f"code-{len(self.codes)}"
        self.codes[code] = query
        return query, {"code": code, "state": query["state"]}

    def token(self, query):
        now = int(time.time())
        claims = {
            "iss": self.issuer, "sub": "u-17", "aud": query["client_id"], "exp": now + 300, "iat": now,
            "nonce": query["nonce"], "email": EMAIL, "email_verified": True, **self.claims,
        }  # fmt: skip
        claims = {name: value for name, value in claims.items() if value is not None}
        return jwt.encode(claims, self.key, self.algorithm, headers={"kid": self.kid, **self.header})


class Handler(BaseHTTPRequestHandler):
    def log_message(self, *_args):
        pass

    def answer(self, value, status=200):
        data = value if isinstance(value, bytes) else json.dumps(value).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def do_GET(self):
        server = self.server
        server.asked.append(self.path)
        if server.fails == self.path:
            self.answer({}, 503)
        elif self.path == "/.well-known/openid-configuration":
            names = {"authorization_endpoint": "/authorize", "token_endpoint": "/token", "jwks_uri": "/keys"}
            found = {name: server.url + path for name, path in names.items()}
            self.answer({"issuer": server.issuer, **found, **server.about})
        else:
            public = server.key.public_key()
            algorithm = jwt.algorithms.get_default_algorithms()[server.algorithm]
            self.answer({"keys": [{**algorithm.to_jwk(public, as_dict=True), "kid": server.kid, "use": "sig"}]})

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"])).decode()
        sent = {name: values[0] for name, values in parse_qs(body).items()}
        query = self.server.codes.pop(sent.get("code"), None)
        digest = base64.urlsafe_b64encode(hashlib.sha256(sent["code_verifier"].encode()).digest()).rstrip(b"=").decode()
        basic = base64.b64encode(b"oficina:secreto%3A%20de%2050%25").decode()
        known = self.headers.get("Authorization") in (None, f"Basic {basic}")
        if (
            query is None
            or query["code_challenge"] != digest
            or sent["redirect_uri"] != query["redirect_uri"]
            or not known
        ):
            self.answer({"error": "invalid_grant"}, 400)
        else:
            self.answer({"id_token": self.server.token(query), "access_token": "x", "token_type": "Bearer"})


@pytest.fixture
def idp(office):
    oidc._providers.clear()
    with IdentityProvider() as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
        thread.start()
        oidc.write(office.folder, Provider(server.url, CLIENT, "https://oficina.test", secret=SECRET))
        accounts.invite(office, "ana", "reviewer", "https://oficina.test", by="admin")
        accounts.link(office, "ana", " Ana@CAP.example.pe ", by="admin")
        yield server
        server.shutdown()


@pytest.fixture
def visitor(browser):
    made = browser()
    made.base_url = "https://oficina.test"
    return made


def begun(visitor, after="/"):
    answer = visitor.get("/entrar/proveedor", params={"a": after}, follow_redirects=False)
    assert answer.status_code == 303
    return answer.headers["location"]


def enters(visitor, idp, after="/", **other):
    _query, back = idp.code(begun(visitor, after))
    return visitor.get(oidc.RETURN_PATH, params={**back, **other}, follow_redirects=False)


def inside(visitor):
    return visitor.get("/cuenta", follow_redirects=False).status_code == 200


def test_who_has_a_linked_account_enters_and_goes_on_to_the_page_that_was_asked_for(idp, visitor):
    assert "cuenta de la entidad" in visitor.get("/entrar").text
    answer = enters(visitor, idp, "/visitas?x=1")
    assert answer.status_code == 200
    assert 'content="0;url=/visitas?x=1"' in answer.text
    assert "SameSite=strict" in answer.headers["set-cookie"]
    page = visitor.get("/cuenta")
    assert page.status_code == 200
    assert "Revisión" in page.text, "the role is ours"


def test_the_request_is_a_code_flow_with_pkce_state_and_nonce(idp, visitor):
    query, _back = idp.code(begun(visitor))
    assert query["response_type"] == "code"
    assert query["redirect_uri"] == "https://oficina.test" + oidc.RETURN_PATH
    assert query["code_challenge_method"] == "S256"
    assert len({query["state"], query["nonce"], query["code_challenge"]}) == 3
    other, _back = idp.code(begun(visitor))
    assert not {query["state"], query["nonce"]} & {other["state"], other["nonce"]}


def test_nobody_gets_an_account_that_they_had_not(idp, visitor, office):
    idp.claims = {"email": "beto@cap.example.pe"}
    answer = enters(visitor, idp)
    assert answer.status_code == 403
    assert "ninguna cuenta" in answer.text
    assert not inside(visitor)
    with office.database.reader() as connection:
        assert [one.code for one in accounts.everyone(connection)] == ["ana"]


def test_a_closed_account_stays_closed(idp, visitor, office):
    accounts.disable(office, "ana", "se fue", by="admin")
    assert enters(visitor, idp).status_code == 403
    assert not inside(visitor)


def test_the_second_step_of_the_account_is_asked_all_the_same(idp, visitor, office):
    with office.database.writer() as connection:
        sealed = second_factor._seal(office, "ana", second_factor.fresh_secret())
        connection.exec_driver_sql("UPDATE account SET totp = ?", (sealed,))
    assert enters(visitor, idp).status_code == 200
    assert visitor.get("/cuenta", follow_redirects=False).headers["location"].startswith("/segundo-paso")


NOW = int(time.time())
WRONG = {
    "issuer": {"iss": "https://otro.example"},
    "audience": {"aud": "otra-oficina"},
    "several-audiences": {"aud": [CLIENT, "otra"]},
    "authorised-party": {"azp": "otra"},
    "nonce": {"nonce": "otro"},
    "no-nonce": {"nonce": None},
    "no-subject": {"sub": None},
    "expired": {"exp": NOW - 120},
    "no-expiry": {"exp": None},
    "of-the-future": {"iat": NOW + 3_600},
    "not-verified": {"email_verified": False},
    "verified-in-words": {"email_verified": "true"},
    "no-email": {"email": None},
}


@pytest.mark.parametrize("claims", WRONG.values(), ids=WRONG)
def test_a_token_that_says_something_else_opens_nothing(idp, visitor, claims):
    idp.claims = claims
    assert enters(visitor, idp).status_code == 403
    assert not inside(visitor)


def test_a_clock_a_minute_off_is_no_reason_to_stay_out(idp, visitor):
    now = int(time.time())
    idp.claims = {"iat": now + 30, "exp": now - 30}
    assert enters(visitor, idp).status_code == 200


def test_a_token_that_another_key_or_no_key_signed_opens_nothing(idp, visitor):
    honest = idp.token

    def said(query):
        return jwt.decode(honest(query), options={"verify_signature": False})

    tokens = {
        "other": lambda query: jwt.encode(said(query), STRANGER, "RS256", {"kid": "k1"}),
        "none": lambda query: jwt.encode(said(query), None, "none"),
        "hmac": lambda query: jwt.encode(said(query), "x" * 32, "HS256", {"kid": "k1"}),
        "words": lambda _query: "no.es.uno",
    }
    for name, make in tokens.items():
        idp.token = make
        assert enters(visitor, idp).status_code == 403, name
        assert not inside(visitor)


def test_another_kind_of_key_and_its_successor_are_taken(idp, visitor, monkeypatch):
    idp.key, idp.algorithm = ec.generate_private_key(ec.SECP256R1()), "ES256"
    assert enters(visitor, idp).status_code == 200
    visitor.cookies.clear()
    idp.key, idp.kid = ec.generate_private_key(ec.SECP256R1()), "k2"
    assert enters(visitor, idp).status_code == 403, "not asked again within a minute"
    monkeypatch.setattr(oidc, "ASK_AGAIN_S", -1)
    assert enters(visitor, idp).status_code == 200
    keys = [path for path in idp.asked if path == "/keys"]
    assert len(keys) == 2
    enters(visitor, idp)
    assert idp.asked.count("/.well-known/openid-configuration") == 1, "kept for an hour"


@pytest.mark.parametrize(
    "other", [{"state": "otro"}, {"iss": "https://otro.example"}, {"code": ""}, {"error": "access_denied"}]
)
def test_an_answer_that_is_not_to_this_try_opens_nothing(idp, visitor, other):
    assert enters(visitor, idp, **other).status_code == 403
    assert not inside(visitor)


def test_an_answer_in_another_browser_or_too_late_or_twice_opens_nothing(idp, visitor, browser, clock):
    _query, back = idp.code(begun(visitor))
    other = browser()
    assert other.get(oidc.RETURN_PATH, params=back, follow_redirects=False).status_code == 403
    clock.ms += (oidc.TRY_S + 1) * 1_000
    assert visitor.get(oidc.RETURN_PATH, params=back, follow_redirects=False).status_code == 403
    _query, back = idp.code(begun(visitor))
    assert visitor.get(oidc.RETURN_PATH, params=back, follow_redirects=False).status_code == 200
    visitor.cookies.clear()
    assert visitor.get(oidc.RETURN_PATH, params=back, follow_redirects=False).status_code == 403
    assert not inside(visitor)


def test_a_cookie_of_ones_own_making_proves_nothing(idp, visitor):
    for cookie in ("", "AAAA", base64.urlsafe_b64encode(bytes(60)).decode(), "ñ"):
        visitor.cookies.set("itinerant-proveedor", cookie.encode("ascii", "replace").decode(), path=oidc.RETURN_PATH)
        assert (
            visitor.get(oidc.RETURN_PATH, params={"state": "", "code": "x"}, follow_redirects=False).status_code == 403
        )


def test_a_provider_that_is_down_or_speaks_nonsense_is_told_and_the_passphrase_still_serves(idp, visitor):
    idp.fails = "/.well-known/openid-configuration"
    answer = visitor.get("/entrar/proveedor", follow_redirects=False)
    assert answer.status_code == 503
    assert "no respondió" in answer.text
    assert 'name="frase"' in answer.text
    idp.fails, idp.issuer = None, "https://otro.example"
    assert visitor.get("/entrar/proveedor", follow_redirects=False).status_code == 403
    idp.issuer, idp.about = idp.url, {"token_endpoint": "http://proveedor.example/token"}
    assert enters(visitor, idp).status_code == 403, "no secret travels in clear"


def test_no_page_of_another_site_is_gone_on_to(idp, visitor):
    assert 'url=/"' in enters(visitor, idp, "//otro.example/").text


def test_it_is_off_unless_set(office, visitor):
    assert "cuenta de la entidad" not in visitor.get("/entrar").text
    for path in ("/entrar/proveedor", oidc.RETURN_PATH):
        assert visitor.get(path, follow_redirects=False).headers["location"] == "/entrar"


def test_the_commands_set_it_link_an_account_and_take_it_away(idp, office, visitor, tmp_path, capsys):
    secret = tmp_path / "secreto"
    secret.write_text(SECRET + "\n")
    home = ["--home", str(office.folder)]
    told = ["--issuer", idp.url, "--client-id", CLIENT, "--url", "https://oficina.test", "--secret-file", str(secret)]
    assert main([*home, "oidc", "set", *told, "--claim", "sub"]) == 0
    assert oidc.RETURN_PATH in capsys.readouterr().out
    assert (office.folder / oidc.FILE).stat().st_mode & 0o077 == 0
    assert enters(visitor, idp).status_code == 403, "linked by e-mail, named by subject now"
    assert main([*home, "account", "link", "ana", "u-17"]) == 0
    assert enters(visitor, idp).status_code == 200
    accounts.invite(office, "beto", "ti", "https://oficina.test", by="admin")
    assert main([*home, "account", "link", "beto", "u-17"]) == 2
    assert main([*home, "oidc", "off"]) == 0
    assert "cuenta de la entidad" not in visitor.get("/entrar").text


@pytest.mark.parametrize("address", ["http://proveedor.example", "ftp://x", "proveedor", "http://169.254.169.254"])
def test_no_address_in_clear_is_taken(address):
    with pytest.raises(UserError):
        Provider(address, CLIENT, "https://oficina.test")

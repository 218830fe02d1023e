"""Set up this folder to run, develop or test the project: `python3 scripts/setup.py run|develop|test`.

* Needs Python 3.11 or later alone; looks for one by name when it is started by an older Python.
* Every step keeps the digest of what it was made from in `.venv/stamps`: a step whose inputs did not change
  costs nothing, so every make target may ask for the set-up.
* Packages come with the hashes of `requirements/*.txt`; nothing is installed outside `.venv` but the system
  packages, and those only on a Debian-like system where no password is asked.
* Card readers are optional: if pyscard cannot be built, it says what is missing and goes on.
"""

from __future__ import annotations  # an older Python must get as far as naming the one it needs

import hashlib
import os
import shutil
import subprocess
import sys
import sysconfig
from collections.abc import Iterable
from pathlib import Path

OLDEST = (3, 11)
NEWEST = 14
ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
STAMPS = VENV / "stamps"
CARD_LOG = VENV / "pyscard.log"
VENV_PYTHON = VENV / ("Scripts/python.exe" if os.name == "nt" else "bin/python")

# What a system without apt calls the packages that pyscard is built with.
CARD_HINTS = (
    ("apt-get", "sudo apt-get install libpcsclite-dev pkg-config gcc libc6-dev python3-dev"),
    ("dnf", "sudo dnf install pcsc-lite-devel pkgconf gcc python3-devel"),
    ("zypper", "sudo zypper install pcsc-lite-devel pkg-config gcc python3-devel"),
    ("pacman", "sudo pacman -S pcsclite pkgconf gcc"),
    ("apk", "sudo apk add pcsc-lite-dev pkgconf gcc musl-dev python3-dev"),
    ("brew", "xcode-select --install"),
)
CARD_HINT_OTHER = "las Herramientas de compilación de Visual Studio (C++), o Python 3.11 a 3.13"


def say(text: str) -> None:
    """Tell the person what is happening, in Spanish, without mixing with a command's own output."""
    print(text, file=sys.stderr, flush=True)


def stop(text: str) -> None:
    """End with a message that says what to do."""
    say(text)
    raise SystemExit(1)


def find_python() -> None:
    """Go on under a supported Python, or stop and say which one to install."""
    if sys.version_info >= OLDEST:
        return
    for minor in range(NEWEST, OLDEST[1] - 1, -1):
        found = shutil.which(f"python3.{minor}")
        # A version manager may leave a name on the path that starts nothing.
        if found and quiet([found, "-c", ""]):
            os.execv(found, [found, *sys.argv])
    stop(f"Se necesita Python 3.{OLDEST[1]} o posterior; este es {sys.version.split()[0]}. Instálelo y repita.")


def quiet(command: list[str]) -> bool:
    """Run a command without output; True when it succeeded."""
    return subprocess.run(command, capture_output=True, check=False).returncode == 0


def digest(parts: Iterable[str | Path]) -> str:
    """One digest of texts and of files' contents: what a step was made from."""
    total = hashlib.sha256()
    for part in parts:
        total.update(part.read_bytes() if isinstance(part, Path) else part.encode())
        total.update(b"\0")
    return total.hexdigest()


def is_done(step: str, state: str) -> bool:
    """True when the step was done from the same inputs."""
    stamp = STAMPS / step
    return stamp.is_file() and stamp.read_text(encoding="ascii") == state


def mark_done(step: str, state: str) -> None:
    """Remember what the step was made from; called after it succeeded, never before."""
    STAMPS.mkdir(exist_ok=True)
    (STAMPS / step).write_text(state, encoding="ascii")


def apt_prefix() -> list[str] | None:
    """The words before `apt-get` when it can be used without a password, else None."""
    if not sys.platform.startswith("linux") or shutil.which("apt-get") is None:
        return None
    if os.geteuid() == 0:
        return ["env", "DEBIAN_FRONTEND=noninteractive"]
    if shutil.which("sudo") and quiet(["sudo", "-n", "true"]):
        return ["sudo", "-n", "env", "DEBIAN_FRONTEND=noninteractive"]
    return None


def apt_install(packages: list[str]) -> bool:
    """Install Debian packages if this person may; the lists are refreshed only when the first try fails."""
    prefix = apt_prefix()
    if prefix is None:
        return False
    say(f"Instalando del sistema: {' '.join(packages)}")
    apt = [*prefix, "apt-get", "-qq", "-o", "DPkg::Lock::Timeout=120"]
    install = [*apt, "install", "-y", "--no-install-recommends", *packages]
    return quiet(install) or (quiet([*apt, "update"]) and quiet(install))


def pip(*words: str) -> subprocess.CompletedProcess[str]:
    """Run the environment's pip, with the environment's programs first: builds find their tools there."""
    command = [str(VENV_PYTHON), "-m", "pip", "--quiet", "--disable-pip-version-check", "--no-input", *words]
    path = os.pathsep.join([str(VENV_PYTHON.parent), os.environ.get("PATH", os.defpath)])
    environment = {**os.environ, "PATH": path}
    return subprocess.run(
        command, capture_output=True, text=True, check=False, cwd=ROOT, env=environment, errors="replace"
    )


def pip_or_stop(*words: str) -> None:
    """Run pip; a failure is shown and ends the set-up."""
    result = pip(*words)
    if result.returncode:
        say(result.stdout + result.stderr)
        stop("No se pudo instalar; arriba está el motivo. Al repetir, sigue donde quedó.")


def make_environment() -> None:
    """Make `.venv`, or make it again when its Python has gone."""
    if VENV_PYTHON.exists() and quiet([str(VENV_PYTHON), "-c", "import pip"]):
        return
    say("Creando el entorno en .venv")
    create = [sys.executable, "-m", "venv", "--clear", str(VENV)]
    if quiet(create):
        return
    exact = f"python3.{sys.version_info.minor}-venv"
    if (apt_install([exact]) or apt_install(["python3-venv"])) and quiet(create):
        return
    stop(f"Falta el módulo venv de Python. En Debian o Ubuntu: sudo apt-get install {exact}. Después, repita.")


def install_group(name: str) -> None:
    """Install one pinned list, `requirements/NAME.txt`, if it changed."""
    pins = ROOT / "requirements" / f"{name}.txt"
    state = digest([pins])
    if is_done(name, state):
        return
    say(f"Instalando requirements/{name}.txt")
    pip_or_stop("install", "--require-hashes", "--no-deps", "-r", str(pins))
    mark_done(name, state)


def install_project() -> None:
    """Link the two packages into the environment and compile them, so that the first start is no slower."""
    state = digest([ROOT / "pyproject.toml", str(ROOT)])
    if is_done("project", state):
        return
    pip_or_stop("install", "--no-deps", "--no-build-isolation", "--editable", str(ROOT))
    quiet([str(VENV_PYTHON), "-m", "compileall", "-q", str(ROOT / "itinerant"), str(ROOT / "server")])
    mark_done("project", state)


def missing_for_card() -> list[str]:
    """Debian packages that building pyscard lacks here."""
    headers = [Path("/usr/include/PCSC/winscard.h"), Path("/usr/local/include/PCSC/winscard.h")]
    python_header = Path(sysconfig.get_paths()["include"]) / "Python.h"
    needs = {
        "libpcsclite-dev": any(header.exists() for header in headers),
        "pkg-config": shutil.which("pkg-config") is not None,
        "gcc": shutil.which("gcc") is not None or shutil.which("cc") is not None,
        "libc6-dev": Path("/usr/include/stdlib.h").exists(),
        f"python3.{sys.version_info.minor}-dev": python_header.exists(),
    }
    return [package for package, present in needs.items() if not present]


def install_card() -> None:
    """Install pyscard apart from the rest: without it everything but card readers works."""
    pins = ROOT / "requirements" / "card.txt"
    missing = missing_for_card() if sys.platform.startswith("linux") else []
    state = digest([pins, *missing])
    if is_done("card", state):
        return
    if missing and apt_install(missing):
        missing = missing_for_card()
    say("Instalando requirements/card.txt")
    words = ("install", "--require-hashes", "--no-deps", "--no-build-isolation", "-r", str(pins))
    result = pip(*words)
    if result.returncode:
        CARD_LOG.write_text(result.stdout + result.stderr, encoding="utf-8")
        tools = next((hint for tool, hint in CARD_HINTS if shutil.which(tool)), CARD_HINT_OTHER)
        say("Sin lector de tarjetas: no se pudo construir pyscard. Todo lo demás funciona.")
        say(f"Para tenerlo, instale y repita: {tools} (el detalle: {CARD_LOG.relative_to(ROOT)})")
    if not result.returncode or missing:
        # Also after a failure with a known cause: tried again when the cause changes, not at each start.
        mark_done("card", digest([pins, *missing]))


def install_test_programs() -> None:
    """Install what tests drive: a terminal multiplexer, PostgreSQL, a browser, software tokens, virtual readers,
    others' verifiers."""
    present = {
        "tmux": shutil.which("tmux") is not None,
        "postgresql": any(Path("/usr/lib/postgresql").glob("*/bin/initdb")) or shutil.which("initdb") is not None,
        "chromium": any(shutil.which(name) for name in ("chromium", "chromium-browser", "google-chrome")),
        "opensc": shutil.which("pkcs11-tool") is not None,
        "poppler-utils": shutil.which("pdfsig") is not None,
        "softhsm2": shutil.which("softhsm2-util") is not None,
        "pcscd": shutil.which("pcscd") is not None or Path("/usr/sbin/pcscd").exists(),
        "vsmartcard-vpcd": Path("/usr/lib/pcsc/drivers/serial/libifdvpcd.so").exists(),
        "golang-go": shutil.which("go") is not None,
        "golang-golang-x-mod-dev": Path("/usr/share/gocode/src/golang.org/x/mod/sumdb").is_dir(),
    }
    missing = [package for package, here in present.items() if not here]
    if missing and not apt_install(missing):
        stop(f"Las pruebas necesitan {', '.join(missing)}. Instálelo con el gestor de su sistema y repita.")


def main(purpose: str) -> None:
    """Set up for `run`, `develop` or `test`; each includes the one before."""
    find_python()
    make_environment()
    install_group("build")
    install_group("runtime")
    install_card()
    install_project()
    if purpose in {"develop", "test"}:
        install_group("dev")
    if purpose == "test":
        install_test_programs()


if __name__ == "__main__":
    if len(sys.argv) != 2 or sys.argv[1] not in {"run", "develop", "test"}:
        stop("Uso: python3 scripts/setup.py run|develop|test")
    main(sys.argv[1])

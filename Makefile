# Everything a person needs; each target sets up what it lacks first. Needs Python 3.11 or later, git and make.
PYTHON ?= python3
BIN = .venv/bin
SETUP = $(PYTHON) scripts/setup.py

.PHONY: help run test check bench scale stampede profile soak setup format catalogues requirements wheel

help:
	@echo "make run      la demostración: oficina local, laptop inscrita y datos de ejemplo"
	@echo "make test     todas las pruebas"
	@echo "make check    estilo, tipos y dirección de las importaciones"
	@echo "make bench    mediciones de velocidad y tamaño"
	@echo "make scale    la oficina con las atenciones de un año (ARGS=\"--sessions 2000000 --postgresql\")"
	@echo "make stampede todas las laptops a la vez (ARGS=\"--laptops 500 --changes 2000\")"
	@echo "make profile  en qué se va el tiempo (WHAT=intake; sin WHAT, la lista)"
	@echo "make soak     pruebas aleatorias largas, y medio año de una brigada"

run:
	@$(SETUP) run
	@$(BIN)/itinerant demo

# As many processes as the machine's cores ask for (`ARGS="-n 0"`: one); a process with nothing left helps another.
test:
	@$(SETUP) test
	@$(BIN)/python -m pytest -n auto --dist worksteal $(ARGS)

check:
	@$(SETUP) develop
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-logo --cache-dir .cache/imports
	$(BIN)/python scripts/catalogues.py --check

bench:
	@$(SETUP) develop
	@$(BIN)/python -m benchmarks $(ARGS)

scale:
	@$(SETUP) develop
	@$(BIN)/python -m benchmarks.scale $(ARGS)

stampede:
	@$(SETUP) develop
	@$(BIN)/python -m benchmarks.stampede $(ARGS)

profile:
	@$(SETUP) develop
	@$(BIN)/python -m benchmarks.profile $(WHAT)

soak:
	@$(SETUP) test
	@HYPOTHESIS_PROFILE=soak $(BIN)/python -m pytest -m soak $(ARGS)

# What the others call by themselves: the environment to develop in.
setup:
	@$(SETUP) test

format:
	@$(SETUP) develop
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

# Bring the translations up to date with the Spanish source texts; what it changes is committed.
catalogues:
	@$(SETUP) develop
	$(BIN)/python scripts/catalogues.py

# Pin every dependency with its hashes, for all supported versions of Python and all platforms at once.
LOCK = $(BIN)/uv pip compile --universal --python-version 3.11 --generate-hashes --no-emit-index-url \
  --no-emit-find-links --no-header --no-annotate --quiet
requirements:
	@$(SETUP) develop
	$(LOCK) pyproject.toml --no-emit-package pyscard -o requirements/runtime.txt $(ARGS)
	$(LOCK) --group build -c requirements/runtime.txt -o requirements/build.txt $(ARGS)
	$(LOCK) --group dev -c requirements/runtime.txt -c requirements/build.txt -o requirements/dev.txt $(ARGS)
	$(LOCK) requirements/card.in --no-deps -o requirements/card.txt $(ARGS)

wheel:
	@$(SETUP) develop
	$(BIN)/python -m pip wheel . --quiet --no-deps --no-build-isolation --wheel-dir dist

# Everything this project does, by name. Each command first sets up .venv, which repeats nothing until pyproject.toml,
# constraints.txt or hashes.txt changes. Another Python: make book PYTHON=python3.12 (remove .venv first).
PYTHON ?= python3
CHAPTERS ?= $(wildcard book/*.ipynb)
BIN := .venv/bin
READY := .venv/ready
KEPT := _build/.jupyter_cache
SEEN := { git status --porcelain && git diff; } 2> /dev/null
UNCHANGED := $(SEEN) | diff .venv/seen - || { echo "these files are not as they were before: what is drawn or measured moved"; exit 1; }
PAGES := $(BIN)/jupyter-book build . -W --keep-going
TYPES := $(BIN)/mypy gridcells tests book/tools
# Three tests at a time, as some wait for processes of their own.
SHARED := -n 3 --dist worksteal
DOCTESTS := --doctest-modules gridcells tests --ignore=tests/site
UNIT := OMP_NUM_THREADS=1 $(BIN)/pytest $(SHARED) $(DOCTESTS) --durations=10 --durations-min=5
# In a fresh clone one process writes the byte code that three would else compile at the same time, each for itself.
COMPILED := { test -d tests/__pycache__ || $(BIN)/pytest $(DOCTESTS) --collect-only -q > /dev/null; }
# What takes one of two processors, and meanwhile what takes the other; the first one's words come last, and both may fail.
define together
	@mkdir -p _build
	@{ $(1); } > _build/meanwhile.log 2>&1 & meanwhile=$$!; \
	  $(2); main=$$?; wait $$meanwhile; other=$$?; cat _build/meanwhile.log; exit $$((main + other))
endef
export JUPYTER_PREFER_ENV_PATH := 1
# Byte code is kept whatever the environment says: hundreds of processes import the same modules.
export PYTHONDONTWRITEBYTECODE :=
# Threads that wait for each other sleep meanwhile: on a busy machine, waiting at full speed takes twenty times as long.
export OMP_WAIT_POLICY := PASSIVE

INSTALL := $(BIN)/pip install -q --no-compile --disable-pip-version-check
PINNED := $(INSTALL) -c constraints.txt

.DEFAULT_GOAL := help
.NOTPARALLEL:
.PHONY: help book test lab figures chapters lint types unit tried coverage rerun site before elsewhere links wheel campaign vendor clean

help:  ## List the commands
	@awk -F ':.*## ' '/^[a-z]+:.*## / {printf "make %-9s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

book: $(READY) before  ## Execute every chapter and build the site, warnings as errors
	rm -rf _build
	OMP_NUM_THREADS=1 $(BIN)/python book/tools/chapters.py --cache $(KEPT)
	$(PAGES)
	@$(UNCHANGED)
	@echo; echo "The book is built. Open file://$(CURDIR)/_build/html/index.html"

test: before lint tried site  ## Run every check: lint, types, tests, chapters, the built site
	@$(UNCHANGED)

lab: $(BIN)/jupyter-lab  ## Open the chapters in JupyterLab
	$(BIN)/jupyter lab book

figures: $(READY) before  ## Make every figure and measured claim of the book again, into figures/
	OMP_NUM_THREADS=1 $(BIN)/python book/tools/chapters.py --figures
	@$(UNCHANGED)

chapters: $(READY)  ## Execute the chapters in place and strip them (CHAPTERS=book/02_the_task.ipynb for one)
	$(BIN)/python book/tools/chapters.py $(CHAPTERS)

lint: $(READY)  ## Check the style and the layout of the code (ruff)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: $(READY)  ## Check the types of the library, the tests and the book's tools (mypy)
	$(TYPES)

unit: $(READY)  ## Test the library, its doctests, the golden values and the chapters' form
	$(UNIT)

tried: $(READY)
	$(call together,$(TYPES),$(COMPILED); $(UNIT))

coverage: $(READY)  ## Print how many lines of the library the tests run (half as long again as unit)
	rm -f .coverage .coverage.*
	OMP_NUM_THREADS=1 $(BIN)/coverage run -m pytest $(SHARED) -q $(DOCTESTS)
	@$(BIN)/coverage combine -q
	@echo "Lines of the library that the tests run: $$($(BIN)/coverage report --format=total) % (coverage html shows which)"

rerun: $(READY)  ## Execute the chapters again and compare every text output with the committed one (nbval)
	rm -rf $(KEPT)
	OMP_NUM_THREADS=1 $(BIN)/pytest -n 2 --dist loadfile -p keeping --nbval --nbval-current-env --forked --keep $(KEPT) $(CHAPTERS)

site: rerun  ## Build the book of what rerun executed and look at every page in Chromium (screenshots in _build/screenshots)
	rm -rf _build/.doctrees
	$(call together,$(BIN)/pytest -m unbuilt tests/site,$(PAGES))
	$(BIN)/pytest -n 2 --dist loadfile -m "not quiet and not unbuilt" tests/site --durations=5 --durations-min=5
	$(BIN)/pytest -m quiet tests/site

elsewhere: $(READY)  ## Compare the chapters as other processors round (CHAPTERS=..., ROUNDINGS="scalar haswell")
	$(BIN)/python book/tools/elsewhere.py $(addprefix -r ,$(ROUNDINGS)) $(CHAPTERS)

# What git sees before a command that must leave the checkout as it was: names of files, and every changed line.
before: $(READY)
	@$(SEEN) > .venv/seen

# Every build checks the links inside the book. A publisher may turn scripts away (403): try such a link by hand.
links: $(READY)  ## Ask for every address that the book links to (needs the network; report in _build/links)
	rm -rf _build/links
	mkdir -p _build/links
	sed 's/execute_notebooks: cache/execute_notebooks: "off"/' _config.yml > _build/links/_config.yml
	PYTHONPATH=book/tools $(BIN)/jupyter-book build . --config _build/links/_config.yml --path-output _build/links \
	  --builder custom --custom-builder linkcheck

wheel: $(READY)  ## Build the wheel, install it away from here and use it (BARE=--bare: with nothing borrowed)
	$(BIN)/python book/tools/wheel.py $(BARE)

campaign: $(READY)  ## Kill, mutate and fill disks for an hour, and print what became of it (MINUTES=60 SEED=1)
	$(BIN)/python tests/faults/campaign.py --minutes $(or $(MINUTES),60) $(if $(SEED),--seed $(SEED)) --record tests/faults/hours.json

vendor:  ## Fetch the browser code of others anew, for pages and tests (needs npm)
	book/tools/vendor.sh

clean:  ## Remove what was built and cached, but not .venv
	rm -rf _build .coverage .coverage.* htmlcov .hypothesis .mypy_cache .pytest_cache .ruff_cache

# The pip that comes with Python 3.11 takes twice as long as one of these days. Byte code is left to the first import: most modules
# are never imported. The last line of the set-up draws matplotlib's font list, which would otherwise speak up inside a chapter.
# What hashes.txt lists pip takes only with these digests; then it adds PyTorch, and what another system or Python needs besides.
$(READY): pyproject.toml constraints.txt hashes.txt
	@$(PYTHON) -c 'import sys; sys.exit("gridcells needs Python 3.11 or newer, $(PYTHON) is %d.%d: make book PYTHON=python3.11" % sys.version_info[:2] if sys.version_info < (3, 11) else 0)'
	@test -x $(BIN)/pip || $(PYTHON) -m venv .venv
	@echo "Installing what constraints.txt pins into .venv (some minutes the first time)"
	@$(PINNED) pip
	@$(INSTALL) --no-deps --require-hashes -r hashes.txt
	@$(PINNED) -e ".[book,test]"
	@$(BIN)/python -c "import matplotlib.font_manager"
	@touch $@

$(BIN)/jupyter-lab: $(READY)
	@$(PINNED) -e ".[lab]"
	@touch $@

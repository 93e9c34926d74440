# make run [PORT=9000] [HOST=0.0.0.0]    make install    make test [ARGS="-k words"]    make lint    make format    make clean
# make schema-proof [LEVEL=ci]    make bench-admin [POSTS=100000]    make bench-search    make lighthouse [PAGES=public]
# make translations

PYTHON := .venv/bin/python

# Flask reads FLASK_APP=run.py of .flaskenv as seen from where one stands; this line, which each Python of .venv
# runs at its start, lets `flask db ...` find the app from any subfolder.
FIND_APP := import os, sys; os.environ.setdefault("FLASK_APP", os.path.join(os.path.dirname(sys.prefix), "run.py"))

.PHONY: run install test schema-proof bench-admin bench-search lighthouse translations venv lint format clean

# HOST counts on the command line only: some shells export one that names the machine.
run: .venv/made
	@$(if $(PORT),CMS_PORT="$(PORT)") $(if $(findstring command,$(origin HOST)),CMS_HOST="$(HOST)") $(PYTHON) run.py

install: .venv/made

# The tests start hundreds of processes, which must not compile the app each for itself; nor may they keep what they
# compile of migrations, which tests change twice in a second.
COMPILED := export PYTHONDONTWRITEBYTECODE=1; $(PYTHON) -m compileall -q cms tests &&

# Where the machine has memory for files, what tests write lies there: no test cuts the power, so that nothing needs a
# disk to wait for. Others may walk through that folder, for the nodes of a cluster are not run by root.
FOLDER := memory=`df -Pk /dev/shm 2>/dev/null | awk 'NR == 2 && $$4 > 4000000 { print "/dev/shm" }'`; \
	folder=`mktemp -d "$${memory:-$${TMPDIR:-/tmp}}/lightblog-XXXXXX"`; chmod 711 "$$folder"; \
	trap 'rm -rf "$$folder"' EXIT; trap 'exit 130' INT TERM;

# Half as many workers again as cores, since some wait; a file stays with one, for its tests share what is dear to set up.
WORKERS := $(shell $(PYTHON) -c 'import os; print(os.cpu_count() * 3 // 2)' 2>/dev/null || echo 3)
test: .venv/made-for-tests
	@$(FOLDER) $(COMPILED) TMPDIR="$$folder" $(PYTHON) -m pytest -n $(WORKERS) --dist loadfile --no-loadscope-reorder $(ARGS)

# The proofs of cms/schema with their figures as a table: all of them, three hours, half an hour with LEVEL=ci, or
# minutes with LEVEL=small, which leaves out what `make test` has already tried. A kill -9 takes nothing of files in
# memory, and putting databases right a thousand times costs no disk. What is measured against the clock goes alone, at
# the end, on the disk. One that was cut off goes on with RESUME=1, if no Python has changed since.
LEVEL := 1
PROOFS_small := kills.py walks.py odd_schemas.py
PROOFS_ci := $(PROOFS_small)
PROOFS := $(if $(PROOFS_$(LEVEL)),$(addprefix tests/schema/test_,$(PROOFS_$(LEVEL))),tests/schema)
schema-proof: .venv/made-for-tests
	@$(if $(RESUME),,rm -f .figures .proved;) export CMS_TEST_PROOF=$(LEVEL) CMS_PROOF_FIGURES="$(CURDIR)/.figures"; \
	export CMS_PROOF_PASSED="$(CURDIR)/.proved"; failed=0; \
	$(FOLDER) $(COMPILED) TMPDIR="$$folder" $(PYTHON) -m pytest -q -p tests.schema.passed_before -n $(WORKERS) --dist worksteal \
	    --ignore=tests/schema/test_stalls.py $(PROOFS) || failed=1; \
	$(if $(filter small,$(LEVEL)),,$(PYTHON) -m pytest -q -p tests.schema.passed_before tests/schema/test_stalls.py || failed=1;) \
	$(PYTHON) -m tests.schema.figures .figures; exit $$failed

# The admin over a million posts (or POSTS=100000) beside the same over a thousand, on SQLite and MariaDB: a table of
# times, ratios and queries. Half an hour, most of it to make the posts; DATABASE=sqlite or mariadb takes one of them,
# KEEP=folder leaves them there for the next time.
DATABASE := both
bench-admin: POSTS := 1000000
bench-admin: .venv/made-for-tests
	@$(COMPILED) $(PYTHON) -m tests.benchmarks.admin --posts $(POSTS) --database $(DATABASE) $(if $(KEEP),--keep $(KEEP))

# The readers' search over 200,000 posts (or POSTS=20000) beside the same over 2,000, the same way. Ten minutes.
bench-search: POSTS := 200000
bench-search: .venv/made-for-tests
	@$(COMPILED) $(PYTHON) -m tests.benchmarks.search --posts $(POSTS) --database $(DATABASE) $(if $(KEEP),--keep $(KEEP))

# Scores of the pages of readers and of the admin, by Lighthouse out of npm: the machine must have Node and be otherwise idle.
lighthouse: .venv/made-for-tests
	@$(PYTHON) -m tests.benchmarks.lighthouse $(PAGES)

# Tell the catalog of each language which texts the source has now, and compile it. What is new stands there without a
# translation, which tests/test_language.py does not let pass.
translations: .venv/made
	@$(PYTHON) -m babel.messages.frontend -q extract --mapping-file=pyproject.toml --keywords="lazy lazy_pgettext:1c,2 marked marked_plural:1,2" \
	    --add-location=file --sort-by-file --project=Lightblog --output-file=.texts.pot .
	@$(PYTHON) -m babel.messages.frontend -q update --input-file=.texts.pot --output-dir=cms/translations \
	    --no-fuzzy-matching --ignore-obsolete --width=120; rm -f .texts.pot
	@$(PYTHON) -m babel.messages.frontend -q compile --directory=cms/translations

venv: .venv/made-for-tests

lint: .venv/made-for-tests
	@$(PYTHON) -m ruff check .
	@$(PYTHON) -m ruff format --check .
	@$(PYTHON) -m flask db lint

format: .venv/made-for-tests
	@$(PYTHON) -m ruff check --fix .
	@$(PYTHON) -m ruff format .

# Everything that can be made again; instance/ with the site in it stays.
clean:
	rm -rf .venv .pytest_cache .ruff_cache tests/screenshots
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

# A stamp newer than its requirements means there is nothing to install, so that a second start takes seconds.
.venv/made: requirements.txt
	@if [ ! -x $(PYTHON) ]; then \
	    for name in python3.13 python3.12 python3.11 python3; do \
	        if $$name -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then found=$$name; break; fi; \
	    done; \
	    if [ -z "$$found" ]; then \
	        echo "Lightblog needs Python 3.11 or newer; found: `python3 --version 2>/dev/null || echo none`." >&2; exit 1; \
	    fi; \
	    if ! $$found -c 'import ensurepip, venv' 2>/dev/null; then \
	        version=`$$found -c 'import sys; print("%d.%d" % sys.version_info[:2])'`; \
	        echo "This Python cannot make a virtual environment. On Debian: sudo apt install python$$version-venv" >&2; exit 1; \
	    fi; \
	    echo "Making .venv with $$found ..."; \
	    $$found -m venv .venv || { rm -rf .venv; exit 1; }; \
	fi
	@echo "Installing requirements.txt ..."
	@$(PYTHON) -m pip install --quiet --disable-pip-version-check -r requirements.txt
	@printf '%s\n' '$(FIND_APP)' > "`$(PYTHON) -c 'import sysconfig; print(sysconfig.get_path("purelib"))'`/flask_app.pth"
	@touch $@

.venv/made-for-tests: .venv/made tests/requirements.txt
	@echo "Installing tests/requirements.txt ..."
	@$(PYTHON) -m pip install --quiet --disable-pip-version-check -r tests/requirements.txt
	@touch $@

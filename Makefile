# Everything starts here; `make help` lists it. Needs Python >= 3.11 with venv, nothing else.
SHELL := /bin/sh
BIN := .venv/bin
COMPANY ?= data/sample
WORKERS ?= 2
ARGS ?=

# Many small fits on few cores: threads inside the numeric libraries only fight the workers.
export OMP_NUM_THREADS ?= 1
export OPENBLAS_NUM_THREADS ?= 1

.DEFAULT_GOAL := help
.PHONY: help setup spark browser reports test lab workshop notebooks sample lock upgrade clean clean-all compiled

help: ## List the targets
	@sed -n 's/^\([a-z-]*\):.*## /  make \1  /p' Makefile | awk '{printf "  %s %-10s ", $$1, $$2; $$1 = $$2 = ""; print}'

setup: ## Install into .venv what everything below needs; says what it skipped
	@.ci/setup

spark: ## Install the extra that runs the measures on Spark (needs Java 17 or newer)
	@.ci/setup spark

browser: ## Install the extra that tests reports in Chromium (needs Chromium)
	@.ci/setup browser

compiled: setup
	@$(BIN)/python -m compileall -q helpers

reports: compiled ## Render a company's reports: make reports COMPANY=data/sample ARGS="--period 2026-Q3"
	$(BIN)/journey render $(COMPANY) $(ARGS)

test: compiled ## Run every test: unit tests, doctests and the notebooks
	$(BIN)/python -m pytest -q -n $(WORKERS) --dist loadfile --no-loadscope-reorder --nbval-lax helpers notebooks $(ARGS)

lab: compiled ## Open JupyterLab on this machine only, with a token, at notebooks/
	JUPYTER_CONFIG_PATH=helpers/render/jupyter $(BIN)/jupyter lab --ServerApp.ip=127.0.0.1 --ServerApp.root_dir=notebooks --LabApp.news_url=None \
	  --LabApp.check_for_updates_class=jupyterlab.NeverCheckForUpdate --LabApp.extension_manager=readonly $(ARGS)

workshop: compiled ## Serve a company's workshop on this machine only, with a token: make workshop COMPANY=data/sample
	$(BIN)/journey workshop open $(COMPANY) $(ARGS)

notebooks: compiled ## Execute the notebooks again and store them
	$(BIN)/python -m helpers.render.notebooks $(ARGS)

sample: compiled ## Make the sample company's data again
	$(BIN)/python -m helpers.sample $(ARGS)

lock: setup ## Write requirements.lock again from pyproject.toml, keeping the pins that still fit
	$(BIN)/python .ci/lock.py

upgrade: setup ## Write requirements.lock again with the newest of everything
	$(BIN)/python .ci/lock.py --upgrade

clean: ## Remove caches
	rm -rf .cache .pytest_cache build *.egg-info
	find helpers notebooks -name __pycache__ -type d -prune -exec rm -rf {} +
	find notebooks -name .ipynb_checkpoints -type d -prune -exec rm -rf {} +

clean-all: clean ## Remove caches, .venv and the reports
	rm -rf .venv
	find reports -mindepth 1 ! -name README.md -prune -exec rm -rf {} +

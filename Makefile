# Everything starts from a clean clone with Python 3.11+ and make; .venv is made on first use and then reused.
# Another interpreter: make demo PYTHON=/path/to/python3.12    More for pytest: make test PYTEST_ARGS="-k wire"
PYTHON ?= python3
PYTEST_ARGS ?=
IN_VENV := .venv/bin/python -m
BOOTSTRAP := @$(PYTHON) .ci/bootstrap.py

.PHONY: help demo test verify seeds lint fix bench release screenshots clean

help: ## what there is
	@sed -n 's/^\([a-z]*\):.*## /  make \1|/p' Makefile | awk -F'|' '{ printf "%-16s %s\n", $$1, $$2 }'

demo: ## make up a class for each assignment, grade it, show the scores and the feedback
	$(BOOTSTRAP) grade
	@.venv/bin/autograder demo

# Each process starts on its own stretch of the tests, and helps the slower ones when it is done; one thread in each.
test: lint ## everything that CI runs
	@OMP_NUM_THREADS=1 $(IN_VENV) pytest -q -n auto --maxprocesses 8 --dist worksteal $(PYTEST_ARGS)

verify: ## every answer of our own to every assignment: right ones pass, wrong ones fail where they say
	$(BOOTSTRAP) dev
	@.venv/bin/autograder verify --all

seeds: ## the same on 20 seeds, on 5 of them with training; goes on where it was stopped
	$(BOOTSTRAP) dev
	@.venv/bin/autograder verify --all --seeds 20 --trained-seeds 5

lint: ## what of it needs no tests to run: style, formatting, types
	$(BOOTSTRAP) dev
	@$(IN_VENV) ruff check .
	@$(IN_VENV) ruff format --check .
	@$(IN_VENV) mypy

fix: ## mend what lint finds and can mend
	$(BOOTSTRAP) dev
	@$(IN_VENV) ruff check --fix .
	@$(IN_VENV) ruff format .

bench: ## submissions per minute, beside a fresh pytest process for each
	$(BOOTSTRAP) grade
	@.venv/bin/autograder bench
	@.venv/bin/autograder bench --class 2000

release: ## renew student_template/ and dist/ from assignments/ and solutions/
	$(BOOTSTRAP) release
	@.venv/bin/autograder release --all --check=fast

screenshots: ## renew the README's pictures of the reports
	$(BOOTSTRAP) dev
	@$(IN_VENV) tests.screenshots

clean: ## remove what was made here but .venv (delete that by hand to start over)
	rm -rf demo grades build dist .pytest_cache .mypy_cache .ruff_cache .hypothesis
	find . -name __pycache__ -not -path './.venv/*' -prune -exec rm -rf {} +

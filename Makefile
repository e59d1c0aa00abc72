# Everything starts from a clean clone with Python 3.11+ and make; .venv is made on first use and then reused.
PYTHON ?= python3
BIN := .venv/bin

.PHONY: help demo test lint bench release clean

help: ## what there is
	@grep -E '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/'

demo: ## make up a class of 40, grade it, show the scores and the feedback
	@$(PYTHON) .ci/bootstrap.py grade
	@$(BIN)/autograder demo

test: ## everything that CI runs
	@$(PYTHON) .ci/bootstrap.py dev
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy
	@$(BIN)/python -m pytest -q -n 2

lint: ## format and fix what can be fixed
	@$(PYTHON) .ci/bootstrap.py dev
	@$(BIN)/ruff check --fix .
	@$(BIN)/ruff format .

bench: ## submissions per minute, beside a fresh pytest process for each
	@$(PYTHON) .ci/bootstrap.py grade
	@$(BIN)/autograder bench

release: ## renew student_template/ from assignments/ and solutions/
	@$(PYTHON) .ci/bootstrap.py grade
	@$(BIN)/autograder release --all

clean: ## remove what was made here
	rm -rf .venv demo grades .pytest_cache .mypy_cache .ruff_cache .hypothesis

.DEFAULT_GOAL := help
.PHONY: help demo demo-down extension package test prove e2e bench lint clean

help: ## what there is
	@sed -n 's/^\([a-z0-9-]*\):.*## /\1|/p' Makefile | awk -F'|' '{ printf "  make %-12s %s\n", $$1, $$2 }'

demo: ## install, build and start everything on loopback, then say what to try
	@scripts/demo.sh

demo-down: ## stop the demo
	@scripts/services.py down demo

extension: ## dist/chathub.so
	@scripts/extension.sh

package: ## a release in dist/: addon, extension for PHP_CONFIG's PHP, installer
	@scripts/package.sh

test: ## install what is missing and run everything
	@scripts/test.sh

prove: ## the long proofs at full size, with their figures: kills, crowds, races
	@scripts/prove.sh

e2e: ## the end-to-end tests alone; with FASTADMIN_ROOT=/path on a real FastAdmin
	@scripts/test.sh deps extension e2e

bench: extension ## measure side by side with plain PHP
	@benches/run.sh

lint: ## syntax and style
	@scripts/test.sh format clippy lint

clean: ## remove what was built, keep var/
	@rm -rf dist
	@cargo clean

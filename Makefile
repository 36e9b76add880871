.PHONY: help run demo-dialog test chaos bench pictures tools fmt lint ci

help: ## what can be made
	@sed -n 's/^\([a-z-]*\):.*## /  make \1	/p' $(firstword $(MAKEFILE_LIST)) | expand -t 20

run: ## set up what is missing, build, and run the whole fleet with a sample notification per channel
	@tools/run up --demo

demo-dialog: ## the walk of a command in a terminal: asked in a fake Telegram, confirmed there, done by a service
	@tools/demo-dialog

test: ## set up what the tests need, and run them all
	@tools/setup --test
	@tools/lint
	@tools/test

chaos: ## every fault against a fleet of its own: nothing is lost, nothing is sent twice in silence
	@tools/setup --test
	@tools/chaos

bench: ## measure the fleet against its baselines, built for release (some ten minutes)
	@tools/setup --test
	@tools/bench

pictures: ## make the pictures of docs/pictures anew, from a fleet that has had an ordinary day (some five minutes)
	@tools/setup --test
	@tools/pictures

tools: ## only set up what `make run` and `make test` need
	@tools/setup --test

fmt: ## format the code
	cargo fmt --all

lint: ## what must hold before a commit besides the tests
	@tools/setup --test
	@tools/lint
	cargo clippy --workspace --all-targets --locked --features e2e/failpoints -- -D warnings

ci: ## what continuous integration runs
	@.ci/run

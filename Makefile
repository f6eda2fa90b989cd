# Cutline's commands; `make help` lists them. Each step says what it does and how many seconds it took, and shows its
# output only when it fails. What is there is not done again; what is missing, .ci/install puts in place.
SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.NOTPARALLEL:
MAKEFLAGS += --no-print-directory
.PHONY: kit help run build test counters crash load iiif check bench size released fuzz site example foreign-sites wordpress-plugin native native-release platforms tools-run tools-release tools-check tools-test FORCE

STEP := @.ci/step
BUILT := $(or $(CARGO_TARGET_DIR),target)
# The program embeds the site from here, wherever cargo builds.
SITE := target/site
PKG := $(SITE)/pkg
# One selection of packages for building, testing and linting: cargo then resolves features alike and builds them once.
NATIVE := --workspace --exclude cutline-hydrate --exclude cutline-embed --exclude cutline-example-csr
# `RELEASE=1` makes the site small instead of quickly; the file's content tells which of both is in $(SITE).
PROFILE := $(if $(RELEASE),wasm-release,dev)
COMPILE := $(if $(RELEASE),.ci/wasm,cargo build --quiet --target wasm32-unknown-unknown -p)
WASM := $(BUILT)/wasm32-unknown-unknown/$(if $(RELEASE),wasm-release,debug)/cutline_hydrate.wasm
BINDGEN := $(BUILT)/debug/cutline-bindgen
MINIFY := app/node_modules/.bin/esbuild --minify --log-level=warning --target=es2022,chrome109,firefox115,safari16 --allow-overwrite
SHRINK := app/node_modules/.bin/wasm-opt -Oz --converge --enable-bulk-memory --enable-nontrapping-float-to-int

help: ## list these commands
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "make %-8s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

run: tools-run site native ## build what changed and serve the demo gallery at http://127.0.0.1:3000
	@$(BUILT)/debug/cutline serve

build: tools-release ## make the self-contained program target/release/cutline
	@$(MAKE) RELEASE=1 site
	$(STEP) "Compile the server, optimised" cargo build --release -p cutline-server --bin cutline
	@ls -lh $(BUILT)/release/cutline | awk '{ print "  " $$NF ", " $$5 }'

test: tools-test site native example kit foreign-sites counters platforms end2end/node_modules/.package-lock.json ## run every test: unit, integration, end to end in a browser
	@.ci/test $(NATIVE)

iiif: tools-run native ## run the IIIF project's own validator, which it installs in target/iiif
	@end2end/iiif/validate

counters: tools-run ## count 10,000 texts as the platforms' own libraries do, and say where ours differ
	@end2end/counters/run

crash: tools-run site ## kill the program at each step of a share, 20 times (CRASH_RUNS) on each database, and see what becomes of the share
	@CRASH_RUNS=$(or $(CRASH_RUNS),20) cargo test --quiet $(NATIVE) --test crash -- --nocapture

load: tools-load site ## ten thousand shares, failing platforms, long queues, several processes: figures (ONLY=faults,waiting LOAD=1000)
	@ONLY=$(ONLY) LOAD=$(LOAD) cargo bench --quiet $(NATIVE) --bench load

check: tools-check end2end/node_modules/.package-lock.json | $(SITE) ## format, lints, types, licences, dependency rules
	$(STEP) "Check the format" cargo fmt --all --check
	$(STEP) "Check the dependency rules" .ci/invariants
	$(STEP) "Lint the native half" cargo clippy --quiet $(NATIVE) --all-targets -- -D warnings
	$(STEP) "Lint the browser's half" cargo clippy --quiet -p cutline-hydrate --target wasm32-unknown-unknown -- -D warnings
	$(STEP) "Lint the overlay for other sites" cargo clippy --quiet -p cutline-embed --target wasm32-unknown-unknown -- -D warnings
	$(STEP) "Lint the examples" cargo clippy --quiet $(EXAMPLES:%=-p cutline-example-%) --lib --target wasm32-unknown-unknown -- -D warnings
	$(STEP) "Check the table of the embedding guide" node app/embed/script/options.mjs --check
	$(STEP) "Check the types of the end-to-end tests" env -C end2end node_modules/.bin/tsc --noEmit
	@if cargo deny --version >/dev/null 2>&1; then .ci/step "Check licences and sources" cargo deny --workspace check licenses bans sources; \
	else echo "- Check licences and sources: skipped, there is no cargo-deny"; fi

bench: build ## measure against vips, sharp, thumbor and others (BENCH_ROUNDS=7, ONLY=jpeg,http ...)
	@bench/run

size: tools-release ## measure what browsers load, against its budget (PEERS=1: and what peers make them load)
	@$(MAKE) RELEASE=1 site
	@bench/size/run $(SITE) $(PEERS)

released: tools-test end2end/node_modules/.package-lock.json ## share in a browser with what a release loads
	@$(MAKE) RELEASE=1 site
	@$(MAKE) ALL=--all-targets native
	$(STEP) "Share with what a release loads" env -C end2end node_modules/.bin/playwright test share embed.spec

fuzz: ## look for files that break the crop engine: TARGET=walker SECONDS=600 (nightly toolchain, cargo-fuzz)
	@.ci/fuzz $(or $(TARGET),walker) $(or $(SECONDS),600)

site: $(SITE).public $(PKG)/cutline.css $(PKG)/components.css $(PKG)/loader.js $(PKG)/share.js $(PKG)/opener.js $(PKG)/cutline.wasm $(SITE)/embed/v1.json ## make what the browser loads, in target/site (RELEASE=1: small)
ifdef RELEASE
	$(STEP) "Compress it" .ci/compress $(PKG) $(SITE)/embed
else
	@find $(PKG) $(SITE)/embed -name '*.br' -delete -o -name '*.gz' -delete
endif

# -- the site

$(SITE) $(PKG):
	@mkdir -p $@

# The mark of a finished copy lies beside the site, and not in it, where it would be served.
$(SITE).public: $(shell find public 2>/dev/null) $(if $(wildcard $(SITE)/favicon.svg),,FORCE) | $(PKG)
	@find $(SITE) -mindepth 1 -maxdepth 1 ! -name pkg ! -name embed -exec rm -r {} +
	@cp -R public/. $(SITE)/
	@touch $@

# Addresses in the styles that begin with a name in public/ are for the browser to find.
$(PKG)/cutline.css: $(shell find style 2>/dev/null) app/node_modules/.package-lock.json | $(PKG)
	$(STEP) "Bundle the styles" $(MINIFY) --bundle $(patsubst public/%,'--external:/%*',$(wildcard public/*)) style/main.css --outfile=$@

$(PKG)/components.css: $(shell find style 2>/dev/null) app/node_modules/.package-lock.json | $(PKG)
	$(STEP) "Bundle the styles of the components" node style/foreign.mjs style/components.css $@

$(PKG)/%.js: app/loader/%.js app/node_modules/.package-lock.json | $(PKG)
	$(STEP) "Minify $*.js" $(MINIFY) $< --outfile=$@

# Cargo knows best whether there is something to compile; its output keeps its date when there is not.
$(WASM): FORCE | $(SITE)
	$(STEP) "Compile the browser's half" $(COMPILE) cutline-hydrate

$(PKG)/cutline.wasm: $(WASM) $(BINDGEN) $(SITE).profile app/node_modules/.package-lock.json | $(PKG)
	$(STEP) "Make the module and its glue" $(BINDGEN) $(WASM) $(PKG) cutline
ifdef RELEASE
	$(STEP) "Shrink the module" $(SHRINK) $@ -o $@
	$(STEP) "Shrink the glue" $(MINIFY) $(PKG)/cutline.js --outfile=$(PKG)/cutline.js
endif

# What other sites load: the overlay once more, as a module of its own, and the script that knows its files by their hashes.
EMBED_WASM := $(BUILT)/wasm32-unknown-unknown/$(if $(RELEASE),wasm-release,debug)/cutline_embed.wasm
$(EMBED_WASM): FORCE | $(SITE)
	$(STEP) "Compile the overlay for other sites" $(COMPILE) cutline-embed

$(SITE)/embed/v1.json: $(EMBED_WASM) $(BINDGEN) $(SITE).profile $(wildcard app/embed/script/*) $(shell find style 2>/dev/null) app/node_modules/.package-lock.json | $(PKG)
	@mkdir -p target/embed
	$(STEP) "Make its module and glue" $(BINDGEN) $(EMBED_WASM) target/embed embed
ifdef RELEASE
	$(STEP) "Shrink its module" $(SHRINK) target/embed/embed.wasm -o target/embed/embed.wasm
endif
	$(STEP) "Bundle the script for other sites" node app/embed/script/build.mjs target/embed $(SITE)/embed

$(SITE).profile: FORCE | $(SITE)
	@[ "$$(cat $@ 2>/dev/null)" = $(PROFILE) ] || echo $(PROFILE) > $@

wordpress-plugin: target/cutline-wordpress.zip ## make the WordPress plug-in, to be uploaded there

target/cutline-wordpress.zip: $(wildcard app/embed/wordpress/*) LICENSE-MIT
	@rm -rf target/embed/cutline $@ && mkdir -p target/embed/cutline && cp app/embed/wordpress/* LICENSE-MIT target/embed/cutline/
	$(STEP) "Pack the plug-in" env -C target/embed python3 -m zipfile -c ../cutline-wordpress.zip cutline

# -- the examples

EXAMPLES := csr ssr-axum islands
example: $(EXAMPLES:%=target/examples/%/example.wasm) ## build the browser's half of examples/, in target/examples

# Underscores in the file's name, as in the crate's.
EXAMPLE = $(BUILT)/wasm32-unknown-unknown/debug/cutline_example_$(subst -,_,$(1)).wasm
$(foreach example,$(EXAMPLES),$(call EXAMPLE,$(example))): $(BUILT)/wasm32-unknown-unknown/debug/cutline_example_%.wasm: FORCE
	$(STEP) "Compile the example $(subst _,-,$*)" cargo rustc --quiet -p cutline-example-$(subst _,-,$*) --lib --crate-type cdylib --target wasm32-unknown-unknown

.SECONDEXPANSION:
target/examples/%/example.wasm: $$(call EXAMPLE,$$*) $(BINDGEN) $$(wildcard examples/$$*/*.html)
	@mkdir -p $(@D)
	$(STEP) "Make the module and glue of the example $*" $(BINDGEN) $< $(@D) example
	@$(if $(wildcard examples/$*/*.html),cp examples/$*/*.html $(@D)/)

# -- the tester's kit

kit: end2end/node_modules/.package-lock.json ## pack cutline-testing, fixtures and page objects for tests of other sites, in target/kit
	@rm -rf target/kit && mkdir -p target/kit/package
	$(STEP) "Compile the tester's kit" end2end/node_modules/.bin/tsc --project end2end/kit --outDir target/kit/package
	@cp end2end/kit/package.json end2end/README.md LICENSE-MIT LICENSE-APACHE target/kit/package/
	$(STEP) "Pack it" env -C target/kit npm pack --silent ./package

# -- sites of others, built by their owners' tools

foreign-sites: target/foreign/built ## build the sites that the end-to-end tests put the script into, with Vite

target/foreign/built: $(shell find end2end/sites -name node_modules -prune -o -type f -print) end2end/sites/node_modules/.package-lock.json
	$(STEP) "Build sites of others" env -C end2end/sites node_modules/.bin/vite build
	@touch $@

# -- the programs

# The test libraries turn on features of shared dependencies: compiled along with the tests, the server is built once.
test: ALL := --all-targets
native: | $(SITE)
	$(STEP) "Compile the server$(if $(ALL), and the tests)" cargo build --quiet $(NATIVE) $(ALL)

native-release:
	$(STEP) "Compile the maker of the glue" cargo build --quiet -p cutline-bindgen

$(BINDGEN): $(if $(RELEASE),native-release,native)
	@:

# -- what is not ours

tools-run tools-release tools-check tools-test tools-load: tools-%:
	@.ci/install $*

%/node_modules/.package-lock.json: %/package-lock.json
	$(STEP) "Install the npm packages of $*/" env -C $* npm ci --include=dev
	@touch $@

# Real servers to post to.
platforms:
	@end2end/platforms/install
	@end2end/platforms/bluesky/install
	@end2end/platforms/matrix/install
	@end2end/platforms/nostr/install
	@end2end/platforms/oauth/install
	@end2end/platforms/wordpress/install

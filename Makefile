# SPDX-License-Identifier: Apache-2.0
# Copyright The VideoStream authors
# The front door. CMake does the building (CMakePresets.json); this file names the few things a
# person wants from it. Every goal first installs what it needs and is missing (tools/setup.sh).
.DEFAULT_GOAL := help
.PHONY: help setup build demo test lab check storm fuzz bench bench-gst bench-codec install format \
        lint clean coverage kernel

PRESET ?= release
PREFIX ?= /usr/local
JOBS ?= $(shell nproc)
BUILD := build/$(PRESET)
VIDEOSTREAM := $(BUILD)/apps/videostream/videostream

# What each goal installs is what it needs: tools/setup.sh has the sets.
help:           ## show this list
	@sed -n 's/^\([a-z][a-z-]*\):.*## \(.*\)/\1|\2/p' $(MAKEFILE_LIST) | \
	  while IFS='|' read -r goal text; do printf '  make %-12s %s\n' "$$goal" "$$text"; done

setup:          ## install the packages that any goal needs and that are missing (Debian 12)
	@tools/setup.sh

build:          ## configure and build the preset PRESET (default release), tests and all
	@tools/setup.sh build elements test
	@tools/build.sh $(PRESET) $(JOBS)

demo:           ## publish real video to three consumers and watch it, about 10 s
	@tools/setup.sh build demo
	@tools/build.sh $(PRESET) $(JOBS) command
	$(VIDEOSTREAM) demo $(DEMO_ARGS)

# Beside ctest, which would hide for minutes what it waits for.
kernel:
	@tools/setup.sh lab
	@JOBS=$(JOBS) lab/run --kernel

test: build kernel  ## run every test
	@CTEST_PARALLEL_LEVEL=$(JOBS) tools/run_tests.sh $(PRESET)

lab: build kernel   ## run the tests that need devices, in a virtual machine (lab/README.md)
	@CTEST_PARALLEL_LEVEL=$(JOBS) tools/run_tests.sh $(PRESET) -L lab

check:          ## the whole gate: format, layers, both compilers, sanitizers
	@tools/setup.sh build elements demo test check
	@+tools/check.sh $(JOBS)

storm:          ## kill, stop and cheat everything around a host; STORM_ARGS="--seconds 600"
	@tools/setup.sh build elements test
	@tools/build.sh $(PRESET) $(JOBS) videostream_storm
	$(BUILD)/tests/storm/videostream_storm $(STORM_ARGS)
	$(BUILD)/tests/storm/videostream_storm --scenario attacks

fuzz:           ## invent input for a minute each; FUZZ_ARGS="--seconds 3600 host"
	@tools/setup.sh build check
	@tools/fuzz.sh $(FUZZ_ARGS)

coverage:       ## which lines of src/wire and src/ipc the tests and corpora run
	@tools/setup.sh build elements test
	@tools/coverage.sh $(COVERAGE_ARGS)

bench:          ## latency against the floor of the machine, medians of five runs
	@tools/setup.sh build
	@tools/build.sh $(PRESET) $(JOBS) command
	$(VIDEOSTREAM) bench --clients 1,4,16,64 --runs 5 $(BENCH_ARGS)

bench-gst:      ## vslsink and vslsrc beside shmsink and unixfdsink; BENCH_ARGS="--json"
	@tools/setup.sh build elements test bench
	@tools/build.sh $(PRESET) $(JOBS) gst_bench
	GST_PLUGIN_PATH=$(BUILD)/gst GST_REGISTRY=$(BUILD)/gstreamer-registry.bin \
	  $(BUILD)/bench/gst_bench $(BENCH_ARGS)

bench-codec:    ## coding through the library beside the ffmpeg command; BENCH_ARGS="--json"
	@tools/setup.sh build elements test bench
	@tools/build.sh $(PRESET) $(JOBS) codec_bench >&2
	@bench/codec/compare.py $(BUILD)/bench/codec_bench $(BENCH_ARGS)

install:        ## install to DESTDIR and PREFIX (default /usr/local)
	@tools/setup.sh build elements
	@tools/build.sh $(PRESET) $(JOBS) installed
	DESTDIR="$(DESTDIR)" cmake --install $(BUILD) --prefix "$(PREFIX)" --strip
	@if [ -z "$(DESTDIR)" ] && [ "$$(id -u)" -eq 0 ]; then ldconfig; fi
	@[ -n "$(DESTDIR)" ] || tools/after_install.sh "$(PREFIX)"

format:         ## format all sources in place
	@tools/setup.sh format
	@tools/format.sh

lint: build     ## clang-tidy over our sources; advice, not a gate
	@tools/setup.sh lint
	@tools/lint.sh $(BUILD) $(JOBS)

clean:          ## remove everything that was built
	rm -rf build

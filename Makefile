# SPDX-License-Identifier: Apache-2.0
# Copyright The VideoStream authors
# The front door. CMake does the building (CMakePresets.json); this file names the few things a
# person wants from it. Every goal that builds first installs what is missing (tools/setup.sh).
.DEFAULT_GOAL := help
.PHONY: help setup build demo test lab check storm fuzz bench bench-gst bench-codec install format lint clean

PRESET ?= release
PREFIX ?= /usr/local
JOBS ?= $(shell nproc)
BUILD := build/$(PRESET)
VIDEOSTREAM := $(BUILD)/apps/videostream/videostream
INSTALLED := installed

help:           ## show this list
	@sed -n 's/^\([a-z][a-z-]*\):.*## \(.*\)/  make \1|\2/p' $(MAKEFILE_LIST) | column -t -s '|'

setup:          ## install the packages that are missing (Debian 12)
	@tools/setup.sh

build: setup    ## configure and build the preset PRESET (default release), tests and all
	@tools/build.sh $(PRESET) $(JOBS)

# The library and the command, for goals that need no tests.
.PHONY: build-installed
build-installed: setup
	@tools/build.sh $(PRESET) $(JOBS) $(INSTALLED)

demo: build-installed     ## publish real video to three consumers and watch it, about 10 s
	$(VIDEOSTREAM) demo $(DEMO_ARGS)

# Beside ctest, which would hide for minutes what it waits for.
.PHONY: kernel
kernel: setup
	@JOBS=$(JOBS) lab/run --kernel

test: build kernel  ## run every test
	@CTEST_PARALLEL_LEVEL=$(JOBS) tools/run_tests.sh $(PRESET)

lab: build kernel   ## run the tests that need devices, in a virtual machine (lab/README.md)
	@CTEST_PARALLEL_LEVEL=$(JOBS) tools/run_tests.sh $(PRESET) -L lab

check: setup    ## the whole gate: format, layers, both compilers, sanitizers
	@+tools/check.sh $(JOBS)

storm: setup    ## kill, stop and cheat everything around a host; STORM_ARGS="--seconds 600"
	@tools/build.sh $(PRESET) $(JOBS) videostream_storm
	$(BUILD)/tests/storm/videostream_storm $(STORM_ARGS)

fuzz: setup     ## invent input for a minute each; FUZZ_ARGS="--seconds 3600 host"
	@tools/fuzz.sh $(FUZZ_ARGS)

coverage: setup ## which lines of src/wire and src/ipc the tests and corpora run
	@tools/coverage.sh $(COVERAGE_ARGS)

bench: build-installed    ## latency against the floor of the machine, medians of five runs
	$(VIDEOSTREAM) bench --clients 1,4,16,64 --runs 5 $(BENCH_ARGS)

bench-gst: setup          ## vslsink and vslsrc beside shmsink and unixfdsink; BENCH_ARGS="--json"
	@tools/build.sh $(PRESET) $(JOBS) gst_bench
	GST_PLUGIN_PATH=$(BUILD)/gst GST_REGISTRY=$(BUILD)/gstreamer-registry.bin \
	  $(BUILD)/bench/gst_bench $(BENCH_ARGS)

bench-codec: setup  ## coding through the library beside the ffmpeg command; BENCH_ARGS="--json"
	@tools/build.sh $(PRESET) $(JOBS) codec_bench >&2
	@bench/codec/compare.py $(BUILD)/bench/codec_bench $(BENCH_ARGS)

install: build-installed  ## install to DESTDIR and PREFIX (default /usr/local)
	DESTDIR="$(DESTDIR)" cmake --install $(BUILD) --prefix "$(PREFIX)"
	@if [ -z "$(DESTDIR)" ] && [ "$$(id -u)" -eq 0 ]; then ldconfig; fi

format: setup   ## format all sources in place
	@tools/format.sh

lint: build     ## clang-tidy over our sources; advice, not a gate
	@tools/lint.sh $(BUILD) $(JOBS)

clean:          ## remove everything that was built
	rm -rf build

// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
// A library of the wrapper's name with one of its functions.
extern "C" __attribute__((visibility("default"))) int VPU_DecLoad() { return 1; }

// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

#include "device_units.hpp"

namespace vsl::command {

struct ReportOptions {
  std::vector<DeviceClass> classes;  ///< which were asked for; none: all
  bool each_node = false, verbose = false;
  bool shows(DeviceClass kind) const;
};

/// The two forms of what `devices` prints.
nlohmann::ordered_json devices_json(const std::vector<Device>& devices,
                                    const ReportOptions& options);
std::string devices_text(const std::vector<Device>& devices, const ReportOptions& options);

}  // namespace vsl::command

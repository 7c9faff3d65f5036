// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#pragma once

#include <cerrno>
#include <memory>
#include <string>

#include "videostream.h"
#include "videostream/result.hpp"

namespace vsl::bench {

struct ReleaseCFrame {
  void operator()(VSLFrame* frame) const { vsl_frame_release(frame); }
};
struct ReleaseCClient {
  void operator()(VSLClient* client) const { vsl_client_release(client); }
};
using CFrame = std::unique_ptr<VSLFrame, ReleaseCFrame>;

/// A client of the C API, owned.
class CClient {
 public:
  static Result<CClient> connect(const std::string& path) {
    CClient client;
    client.client_.reset(vsl_client_init(path.c_str(), nullptr, false));
    if (!client.client_) return Error::last("vsl_client_init " + path);
    constexpr float kPatienceSeconds = 0.2F;
    vsl_client_set_timeout(client.client_.get(), kPatienceSeconds);
    return client;
  }
  /// The next frame; empty with errno set when there was none.
  CFrame wait() { return CFrame(vsl_frame_wait(client_.get(), 0)); }

 private:
  std::unique_ptr<VSLClient, ReleaseCClient> client_;
};

}  // namespace vsl::bench

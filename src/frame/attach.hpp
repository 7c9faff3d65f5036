// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#pragma once

#include "base/unique_fd.hpp"
#include "videostream/buffer.hpp"

namespace vsl {

/// Buffer::attach of an fd that is ours already, mapped with `most` at most. Errors: the same.
Result<std::shared_ptr<Buffer>> attach_owned(UniqueFd fd, std::size_t bytes, Access most);

}  // namespace vsl

// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#include "v4l2/queue_memory.hpp"

#include <linux/videodev2.h>

#include <array>

namespace vsl::v4l2 {
namespace {

struct Kind {
  std::uint32_t ours, memory, capability;
};
constexpr auto kKinds = std::to_array<Kind>({
    {kQueueMmap, V4L2_MEMORY_MMAP, V4L2_BUF_CAP_SUPPORTS_MMAP},
    {kQueueUserptr, V4L2_MEMORY_USERPTR, V4L2_BUF_CAP_SUPPORTS_USERPTR},
    {kQueueDmabuf, V4L2_MEMORY_DMABUF, V4L2_BUF_CAP_SUPPORTS_DMABUF},
});

// What the driver says of a queue when it accepts a question about one kind; nothing if refused.
struct Answer {
  bool accepted = false;
  std::uint32_t capabilities = 0;  // V4L2_BUF_CAP_*; 0 before Linux 4.20
};

// No buffers, please: checks kind and queue, changes nothing, and is answered also while another
// program has the queue. drivers/media/common/videobuf2/videobuf2-v4l2.c, vb2_ioctl_create_bufs()
Answer ask_to_create(const Ask& ask, std::uint32_t queue, std::uint32_t memory) {
  v4l2_create_buffers request{};
  request.memory = memory;
  request.format.type = queue;
  if (ask(VIDIOC_CREATE_BUFS, &request) < 0) return {};
  return {true, request.capabilities};
}

// For drivers without the above: frees buffers of this descriptor, which has none, and is refused
// while another one owns the queue.
Answer ask_to_free(const Ask& ask, std::uint32_t queue, std::uint32_t memory) {
  v4l2_requestbuffers request{};
  request.memory = memory;
  request.type = queue;
  if (ask(VIDIOC_REQBUFS, &request) < 0) return {};
  return {true, request.capabilities};
}

template <class Question>
std::uint32_t kinds_by(const Question& question, const Ask& ask, std::uint32_t queue) {
  std::uint32_t accepted = 0, listed = 0;
  for (const Kind& kind : kKinds) {
    const Answer answer = question(ask, queue, kind.memory);
    if (!answer.accepted) continue;
    accepted |= kind.ours;
    for (const Kind& other : kKinds) {
      if ((answer.capabilities & other.capability) != 0) listed |= other.ours;
    }
    if (listed != 0) return listed;  // one answer has it all
  }
  return accepted;
}

}  // namespace

std::uint32_t queue_memory(const Ask& ask, std::uint32_t queue) {
  const std::uint32_t kinds = kinds_by(ask_to_create, ask, queue);
  return kinds != 0 ? kinds : kinds_by(ask_to_free, ask, queue);
}

}  // namespace vsl::v4l2

// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#include "floor.hpp"

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <atomic>
#include <cstdio>
#include <cstring>
#include <thread>
#include <vector>

#include "bench/timing.hpp"
#include "station.hpp"

namespace vsl::gst_bench {
namespace {

constexpr const char* kWord = "floor";
constexpr std::size_t kFrames = 8;  // as many as are under way on the bus
constexpr std::size_t kPageBytes = 4096;
constexpr std::int64_t kLookEveryNs = 100'000'000;

struct Plan {
  Picture picture;
  char name[64] = {};  ///< of the shared memory

  std::size_t frame_bytes() const {
    const auto bytes = static_cast<std::size_t>(picture.width_px) *
                       static_cast<std::size_t>(picture.height_px) * 3 / 2;
    return (bytes + kPageBytes - 1) / kPageBytes * kPageBytes;
  }
  std::size_t all_bytes() const { return kPageBytes + kFrames * frame_bytes(); }
};

bool parse(const std::string& text, Plan& plan) {
  return std::sscanf(text.c_str(), "floor %dx%d %d %63s", &plan.picture.width_px,
                     &plan.picture.height_px, &plan.picture.rate_fps, plan.name) == 4;
}

/// The word in the first page, then the frames.
std::byte* map(const Plan& plan, Side side) {
  const int flags = side == Side::producer ? O_RDWR | O_CREAT | O_EXCL : O_RDWR;
  const int fd = ::shm_open(plan.name, flags, 0600);
  if (fd < 0) return nullptr;
  void* data = MAP_FAILED;
  if (side == Side::consumer || ::ftruncate(fd, static_cast<off_t>(plan.all_bytes())) == 0) {
    data =
        ::mmap(nullptr, plan.all_bytes(), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_POPULATE, fd, 0);
  }
  ::close(fd);
  return data == MAP_FAILED ? nullptr : static_cast<std::byte*>(data);
}

class Floor {
 public:
  Floor(const Plan& plan, std::byte* data) : plan_(plan), word_(*reinterpret_cast<Word*>(data)) {
    for (std::size_t i = 0; i < kFrames; ++i) {
      frames_.push_back(
          gst_buffer_new_wrapped_full(GstMemoryFlags{}, data + kPageBytes + i * plan.frame_bytes(),
                                      plan.frame_bytes(), 0, plan.frame_bytes(), nullptr, nullptr));
    }
  }
  ~Floor() {
    for (GstBuffer* frame : frames_) gst_buffer_unref(frame);
  }
  Floor(const Floor&) = delete;
  Floor& operator=(const Floor&) = delete;

  void produce(Station& station) {
    const std::int64_t period_ns = 1'000'000'000 / plan_.picture.rate_fps;
    std::int64_t due_ns = bench::now_ns();
    for (std::uint32_t number = 1; !over_.load(); ++number) {
      due_ns += period_ns;
      bench::sleep_until(due_ns);
      GstBuffer*& frame = frames_[number % kFrames];
      gst_buffer_memset(frame, 0, static_cast<guint8>(number), plan_.frame_bytes());
      station.pass(frame);
      word_.store(number, std::memory_order_release);  // who sees it sees the pixels
      bench::wake_all(word_);
    }
  }
  void consume(Station& station) {
    std::uint32_t seen = word_.load();
    while (!over_.load()) {
      bench::wait_while(word_, seen, kLookEveryNs);
      const std::uint32_t now = word_.load(std::memory_order_acquire);
      if (now == seen) continue;
      seen = now;
      station.pass(frames_[seen % kFrames]);
    }
  }
  void end() { over_ = true; }

 private:
  using Word = std::atomic<std::uint32_t>;
  const Plan plan_;
  Word& word_;
  std::vector<GstBuffer*> frames_;
  std::atomic<bool> over_{false};
};

}  // namespace

std::string floor_text(const Picture& picture, const std::string& path) {
  return std::string(kWord) + " " + std::to_string(picture.width_px) + "x" +
         std::to_string(picture.height_px) + " " + std::to_string(picture.rate_fps) + " " +
         path.substr(path.rfind('/'));
}

bool is_floor(const std::string& text) { return text.starts_with(kWord); }

int run_floor(Side side, const std::string& text) {
  Plan plan;
  std::byte* data = parse(text, plan) ? map(plan, side) : nullptr;
  if (data == nullptr) {
    std::fprintf(stderr, "gst_bench: cannot share memory for %s: %s\n", text.c_str(),
                 std::strerror(errno));
    return 1;
  }
  int exit_code = 0;
  {
    Station station(side);
    Floor floor(plan, data);
    std::thread thread(
        [&] { side == Side::producer ? floor.produce(station) : floor.consume(station); });
    exit_code = station.run();
    floor.end();
    thread.join();
  }
  ::munmap(data, plan.all_bytes());
  if (side == Side::producer) ::shm_unlink(plan.name);
  return exit_code;
}

}  // namespace vsl::gst_bench

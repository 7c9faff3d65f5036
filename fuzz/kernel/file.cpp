// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#include "kernel/file.hpp"

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "base/clock.hpp"
#include "kernel/kernel.hpp"

namespace vsl::fuzz::kernel {
namespace {

struct Table {
  std::vector<FilePtr> files;
  std::size_t first_free = 0;
  std::size_t open = 0;
};

Table& table() {
  static Table& instance = *new Table;  // descriptors live in statics that end later
  return instance;
}

class Eventfd final : public File {
 public:
  explicit Eventfd(std::uint64_t count) : File(0600, O_RDWR), count_(count) {}

  std::uint32_t events() const override {
    return (count_ > 0 ? EPOLLIN : 0U) | (count_ < UINT64_MAX - 1 ? EPOLLOUT : 0U);
  }
  ssize_t read(void* to, std::size_t bytes) override {
    if (bytes < sizeof count_) return -EINVAL;
    if (count_ == 0) return -EAGAIN;
    std::memcpy(to, &count_, sizeof count_);
    count_ = 0;
    return sizeof count_;
  }
  ssize_t write(const void* from, std::size_t bytes) override {
    std::uint64_t more = 0;
    if (bytes < sizeof more) return -EINVAL;
    std::memcpy(&more, from, sizeof more);
    if (more == UINT64_MAX) return -EINVAL;
    if (more > UINT64_MAX - 1 - count_) return -EAGAIN;
    count_ += more;
    return sizeof more;
  }
  std::string link() const override { return "anon_inode:[eventfd]"; }

 private:
  std::uint64_t count_;
};

class Timerfd final : public File {
 public:
  Timerfd() : File(0600, O_RDWR) {}

  void set(std::int64_t at_ns) { at_ns_ = at_ns; }
  std::uint32_t events() const override { return due() ? EPOLLIN : 0; }
  ssize_t read(void* to, std::size_t bytes) override {
    constexpr std::uint64_t kOnce = 1;
    if (bytes < sizeof kOnce) return -EINVAL;
    if (!due()) return -EAGAIN;
    at_ns_ = 0;
    std::memcpy(to, &kOnce, sizeof kOnce);
    return sizeof kOnce;
  }
  std::string link() const override { return "anon_inode:[timerfd]"; }

 private:
  bool due() const { return at_ns_ != 0 && at_ns_ <= monotonic_ns(); }
  std::int64_t at_ns_ = 0;
};

class Thing final : public File {
 public:
  Thing(mode_t mode_in, int flags_in, std::string link)
      : File(mode_in, flags_in), link_(std::move(link)) {}
  std::string link() const override { return link_; }

 private:
  const std::string link_;
};

class Blocker final : public File {
 public:
  Blocker() : File(S_IFSOCK | 0777, O_RDWR) {}
  std::string link() const override { return "socket:[2]"; }
  bool blocks_when_closed() const override { return true; }
};

class Text final : public File {
 public:
  explicit Text(std::string text) : File(S_IFREG | 0444, O_RDONLY), text_(std::move(text)) {}
  ssize_t read(void* to, std::size_t bytes) override {
    const std::size_t some = std::min(bytes, text_.size() - position_);
    std::memcpy(to, text_.data() + position_, some);
    position_ += some;
    return static_cast<ssize_t>(some);
  }
  bool knows_nowait() const override { return false; }

 private:
  const std::string text_;
  std::size_t position_ = 0;
};

class Epoll final : public File {
 public:
  Epoll() : File(0600, O_RDWR) {}
  std::string link() const override { return "anon_inode:[eventpoll]"; }

  int change(int operation, int fd, const epoll_event* event) {
    const FilePtr file = share(fd);
    if (file == nullptr) return -EBADF;
    if (file.get() == this) return -EINVAL;
    forget_closed();
    const auto known = std::find_if(watches_.begin(), watches_.end(), [&](const Watch& watch) {
      return watch.fd == fd && watch.file.lock() == file;
    });
    if (operation == EPOLL_CTL_ADD) {
      if (known != watches_.end()) return -EEXIST;
      watches_.push_back({fd, file, *event});
      return 0;
    }
    if (known == watches_.end()) return -ENOENT;
    if (operation == EPOLL_CTL_MOD) {
      known->event = *event;
    } else {
      watches_.erase(known);
    }
    return 0;
  }

  int look(epoll_event* events, int most) {
    forget_closed();
    int count = 0;
    for (const Watch& watch : watches_) {
      const FilePtr file = watch.file.lock();
      const std::uint32_t ready = file->events() & (watch.event.events | EPOLLERR | EPOLLHUP);
      if (ready == 0 || count == most) continue;
      events[count] = watch.event;
      events[count++].events = ready;
    }
    return count;
  }

 private:
  struct Watch {
    int fd;
    std::weak_ptr<File> file;
    epoll_event event;
  };
  void forget_closed() {
    std::erase_if(watches_, [](const Watch& watch) { return watch.file.expired(); });
  }
  std::vector<Watch> watches_;
};

}  // namespace

std::size_t open_descriptors() { return table().open; }

ssize_t File::read(void* /*to*/, std::size_t /*bytes*/) {
  if ((flags & O_PATH) != 0) return -EBADF;
  if (S_ISDIR(mode)) return -EISDIR;
  if (S_ISFIFO(mode)) return -EAGAIN;  // for ever: nobody writes
  return S_ISCHR(mode) ? 0 : -EINVAL;
}

ssize_t File::write(const void* /*from*/, std::size_t bytes) {
  return S_ISCHR(mode) ? static_cast<ssize_t>(bytes) : -EINVAL;
}

int install(FilePtr file) {
  Table& all = table();
  while (all.first_free < all.files.size() && all.files[all.first_free] != nullptr) {
    ++all.first_free;
  }
  const std::size_t place = all.first_free++;
  if (place == all.files.size()) all.files.emplace_back();
  all.files[place] = std::move(file);
  ++all.open;
  return kFirstDescriptor + static_cast<int>(place);
}

FilePtr share(int fd) {
  const auto place = static_cast<std::size_t>(fd - kFirstDescriptor);
  return is_ours(fd) && place < table().files.size() ? table().files[place] : nullptr;
}

File* find(int fd) { return share(fd).get(); }

int close_descriptor(int fd) {
  Table& all = table();
  const auto place = static_cast<std::size_t>(fd - kFirstDescriptor);
  if (place >= all.files.size() || all.files[place] == nullptr) return -EBADF;
  const FilePtr file = std::move(all.files[place]);  // ends when the table is whole again
  all.files[place] = nullptr;
  all.first_free = std::min(all.first_free, place);
  --all.open;
  return 0;
}

std::vector<int> descriptors() {
  std::vector<int> all;
  for (std::size_t i = 0; i < table().files.size(); ++i) {
    if (table().files[i] != nullptr) all.push_back(kFirstDescriptor + static_cast<int>(i));
  }
  return all;
}

FilePtr make_eventfd(std::uint64_t count) { return std::make_shared<Eventfd>(count); }
FilePtr make_timerfd() { return std::make_shared<Timerfd>(); }

int set_timer(int fd, std::int64_t at_ns) {
  auto* timer = find_as<Timerfd>(fd);
  if (timer == nullptr) return -EINVAL;
  timer->set(at_ns);
  return 0;
}

FilePtr make_thing(mode_t mode, int flags, std::string link) {
  return std::make_shared<Thing>(mode, flags, std::move(link));
}

FilePtr make_blocker() { return std::make_shared<Blocker>(); }

FilePtr make_text(std::string text) { return std::make_shared<Text>(std::move(text)); }

FilePtr make_epoll() { return std::make_shared<Epoll>(); }

int epoll_change(int epoll, int operation, int fd, const epoll_event* event) {
  auto* file = find_as<Epoll>(epoll);
  return file != nullptr ? file->change(operation, fd, event) : -EINVAL;
}

int epoll_look(int epoll, epoll_event* events, int most) {
  auto* file = find_as<Epoll>(epoll);
  return file != nullptr ? file->look(events, most) : -EINVAL;
}

}  // namespace vsl::fuzz::kernel

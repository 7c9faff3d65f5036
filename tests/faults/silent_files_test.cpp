// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#include <fcntl.h>
#include <gtest/gtest.h>
#include <linux/fuse.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/stat.h>

#include "faults.hpp"
#include "raw_host.hpp"

/// Files of a file system that does not answer, sent by a host.
namespace vsl::faults {
namespace {

using namespace std::chrono_literals;
using ipc::test::must;
using wire::v2::MessageType;

constexpr std::size_t kBytes = 65536;
constexpr std::uint64_t kFileNode = 2;

/// What a file system of one file says, as far as opening it takes.
class OneFile {
 public:
  explicit OneFile(const std::string& folder) : device_(::open("/dev/fuse", O_RDWR | O_CLOEXEC)) {
    const std::string options =
        "fd=" + std::to_string(device_.get()) + ",rootmode=40000,user_id=0,group_id=0";
    mounted_ =
        ::mount("one-file", folder.c_str(), "fuse", MS_NOSUID | MS_NODEV, options.c_str()) == 0;
  }
  bool mounted() const { return mounted_; }
  int fd() const { return device_.get(); }

  void answer() const {
    alignas(fuse_in_header) std::array<std::byte, 2 * FUSE_MIN_READ_BUFFER> request;
    if (::read(fd(), request.data(), request.size()) < 0) return;
    const auto& asked = *reinterpret_cast<const fuse_in_header*>(request.data());
    if (asked.opcode == FUSE_INIT) {
      fuse_init_out out{};
      out.major = FUSE_KERNEL_VERSION;
      out.minor = 31;
      out.max_write = 4096;
      return reply(asked, out);
    }
    if (asked.opcode == FUSE_LOOKUP) {
      fuse_entry_out out{};
      out.nodeid = kFileNode;
      out.attr = attributes(kFileNode);
      return reply(asked, out);
    }
    if (asked.opcode == FUSE_GETATTR) {
      fuse_attr_out out{};  // valid for no time: every stat asks again
      out.attr = attributes(asked.nodeid);
      return reply(asked, out);
    }
    if (asked.opcode == FUSE_OPEN) return reply(asked, fuse_open_out{});
    if (asked.opcode != FUSE_FORGET) refuse(asked);
  }

 private:
  static fuse_attr attributes(std::uint64_t node) {
    fuse_attr attributes{};
    attributes.ino = node;
    attributes.mode = node == kFileNode ? S_IFREG | 0666 : S_IFDIR | 0755;
    attributes.size = node == kFileNode ? kBytes : 0;
    attributes.nlink = 1;
    return attributes;
  }
  template <class Out>
  void reply(const fuse_in_header& asked, const Out& out) const {
    struct {
      fuse_out_header header;
      Out out;
    } message{{sizeof message, 0, asked.unique}, out};
    (void)!::write(fd(), &message, sizeof message);
  }
  void refuse(const fuse_in_header& asked) const {
    const fuse_out_header header{sizeof header, -ENOSYS, asked.unique};
    (void)!::write(fd(), &header, sizeof header);
  }

  UniqueFd device_;
  bool mounted_ = false;
};

constexpr std::uint64_t kMounted = 1, kCannot = 2, kBeSilent = 3;

/// Answers until it is told to be silent; its end ends the file system. A process of its own: who
/// waits for an answer cannot be killed.
int serve(const Line& line, const std::string& folder) {
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  const OneFile file(folder);
  line.tell(file.mounted() ? kMounted : kCannot);
  while (line.heard() != kBeSilent) {
    if (readable(file.fd(), 10)) file.answer();
  }
  line.tell(kBeSilent);
  (void)line.wait();
  return 0;
}

struct SilentFilesTest : ::testing::Test {
  void SetUp() override {
    ASSERT_NE(::mkdtemp(folder), nullptr);
    server.emplace([&](const Line& line) { return serve(line, folder); });
    if (server->line().wait() != kMounted) GTEST_SKIP() << "no FUSE, or not root";
    file = UniqueFd(::open((std::string(folder) + "/file").c_str(), O_RDWR | O_CLOEXEC));
    ASSERT_TRUE(file) << std::strerror(errno);
    server->line().tell(kBeSilent);
    ASSERT_EQ(server->line().wait(), kBeSilent);
  }
  void TearDown() override {
    server.reset();  // what waits for the file system goes on now
    ::umount2(folder, MNT_DETACH);
    ::rmdir(folder);
  }

  char folder[32] = "/tmp/vsl-silent-XXXXXX";
  std::optional<Process> server;
  UniqueFd file;
};

TEST_F(SilentFilesTest, OneInThePlaceOfABufferHoldsNoClientUpThatRefusesIt) {
  RawHost host(ipc::test::socket_path());
  {
    Client client = must(Client::connect(host.name, {.refuse_may_fault = true}));
    host.accept();
    (void)host.send(wire::v2::bytes_of(host.welcome()), host.welcome_fds());
    wire::v2::Buffers message{};
    message.type = static_cast<std::uint32_t>(MessageType::buffers);
    message.count = 1;
    message.bytes = offsetof(wire::v2::Buffers, records) + sizeof(wire::v2::BufferRecord);
    message.records[0] = {wire::v2::kBufferCount, kBytes, 1, 0};
    host.board().buffers[0].id.store(wire::v2::kBufferCount, std::memory_order_release);
    const int number = file.get();
    (void)host.send(wire::v2::bytes_of(message).first(message.bytes), {&number, 1});
    wire::v2::post(host.board(), 0, 1, RawHost::picture(wire::v2::kBufferCount), {});
    while (client.stats().refused == 0) ASSERT_FALSE(must(client.wait_frame(10ms)));
  }  // closes what it was sent
}

TEST_F(SilentFilesTest, OneInTheWelcomeHoldsNoClientUp) {
  RawHost host(ipc::test::socket_path());
  Client client = must(Client::connect(host.name));
  host.accept();
  auto fds = host.welcome_fds();
  fds[0] = file.get();
  (void)host.send(wire::v2::bytes_of(host.welcome()), fds);
  EXPECT_FALSE(client.wait_frame(10s));
}

TEST_F(SilentFilesTest, OneInAFrameOfVersion1HoldsNoClientUp) {
  RawHost host(ipc::test::socket_path());
  Client client = must(Client::connect(host.name, {.refuse_may_fault = true}));
  host.accept();
  wire::v1::Event event{};
  event.serial = 1;
  event.fourcc = fourcc("NV12").code;
  event.width_px = event.height_px = event.stride_bytes = 16;
  event.size_bytes = 384;
  const int number = file.get();
  (void)host.send(wire::v2::bytes_of(event), {&number, 1});
  while (client.stats().refused == 0) ASSERT_FALSE(must(client.wait_frame(10ms)));
}

}  // namespace
}  // namespace vsl::faults

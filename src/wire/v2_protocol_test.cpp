// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#include "wire/v2_protocol.hpp"

#include <gtest/gtest.h>

#include <array>
#include <atomic>
#include <thread>
#include <vector>

#include "wire/v2_messages.hpp"

namespace vsl::wire::v2 {
namespace {

struct Shared {
  std::unique_ptr<Board> board = std::make_unique<Board>();
  std::unique_ptr<Ledger> ledger = std::make_unique<Ledger>();
};

TEST(ProtocolTest, LeasesWhatWasPosted) {
  Shared shared;
  Description posted{};
  posted.width_px = 640;
  post(*shared.board, 3, 17, posted, {});
  const std::uint64_t word = find(*shared.board, 17);
  ASSERT_EQ(word, ring_word(17, 3));
  Description seen{};
  ASSERT_EQ(lease(*shared.board, word, shared.ledger->lease[0], seen), LeaseResult::leased);
  EXPECT_EQ(seen.width_px, 640U);
  EXPECT_TRUE(stands(*shared.board, word));
}

TEST(ProtocolTest, FindsNothingThatTheRingLost) {
  Shared shared;
  post(*shared.board, 0, 1, {}, {});
  post(*shared.board, 1, 1 + kRingSize, {}, {});
  EXPECT_EQ(find(*shared.board, 1), 0U);
  EXPECT_EQ(find(*shared.board, 2), 0U);
}

TEST(ProtocolTest, DoesNotLeaseARetiredFrame) {
  Shared shared;
  post(*shared.board, 0, 1, {}, {});
  retire(shared.board->slots[0], 1);
  Description seen{};
  auto& word = shared.ledger->lease[0];
  EXPECT_EQ(lease(*shared.board, ring_word(1, 0), word, seen), LeaseResult::gone);
  // The host may have counted the attempt as a hold: giving it up must ring.
  EXPECT_TRUE(release(*shared.board, ring_word(1, 0), word));
}

TEST(ProtocolTest, RingsOnlyWhenTheHostWaits) {
  Shared shared;
  post(*shared.board, 0, 1, {}, {});
  Description seen{};
  auto& word = shared.ledger->lease[0];
  ASSERT_EQ(lease(*shared.board, ring_word(1, 0), word, seen), LeaseResult::leased);
  EXPECT_FALSE(release(*shared.board, ring_word(1, 0), word));
  ASSERT_EQ(lease(*shared.board, ring_word(1, 0), word, seen), LeaseResult::leased);
  retire(shared.board->slots[0], 1);
  EXPECT_TRUE(stands(*shared.board, ring_word(1, 0))) << "retired is not taken back";
  EXPECT_TRUE(release(*shared.board, ring_word(1, 0), word));
}

TEST(ProtocolTest, TellsAReaderWhoseFrameWasTaken) {
  Shared shared;
  post(*shared.board, 0, 1, {}, {});
  Description seen{};
  ASSERT_EQ(lease(*shared.board, ring_word(1, 0), shared.ledger->lease[0], seen),
            LeaseResult::leased);
  free_slot(shared.board->slots[0]);
  EXPECT_FALSE(stands(*shared.board, ring_word(1, 0)));
  post(*shared.board, 0, 2, {}, {});
  EXPECT_FALSE(stands(*shared.board, ring_word(1, 0))) << "another frame has its slot";
}

TEST(ProtocolTest, ScansOnlyWordsThatCanMeanAFrame) {
  Shared shared;
  shared.ledger->lease[0].store(ring_word(5, 7), std::memory_order_relaxed);
  shared.ledger->lease[1].store(ring_word(5, kSlotCount), std::memory_order_relaxed);
  shared.ledger->lease[2].store(ring_word(6, 8), std::memory_order_relaxed);
  std::vector<std::uint64_t> serials;
  scan(*shared.ledger, 2,
       [&](std::uint64_t serial, std::uint32_t, std::uint32_t) { serials.push_back(serial); });
  EXPECT_EQ(serials, (std::vector<std::uint64_t>{5}));
}

// A host that posts, retires and re-uses four buffers as fast as it can, against readers that lease
// the newest frame and read plain memory under the lease: a race here is a torn frame.
TEST(ProtocolTest, NobodyReadsABufferThatIsBeingWritten) {
  constexpr int kReaders = 2, kBuffers = 4;
  constexpr std::uint64_t kFrames = 10'000, kReads = 200;
  Shared shared;
  std::array<std::unique_ptr<Ledger>, kReaders> ledgers;
  for (auto& ledger : ledgers) ledger = std::make_unique<Ledger>();
  struct Pixels {
    std::uint64_t first = 0, last = 0;  // plain: the lease is what makes this right
  };
  std::array<Pixels, kBuffers> pixels;
  std::atomic<bool> done{false};
  std::atomic<std::uint64_t> torn{0}, reads{0};

  std::vector<std::thread> readers;
  for (int r = 0; r < kReaders; ++r) {
    readers.emplace_back([&, r] {
      auto& word = ledgers[static_cast<std::size_t>(r)]->lease[0];
      while (!done.load(std::memory_order_relaxed)) {
        const std::uint64_t newest = shared.board->newest.load(std::memory_order_seq_cst);
        const std::uint64_t ring = newest != 0 ? find(*shared.board, newest) : 0;
        if (ring == 0) continue;
        Description seen{};
        if (lease(*shared.board, ring, word, seen) == LeaseResult::leased) {
          const Pixels& frame = pixels[seen.width_px];
          if (frame.first != serial_of(ring) || frame.last != serial_of(ring)) ++torn;
          ++reads;
        }
        (void)release(*shared.board, ring, word);
      }
    });
  }
  std::array<std::uint64_t, kBuffers> shown{};  // the serial each buffer shows, 0 = free
  std::uint32_t next = 0;
  for (std::uint64_t serial = 1; serial <= kFrames || reads.load() < kReads;) {
    next = (next + 1) % kBuffers;
    bool held = false;
    if (shown[next] != 0) {
      retire(shared.board->slots[next], shown[next]);
      for (const auto& ledger : ledgers) {
        scan(*ledger, 1, [&](std::uint64_t leased, std::uint32_t slot, std::uint32_t) {
          held = held || (leased == shown[next] && slot == next);
        });
      }
    }
    if (held) continue;
    if (shown[next] != 0) free_slot(shared.board->slots[next]);
    pixels[next] = {serial, serial};
    Description description{};
    description.width_px = next;
    post(*shared.board, next, serial, description, {});
    shown[next] = serial++;
  }
  done = true;
  for (auto& reader : readers) reader.join();
  EXPECT_EQ(torn.load(), 0U);
}

TEST(MessagesTest, RefusesPacketsThatCannotBeMeant) {
  std::array<std::byte, kMaxMessageBytes> packet{};
  for (std::size_t size = 0; size <= packet.size(); ++size) {
    const std::span<const std::byte> bytes(packet.data(), size);
    EXPECT_FALSE(parse_hello(bytes));
    EXPECT_FALSE(parse_welcome(bytes));
    EXPECT_FALSE(parse_buffers(bytes));
    EXPECT_EQ(type_of(bytes).has_value(), size >= 16);
  }
  Buffers buffers{};
  buffers.count = kMaxBuffersPerMessage + 1;
  EXPECT_FALSE(parse_buffers(bytes_of(buffers)));
  buffers.count = 2;
  EXPECT_FALSE(parse_buffers(bytes_of(buffers).first(16 + 24)));
  EXPECT_TRUE(parse_buffers(bytes_of(buffers).first(16 + 48)));
}

}  // namespace
}  // namespace vsl::wire::v2

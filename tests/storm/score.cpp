// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#include "score.hpp"

#include <sys/mman.h>
#include <unistd.h>

#include <cstdio>
#include <new>
#include <string>

namespace vsl::storm {

std::string_view name_of(Role role) {
  static constexpr std::array<std::string_view, 21> kNames = {
      "newest",    "in_order", "poller", "c_reader", "v1_reader", "slow",      "v1_slow",
      "greedy",    "starver",  "forker", "execer",   "liar",      "flooder",   "breaker",
      "connector", "thief",    "ringer", "hoarder",  "attacker",  "metronome", "host"};
  return kNames.at(static_cast<std::size_t>(role));
}

void find(ClientScore& client, const std::string& sentence) {
  if (client.finding[0] != '\0') return;
  std::snprintf(client.finding, sizeof client.finding, "%s", sentence.c_str());
}

Result<ScoreBoard> ScoreBoard::create() {
  UniqueFd fd(::memfd_create("storm:score", MFD_CLOEXEC));
  if (!fd) return Error::last("create the score of the storm");
  if (::ftruncate(fd.get(), sizeof(Score)) != 0) return Error::last("size the score of the storm");
  VSL_TRY(ScoreBoard board, attach(fd.get()));
  new (board.mapping.data()) Score();
  board.fd = std::move(fd);
  return board;
}

Result<ScoreBoard> ScoreBoard::attach(int fd) {
  VSL_TRY(Mapping mapping, Mapping::map(fd, sizeof(Score), {.mode = Mapping::Mode::read_write}));
  return ScoreBoard{UniqueFd(), std::move(mapping)};
}

}  // namespace vsl::storm

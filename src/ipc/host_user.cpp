// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#include "ipc/host_user.hpp"

#include <pwd.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <string_view>

#include "base/guarded.hpp"
#include "ipc/socket.hpp"

namespace vsl {
namespace {

constexpr uid_t kRoot = 0;
/// What every user looks like that has no number in our user namespace
/// (/proc/sys/kernel/overflowuid says another number on no machine we know).
constexpr uid_t kWithoutNumber = 65534;

bool is_own_or_root(uid_t user) { return user == ::geteuid() || user == kRoot; }

bool may_be_host(const ClientOptions& options, uid_t user) {
  if (options.host_uids.empty()) return is_own_or_root(user);
  return std::any_of(options.host_uids.begin(), options.host_uids.end(),
                     [&](uid_t allowed) { return allowed == user || allowed == kAnyUser; });
}

Result<uid_t> number_of(const std::string& word) {
  if (word == "any") return kAnyUser;
  uid_t number = 0;
  const char* const end = word.data() + word.size();
  const auto parsed = std::from_chars(word.data(), end, number);
  if (!word.empty() && parsed.ec == std::errc() && parsed.ptr == end && number != kAnyUser) {
    return number;
  }
  passwd entry{};
  passwd* found = nullptr;
  std::array<char, 4096> names{};  // one entry's; longer ones are nobody's whom we know
  if (::getpwnam_r(word.c_str(), &entry, names.data(), names.size(), &found) == 0 &&
      found != nullptr) {
    return entry.pw_uid;
  }
  return Error::of(std::errc::invalid_argument,
                   "\"" + word + "\" is no user of this system: give a name, a number, or any");
}

}  // namespace

Result<std::vector<uid_t>> parse_users(const std::string& words) {
  return guarded("read a list of users", [&]() -> Result<std::vector<uid_t>> {
    std::vector<uid_t> users;
    for (std::size_t start = 0; start <= words.size();) {
      const std::size_t end = std::min(words.find(',', start), words.size());
      VSL_TRY(const uid_t user, number_of(words.substr(start, end - start)));
      users.push_back(user);
      start = end + 1;
    }
    return users;
  });
}

namespace ipc {

Result<uid_t> check_host_user(const UniqueFd& socket, const std::string& path,
                              const ClientOptions& options) {
  VSL_TRY(const Credentials host, peer_credentials(socket.get()));
  if (may_be_host(options, host.uid)) return host.uid;
  const std::string user = std::to_string(host.uid);
  const std::string expected =
      options.host_uids.empty() ? "neither ours nor root" : "not one that was expected";
  const std::string in_container =
      host.uid == kWithoutNumber ? ". In a container every user of outside is seen as 65534" : "";
  return Error::of(std::errc::operation_not_permitted,
                   "connect " + path + ": its host runs as user " + user + ", which is " +
                       expected + ". If it is the host you mean, allow that user (--host-user " +
                       user + ", host-user=" + user + ", ClientOptions::host_uids)" + in_container);
}

bool refuses_may_fault(const ClientOptions& options, uid_t host) {
  return options.refuse_may_fault || (!options.accept_may_fault && !is_own_or_root(host));
}

}  // namespace ipc
}  // namespace vsl

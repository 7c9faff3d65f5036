// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#include "child_process.hpp"

#include <fcntl.h>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <utility>

namespace vsl::command {
namespace {

// Between fork and exec: only calls that are safe there.
[[noreturn]] void become(char* const* arguments, int output_fd, pid_t parent) {
  ::prctl(PR_SET_PDEATHSIG, SIGTERM);       // an orderly end, also when our parent had none
  if (::getppid() != parent) ::_exit(127);  // it died before the line above
  ::setpgid(0, 0);                          // Ctrl-C is for the parent, who ends us in good order
  ::dup2(output_fd, STDOUT_FILENO);
  ::execvp(arguments[0], arguments);
  ::_exit(127);
}

int open_pid_fd(pid_t pid) { return static_cast<int>(::syscall(SYS_pidfd_open, pid, 0)); }

}  // namespace

Result<ChildProcess> ChildProcess::start(const std::vector<std::string>& arguments) {
  std::vector<char*> pointers;
  for (const std::string& argument : arguments) {
    pointers.push_back(const_cast<char*>(argument.c_str()));
  }
  pointers.push_back(nullptr);
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) != 0) return Error::last("make a pipe to " + arguments[0]);
  const pid_t parent = ::getpid();
  const pid_t pid = ::fork();
  if (pid == 0) become(pointers.data(), ends[1], parent);
  const int fork_error = errno;
  ::close(ends[1]);
  if (pid < 0) {
    ::close(ends[0]);
    return Error::from_errno(fork_error, "start " + arguments[0]);
  }
  ::fcntl(ends[0], F_SETFL, O_NONBLOCK);
  ChildProcess child(pid, ends[0]);
  child.pid_fd_ = open_pid_fd(pid);
  return child;
}

Result<ChildProcess> ChildProcess::start_self(std::vector<std::string> arguments) {
  arguments.insert(arguments.begin(), "/proc/self/exe");
  return start(arguments);
}

ChildProcess::ChildProcess(ChildProcess&& other) noexcept
    : pid_(std::exchange(other.pid_, -1)),
      output_fd_(std::exchange(other.output_fd_, -1)),
      pid_fd_(std::exchange(other.pid_fd_, -1)),
      exit_code_(other.exit_code_),
      partial_(std::move(other.partial_)) {}

ChildProcess& ChildProcess::operator=(ChildProcess&& other) noexcept {
  std::swap(pid_, other.pid_);
  std::swap(output_fd_, other.output_fd_);
  std::swap(pid_fd_, other.pid_fd_);
  std::swap(exit_code_, other.exit_code_);
  std::swap(partial_, other.partial_);
  return *this;
}

ChildProcess::~ChildProcess() {
  if (pid_ > 0) stop(0);
  if (output_fd_ >= 0) ::close(output_fd_);
  if (pid_fd_ >= 0) ::close(pid_fd_);
}

std::vector<std::string> ChildProcess::read_lines() {
  char block[4096];
  for (ssize_t count; (count = ::read(output_fd_, block, sizeof block)) > 0;) {
    partial_.append(block, static_cast<std::size_t>(count));
  }
  std::vector<std::string> lines;
  for (std::size_t end; (end = partial_.find('\n')) != std::string::npos;) {
    lines.push_back(partial_.substr(0, end));
    partial_.erase(0, end + 1);
  }
  return lines;
}

std::optional<int> ChildProcess::exit_code() {
  if (exit_code_) return exit_code_;
  int status = 0;
  if (pid_ <= 0 || ::waitpid(pid_, &status, WNOHANG) != pid_) return std::nullopt;
  exit_code_ = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  return exit_code_;
}

void ChildProcess::signal(int signal_number) const {
  // Not once it was reaped: the number may be another process's by now. And never -1, which one
  // that was moved from has: to kill() that means every process there is.
  if (pid_ > 0 && !exit_code_) ::kill(pid_, signal_number);
}

int ChildProcess::stop(int patience_ms) {
  if (pid_ <= 0) return -1;
  if (const auto code = exit_code()) return *code;
  signal(patience_ms > 0 ? SIGTERM : SIGKILL);
  pollfd entry{pid_fd_, POLLIN, 0};
  // A signal to us (the user's second Ctrl-C apart) does not shorten the child's time.
  while (::poll(&entry, 1, patience_ms > 0 ? patience_ms : -1) < 0 && errno == EINTR) {
  }
  if (const auto code = exit_code()) return *code;
  signal(SIGKILL);
  int status = 0;
  ::waitpid(pid_, &status, 0);
  exit_code_ = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  return *exit_code_;
}

}  // namespace vsl::command

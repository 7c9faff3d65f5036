// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#pragma once

#include <sys/stat.h>

#include <optional>
#include <string>

#include "base/unique_fd.hpp"

namespace vsl::avformat {

/// The place of a file that we write: its folder, held open, and its name there. Every file that
/// the command writes is found by this, so that nobody leads us to another. In a folder where all
/// may put files (sticky and writable by everybody, /tmp) a link, and what is there already, counts
/// only if it is ours or the folder's owner's: fs.protected_symlinks, protected_regular and
/// protected_fifos of the kernel, wherever they are switched off and where we follow links
/// ourselves.
class Destination {
 public:
  enum class Use {
    replace,  ///< the name will be another file's: a link of /proc is followed by its text
    write,    ///< what is there is opened: a file, a pipe, a device, and what /dev/stdout leads to
  };
  /// Follows links to their end, also when nothing is there yet. `what` begins every error.
  /// Errors: permission_denied (somebody else put it there); errno of the way (no such folder …);
  ///         is_a_directory (no name at its end); too_many_symbolic_link_levels.
  static Result<Destination> find(const std::string& path, Use use, const std::string& what);

  /// The file that was there at the last look; nothing when the name was free.
  const std::optional<struct stat>& occupant() const { return occupant_; }
  /// Looks again, at the name itself. Errors: as find.
  Result<void> look(const std::string& what);
  /// A new file without a name, or under a name in the folder: new, never somebody's. The
  /// descriptor is empty on failure, and errno says why.
  UniqueFd create_unnamed() const;
  UniqueFd create(const std::string& name) const;
  /// The occupant, and nothing that took its name meanwhile (errno ESTALE).
  UniqueFd open(int flags) const;
  int folder() const { return folder_.get(); }
  const std::string& name() const { return name_; }
  /// The folder as a path, where one must be had.
  std::string path_of(const std::string& name) const { return folder_path_ + name; }
  /// Brings the names in the folder to the disk, where that can be asked for.
  void sync_folder() const;

 private:
  class Walk;
  Destination() = default;
  Result<void> check_owner(const struct stat& entry, const std::string& what) const;

  UniqueFd folder_;
  std::string folder_path_;  // as it was walked, with a slash at its end; empty: where we are
  std::string name_;
  std::optional<struct stat> occupant_;
  bool by_kernel_ = false;  // a link of /proc, which only the kernel can follow
};

}  // namespace vsl::avformat

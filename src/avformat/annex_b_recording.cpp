// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#include <utility>

#include "avformat/recording_file.hpp"

namespace vsl::avformat {
namespace {

class AnnexBRecording final : public RecordingFile {
 public:
  explicit AnnexBRecording(OutputFile file) : file_(std::move(file)) {}

  Result<void> write(const TimedPicture& picture) override {
    VSL_CHECK(file_.append(picture.bytes));
    ++pictures_;
    return {};
  }
  Result<void> finish() override { return {}; }
  Result<void> sync() override { return file_.sync(); }
  std::uint64_t bytes() const override { return file_.bytes(); }
  std::uint64_t pictures() const override { return pictures_; }

 private:
  OutputFile file_;
  std::uint64_t pictures_ = 0;
};

}  // namespace

std::unique_ptr<RecordingFile> record_annex_b(OutputFile file) {
  return std::make_unique<AnnexBRecording>(std::move(file));
}

}  // namespace vsl::avformat

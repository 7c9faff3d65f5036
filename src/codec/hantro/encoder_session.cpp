// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#include "codec/hantro/encoder_session.hpp"

#include <string>
#include <utility>

#include "base/log.hpp"

namespace vsl::codec::hantro {

Result<std::unique_ptr<EncoderSession>> EncoderSession::open(const abi::EncoderOpen& setup) {
  VSL_TRY(const Wrapper* wrapper, Wrapper::find());
  std::unique_ptr<EncoderSession> session(new EncoderSession);
  session->functions_ = &wrapper->encoder;
  VSL_TRY(session->loaded_, Loaded::load(wrapper->encoder));
  VSL_TRY(session->memory_, WorkingMemory::allocate(session->loaded_));
  abi::EncoderOpen given = setup;
  VSL_CHECK(session->loaded_->check(
      wrapper->encoder.open(&session->handle_, &session->memory_->info(), &given), "Open"));
  if (session->handle_ == nullptr) {
    return Error::of(std::errc::no_such_device,
                     "open a Hantro encoder (there is none: the device cannot be used)");
  }
  std::int32_t yes = 1;  // where it knows no such wish, we put the headers there ourselves
  if (wrapper->encoder.configure(session->handle_, abi::kHeaderBeforeKey, &yes) != abi::kSuccess) {
    VSL_LOG_DEBUG("the Hantro encoder repeats no headers");
  }
  VSL_CHECK(session->give_frames(setup));
  return session;
}

Result<void> EncoderSession::give_frames(const abi::EncoderOpen& setup) {
  constexpr std::int32_t kMostFrames = 32;
  abi::EncoderInfo info{};
  VSL_CHECK(loaded_->check(functions_->get_info(handle_, &info), "GetInitialInfo"));
  if (info.least_frames > kMostFrames) {
    return Error::of(std::errc::io_error, "give a Hantro encoder the " +
                                              std::to_string(info.least_frames) +
                                              " frames it says it needs");
  }
  for (std::int32_t i = 0; i < info.least_frames; ++i) {
    VSL_TRY(auto frame, CodecFrame::allocate(loaded_,
                                             {.width_px = setup.width_px,
                                              .height_px = setup.height_px,
                                              .alignment_bytes = info.alignment_bytes},
                                             static_cast<std::uint32_t>(i)));
    descriptions_.push_back(frame.description);
    frames_.push_back(std::move(frame));
  }
  if (frames_.empty()) return {};
  const auto stride_bytes = static_cast<std::int32_t>(descriptions_[0].luma_stride_bytes);
  return loaded_->check(
      functions_->register_frames(handle_, descriptions_.data(), info.least_frames, stride_bytes),
      "RegisterFrameBuffer");
}

EncoderSession::~EncoderSession() {
  if (handle_ != nullptr) (void)functions_->close(handle_);
}

Result<void> EncoderSession::encode(abi::EncodeCall& call) {
  call.flags = 0;
  call.coded_bytes = 0;
  return loaded_->check(functions_->encode(handle_, &call), "EncodeFrame");
}

}  // namespace vsl::codec::hantro

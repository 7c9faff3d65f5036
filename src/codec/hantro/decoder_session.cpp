// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#include "codec/hantro/decoder_session.hpp"

namespace vsl::codec::hantro {

Result<std::unique_ptr<DecoderSession>> DecoderSession::open(abi::Standard standard) {
  VSL_TRY(const Wrapper* wrapper, Wrapper::find());
  std::unique_ptr<DecoderSession> session(new DecoderSession);
  session->functions_ = &wrapper->decoder;
  VSL_TRY(session->loaded_, Loaded::load(wrapper->decoder));
  VSL_TRY(session->memory_, WorkingMemory::allocate(session->loaded_));
  abi::DecoderOpen setup{};
  setup.standard = standard;
  setup.reorder = 1;
  setup.chroma_interleave = 1;
  VSL_CHECK(session->loaded_->check(
      wrapper->decoder.open(&session->handle_, &setup, &session->memory_->info()), "Open"));
  if (session->handle_ == nullptr) {
    return Error::of(std::errc::no_such_device,
                     "open a Hantro decoder (there is none: the device cannot be used)");
  }
  VSL_CHECK(session->configure(abi::kSkipMode, abi::kSkipNone, "Config (skip mode)"));
  VSL_CHECK(session->configure(abi::kBufferDelay, 0, "Config (buffer delay)"));
  VSL_CHECK(session->set_input(abi::kKick));
  return session;
}

DecoderSession::~DecoderSession() {
  if (handle_ != nullptr) (void)functions_->close(handle_);
}

Result<void> DecoderSession::configure(abi::DecodeConfig what, std::int32_t value,
                                       const char* name) {
  return loaded_->check(functions_->configure(handle_, what, &value), name);
}

Result<void> DecoderSession::set_input(abi::InputType type) {
  return configure(abi::kInputType, type, "Config (input type)");
}

std::int32_t DecoderSession::decode(abi::InputNode& node, std::uint32_t& flags) {
  std::int32_t answer = 0;
  const std::int32_t status = functions_->decode(handle_, &node, &answer);
  flags = static_cast<std::uint32_t>(answer);
  return status;
}

Error DecoderSession::error_of(std::int32_t status) const {
  return loaded_->check(status, "DecodeBuf").error();
}

abi::StreamError DecoderSession::stream_error() {
  std::int32_t error = 0;
  if (functions_->get_stream_error(handle_, &error) != abi::kSuccess) return abi::kIntact;
  return error == abi::kUnsupportedStream || error == abi::kCorruptStream
             ? static_cast<abi::StreamError>(error)
             : abi::kIntact;
}

Result<abi::DecoderInfo> DecoderSession::info() {
  abi::DecoderInfo info{};
  VSL_CHECK(loaded_->check(functions_->get_info(handle_, &info), "GetInitialInfo"));
  return info;
}

Result<void> DecoderSession::register_frames(std::vector<abi::FrameBuffer>& frames) {
  const auto count = static_cast<std::int32_t>(frames.size());
  return loaded_->check(functions_->register_frames(handle_, frames.data(), count),
                        "RegisterFrameBuffer");
}

Result<abi::OutputFrame> DecoderSession::output() {
  abi::OutputFrame output{};
  VSL_CHECK(loaded_->check(functions_->get_output(handle_, &output), "GetOutputFrame"));
  return output;
}

Result<void> DecoderSession::take_consumed() {
  abi::ConsumedUnit unit{};
  return loaded_->check(functions_->get_consumed(handle_, &unit), "GetConsumedFrameInfo");
}

Result<void> DecoderSession::give_back(abi::FrameBuffer* frame) {
  return loaded_->check(functions_->give_back(handle_, frame), "OutFrameDisplayed");
}

}  // namespace vsl::codec::hantro

// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#include "avformat/display_order.hpp"

extern "C" {
#include <libavcodec/avcodec.h>
}

#include <algorithm>
#include <numeric>
#include <utility>

#include "avformat/codec_id.hpp"

namespace vsl::avformat {
namespace {

struct Picture {
  std::int64_t order = 0;
  bool key = false;
};

/// Ranks the pictures from `begin` to `end`, between which order counts can be compared.
void rank(const std::vector<Picture>& pictures, std::size_t begin, std::size_t end,
          std::vector<std::int64_t>& shown) {
  std::vector<std::size_t> sorted(end - begin);
  std::iota(sorted.begin(), sorted.end(), begin);
  const auto earlier = [&](std::size_t a, std::size_t b) {
    return pictures[a].order < pictures[b].order;
  };
  std::stable_sort(sorted.begin(), sorted.end(), earlier);
  for (std::size_t i = 0; i < sorted.size(); ++i) {
    shown[sorted[i]] = static_cast<std::int64_t>(begin + i);
  }
}

}  // namespace

struct DisplayOrder::Impl {
  AVCodecParserContext* parser = nullptr;
  AVCodecContext* context = nullptr;
  std::vector<Picture> pictures;
  std::vector<std::uint8_t> padded;

  ~Impl() {
    av_parser_close(parser);
    avcodec_free_context(&context);
  }
};

DisplayOrder::DisplayOrder(std::unique_ptr<Impl> impl) noexcept : impl_(std::move(impl)) {}
DisplayOrder::DisplayOrder(DisplayOrder&&) noexcept = default;
DisplayOrder& DisplayOrder::operator=(DisplayOrder&&) noexcept = default;
DisplayOrder::~DisplayOrder() = default;

Result<DisplayOrder> DisplayOrder::create(VideoCodec codec) {
  auto impl = std::make_unique<Impl>();
  impl->parser = av_parser_init(codec_id(codec));
  impl->context = avcodec_alloc_context3(nullptr);
  if (impl->parser == nullptr || impl->context == nullptr) {
    return Error::of(std::errc::not_supported,
                     "find the order of the pictures (FFmpeg has no parser for this codec)");
  }
  impl->context->codec_id = codec_id(codec);
  impl->parser->flags |= PARSER_FLAG_COMPLETE_FRAMES;
  return DisplayOrder(std::move(impl));
}

void DisplayOrder::add(std::span<const std::byte> access_unit, bool key) {
  std::vector<std::uint8_t>& padded = impl_->padded;
  const auto* bytes = reinterpret_cast<const std::uint8_t*>(access_unit.data());
  padded.assign(bytes, bytes + access_unit.size());
  padded.resize(access_unit.size() + AV_INPUT_BUFFER_PADDING_SIZE);
  std::uint8_t* out = nullptr;
  int out_bytes = 0;
  av_parser_parse2(impl_->parser, impl_->context, &out, &out_bytes, padded.data(),
                   static_cast<int>(access_unit.size()), AV_NOPTS_VALUE, AV_NOPTS_VALUE, 0);
  impl_->pictures.push_back({impl_->parser->output_picture_number, key});
}

DisplayOrder::Times DisplayOrder::finish() const {
  const std::vector<Picture>& pictures = impl_->pictures;
  Times times;
  times.shown.resize(pictures.size());
  for (std::size_t begin = 0; begin < pictures.size();) {
    // At an IDR picture the count begins again.
    std::size_t end = begin + 1;
    while (end < pictures.size() && !(pictures[end].key && pictures[end].order == 0)) ++end;
    rank(pictures, begin, end, times.shown);
    begin = end;
  }
  for (std::size_t i = 0; i < times.shown.size(); ++i) {
    times.delay = std::max(times.delay, static_cast<std::int64_t>(i) - times.shown[i]);
  }
  return times;
}

}  // namespace vsl::avformat

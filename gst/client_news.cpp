// SPDX-License-Identifier: Apache-2.0
// Copyright The VideoStream authors
#include "client_news.hpp"

#include "vsl_sink.hpp"

namespace vsl::gst {

void ClientNews::tell(bool added, const HostClient& client) {
  {
    const std::lock_guard lock(mutex_);
    waiting_.emplace_back(added, client);
    if (std::exchange(is_telling_, true)) return;
  }
  gst_element_call_async(GST_ELEMENT(element_), tell_all, this, nullptr);
}

void ClientNews::tell_all(GstElement*, gpointer self) {
  auto& news = *static_cast<ClientNews*>(self);
  for (;;) {
    std::pair<bool, HostClient> next;
    {
      const std::lock_guard lock(news.mutex_);
      news.is_telling_ = !news.waiting_.empty();
      if (!news.is_telling_) return;
      next = std::move(news.waiting_.front());
      news.waiting_.pop_front();
    }
    emit_client(news.element_, next.first, next.second);
  }
}

}  // namespace vsl::gst

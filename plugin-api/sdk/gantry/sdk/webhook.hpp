#pragma once

#include <gantry/webhook.h>

#include <concepts>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "gantry/sdk/edge.hpp"
#include "gantry/sdk/record.hpp"
#include "gantry/sdk/text.hpp"

namespace gantry::sdk {

/// The request as it came, borrowed for the call: exact body, every header in order.
class Request {
 public:
  explicit Request(const gantry_request* request) noexcept : request_(request) {}

  std::string_view method() const noexcept { return view(request_->method); }
  std::string_view target() const noexcept { return view(request_->target); }
  std::string_view url() const noexcept { return view(request_->url); }
  std::string_view body() const noexcept { return view(request_->body); }
  std::string_view remote() const noexcept { return view(request_->remote); }
  std::int64_t received_at_ns() const noexcept { return request_->received_at_ns; }

  std::uint32_t header_count() const noexcept { return request_->header_count; }
  std::pair<std::string_view, std::string_view> header_at(std::uint32_t index) const noexcept {
    // By the host's stride: an element may have grown since this plugin was built.
    const auto* bytes = reinterpret_cast<const char*>(request_->headers);
    const auto* pair =
        reinterpret_cast<const gantry_pair*>(bytes + std::size_t{request_->header_stride} * index);
    return {view(pair->name), view(pair->value)};
  }

  /// Every value under `name`, compared without case, blanks around it removed. A sender that
  /// repeats a signature header should be looked at, so there is no "the first one" here.
  std::vector<std::string_view> headers(std::string_view name) const {
    std::vector<std::string_view> values;
    for (std::uint32_t i = 0; i < header_count(); ++i) {
      const auto [found, value] = header_at(i);
      if (equal_ignoring_case(found, name)) values.push_back(trim(value));
    }
    return values;
  }

 private:
  const gantry_request* request_;
};

/// What verify decided. Made by one of the three functions.
class Verdict {
 public:
  /// Store, then answer 202. An empty id means the SHA-256 of the body.
  static Verdict accept(std::string delivery_id = {}) {
    return Verdict(GANTRY_VERDICT_ACCEPT, std::move(delivery_id), "");
  }
  /// 401; `reason` is one word for the metric, such as "stale".
  static Verdict reject(std::string reason) {
    return Verdict(GANTRY_VERDICT_REJECT, "", std::move(reason));
  }
  /// Answer this and store nothing: a challenge.
  static Verdict reply(unsigned status, std::string content_type, std::string body) {
    return Verdict(GANTRY_VERDICT_REPLY, "", "")
        .answer(status, std::move(content_type), std::move(body));
  }

  /// What the sender is told instead of the host's 202.
  Verdict answer(unsigned status, std::string content_type, std::string body) && {
    answer_ = Answer{status, std::move(content_type), std::move(body)};
    return std::move(*this);
  }

  void tell(gantry_verdict* out) const {
    if (answer_) {
      out->reply(out, answer_->status, span(answer_->content_type), span(answer_->body));
    }
    out->decide(out, decision_, span(delivery_id_), span(reason_));
  }

 private:
  struct Answer {
    unsigned status;
    std::string content_type;
    std::string body;
  };
  Verdict(std::int32_t decision, std::string delivery_id, std::string reason)
      : decision_(decision), delivery_id_(std::move(delivery_id)), reason_(std::move(reason)) {}

  std::int32_t decision_;
  std::string delivery_id_;
  std::string reason_;
  std::optional<Answer> answer_;
};

/// A class with these two functions offers gantry.webhook/1. Both run on several threads at once.
template <class T>
concept WebhookSource = requires(const T& source, const Request& request, Sink& sink) {
  { source.verify(request) } -> std::same_as<Verdict>;
  source.parse(request, sink);
};

/// Optional beside it: the headers that make `request` a valid sample, for `gantry send`.
template <class T>
concept SigningSource = requires(const T& source, const Request& request) {
  { source.sign(request) } -> std::same_as<std::vector<std::pair<std::string, std::string>>>;
};

template <WebhookSource T>
struct WebhookEdge {
  static gantry_status verify(gantry_instance* self, const gantry_call* call,
                              const gantry_request* request, gantry_verdict* verdict) noexcept {
    return guard(call, "verify", [&] { of(self).verify(Request(request)).tell(verdict); });
  }
  static gantry_status parse(gantry_instance* self, const gantry_call* call,
                             const gantry_request* request, gantry_sink* sink) noexcept {
    return guard(call, "parse", [&] {
      Sink out(call, sink);
      of(self).parse(Request(request), out);
    });
  }
  static gantry_status sign(gantry_instance* self, const gantry_call* call,
                            const gantry_request* request,
                            void (*add_header)(void*, gantry_span, gantry_span),
                            void* impl) noexcept {
    return guard(call, "sign", [&] {
      if constexpr (SigningSource<T>) {
        for (const auto& [name, value] : of(self).sign(Request(request))) {
          add_header(impl, span(name), span(value));
        }
      }
    });
  }
  static const T& of(gantry_instance* self) noexcept { return *reinterpret_cast<const T*>(self); }

  static constexpr gantry_webhook kTable{sizeof(gantry_webhook), 0, &verify, &parse,
                                         SigningSource<T> ? &sign : nullptr};
};

}  // namespace gantry::sdk

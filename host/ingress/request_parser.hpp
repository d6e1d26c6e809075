#pragma once

#include <boost/beast/http/basic_parser.hpp>
#include <optional>
#include <string>

#include "host/contracts/delivery.hpp"

namespace gantry::ingress {

/// Beast's HTTP/1 parser filling an InboundRequest, stricter than Beast where two parsers could
/// disagree about where a message ends (RFC 9112 sections 6 and 11.2). Trailer fields are dropped:
/// a signature must come in the head. One per request. [strand]
class RequestParser final : public boost::beast::http::basic_parser<true> {
 public:
  explicit RequestParser(std::uint32_t header_bytes_max);

  InboundRequest& request() noexcept { return request_; }
  /// Well formed so far but not to be answered as asked: 400, 417 or 501; else 0.
  unsigned refusal() const noexcept { return refusal_; }
  /// The sender waits for a 100 before it sends the body (RFC 9110 section 10.1.1).
  bool expects_continue() const noexcept { return expects_continue_; }
  bool has_body() const { return chunked() || content_length().value_or(0) > 0; }

 private:
  using View = boost::beast::string_view;
  using ErrorCode = boost::beast::error_code;
  using Field = boost::beast::http::field;
  using Verb = boost::beast::http::verb;

  void on_request_impl(Verb verb, View method, View target, int version, ErrorCode& ec) override;
  void on_response_impl(int, View, int, ErrorCode&) override {}
  void on_field_impl(Field field, View name, View value, ErrorCode& ec) override;
  void on_header_impl(ErrorCode& ec) override;
  void on_body_init_impl(const boost::optional<std::uint64_t>& length, ErrorCode& ec) override;
  std::size_t on_body_impl(View bytes, ErrorCode& ec) override;
  void on_chunk_header_impl(std::uint64_t, View, ErrorCode& ec) override { ec = {}; }
  std::size_t on_chunk_body_impl(std::uint64_t, View bytes, ErrorCode& ec) override;
  void on_finish_impl(ErrorCode& ec) override { ec = {}; }

  void refuse(unsigned status) noexcept;

  InboundRequest request_;
  unsigned refusal_ = 0;
  int version_ = 0;
  int hosts_ = 0;
  int lengths_ = 0;
  bool expects_continue_ = false;
  bool in_trailer_ = false;
};

}  // namespace gantry::ingress

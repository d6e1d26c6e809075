#include "host/ingress/request_parser.hpp"

#include <boost/beast/core/string.hpp>
#include <boost/beast/http/impl/basic_parser.hpp>

namespace gantry::ingress {

namespace beast = boost::beast;

RequestParser::RequestParser(std::uint32_t header_bytes_max) {
  header_limit(header_bytes_max);
  // The limit of the body is known only once the head is.
  body_limit(boost::none);
}

void RequestParser::refuse(unsigned status) noexcept {
  if (refusal_ == 0) refusal_ = status;
}

void RequestParser::on_request_impl(Verb, View method, View target, int version, ErrorCode& ec) {
  ec = {};
  version_ = version;
  request_.method.assign(method.data(), method.size());
  request_.target.assign(target.data(), target.size());
  request_.headers.reserve(12);
}

void RequestParser::on_field_impl(Field field, View name, View value, ErrorCode& ec) {
  ec = {};
  if (in_trailer_) return;
  if (field == Field::host) {
    ++hosts_;
  } else if (field == Field::content_length) {
    // Beast takes a list and a repetition of one number; nobody honest sends them.
    if (++lengths_ > 1 || value.find(',') != View::npos) refuse(400);
  } else if (field == Field::transfer_encoding) {
    // Beast would read `gzip` as no body at all, and the body as the next request.
    if (version_ < 11) refuse(400);
    if (!beast::iequals(value, "chunked")) refuse(501);
  } else if (field == Field::expect) {
    if (!beast::iequals(value, "100-continue")) refuse(417);
    expects_continue_ = version_ >= 11;
  }
  request_.headers.emplace_back(std::string(name.data(), name.size()),
                                std::string(value.data(), value.size()));
}

void RequestParser::on_header_impl(ErrorCode& ec) {
  ec = {};
  in_trailer_ = true;
  if (hosts_ > 1 || (hosts_ == 0 && version_ >= 11)) refuse(400);
}

void RequestParser::on_body_init_impl(const boost::optional<std::uint64_t>& length, ErrorCode& ec) {
  ec = {};
  if (length) request_.body.reserve(static_cast<std::size_t>(*length));
}

std::size_t RequestParser::on_body_impl(View bytes, ErrorCode& ec) {
  ec = {};
  request_.body.append(bytes.data(), bytes.size());
  return bytes.size();
}

std::size_t RequestParser::on_chunk_body_impl(std::uint64_t, View bytes, ErrorCode& ec) {
  return on_body_impl(bytes, ec);
}

}  // namespace gantry::ingress

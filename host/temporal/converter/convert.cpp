#include "host/temporal/converter/convert.hpp"

namespace gantry::temporal {
namespace {

Payload payload_of(std::string_view encoding, std::string data) {
  return {{{"encoding", std::string(encoding)}}, std::move(data)};
}

}  // namespace

std::string_view Payload::encoding() const {
  const auto found = metadata.find("encoding");
  return found == metadata.end() ? std::string_view{} : std::string_view(found->second);
}

Payload null_payload() { return payload_of(kEncodingNull, {}); }
Payload bytes_payload(std::string bytes) { return payload_of(kEncodingPlain, std::move(bytes)); }
Payload json_payload(std::string text) { return payload_of(kEncodingJson, std::move(text)); }

const std::string& json_text(const Payload& payload) {
  if (payload.encoding() != kEncodingJson && payload.encoding() != kEncodingJsonProto) {
    throw ConversionError("want json/plain, got '" + std::string(payload.encoding()) + "'");
  }
  return payload.data;
}

}  // namespace gantry::temporal

#pragma once

#include <map>
#include <string>
#include <string_view>

namespace gantry::temporal {

/// One value as Temporal carries it: encoding and friends in metadata, bytes in data.
/// Mirrors temporal.api.common.v1.Payload without its headers.
struct Payload {
  std::map<std::string, std::string> metadata;
  std::string data;

  bool operator==(const Payload&) const = default;

  /// metadata["encoding"], empty where it is missing.
  std::string_view encoding() const;
};

/// A value that travels as bytes, not as JSON.
struct Bytes {
  std::string value;

  bool operator==(const Bytes&) const = default;
};

/// The encodings of every official SDK
/// (https://docs.temporal.io/dataconversion, "default data converter").
inline constexpr std::string_view kEncodingNull = "binary/null";
inline constexpr std::string_view kEncodingPlain = "binary/plain";
inline constexpr std::string_view kEncodingJson = "json/plain";
inline constexpr std::string_view kEncodingJsonProto = "json/protobuf";

}  // namespace gantry::temporal

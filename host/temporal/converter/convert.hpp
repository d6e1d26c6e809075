#pragma once

#include <nlohmann/json.hpp>
#include <stdexcept>
#include <type_traits>
#include <variant>

#include "host/base/json.hpp"
#include "host/temporal/converter/payload.hpp"

namespace gantry::temporal {

/// A payload that is not the value it should be. In a workflow it fails the task, in an activity's
/// argument the activity.
struct ConversionError : std::runtime_error {
  using std::runtime_error::runtime_error;
};

/// The absence of a value: what a workflow or activity without argument or result carries.
using None = std::monostate;

Payload null_payload();
Payload bytes_payload(std::string bytes);
Payload json_payload(std::string text);

/// The JSON text inside `payload`; throws ConversionError naming the encoding it found.
const std::string& json_text(const Payload& payload);

/// Any type with nlohmann's to_json becomes `json/plain`, Bytes `binary/plain`, None `binary/null`.
template <class T>
Payload to_payload(const T& value) {
  if constexpr (std::is_same_v<T, None>) {
    return null_payload();
  } else if constexpr (std::is_same_v<T, Bytes>) {
    return bytes_payload(value.value);
  } else {
    return json_payload(dump_json(Json(value)));
  }
}

/// The inverse. Throws ConversionError; the message names the encoding, never the content.
template <class T>
T from_payload(const Payload& payload) {
  if constexpr (std::is_same_v<T, None>) {
    return {};
  } else if constexpr (std::is_same_v<T, Bytes>) {
    if (payload.encoding() != kEncodingPlain) {
      throw ConversionError("want binary/plain, got " + std::string(payload.encoding()));
    }
    return Bytes{payload.data};
  } else {
    try {
      return Json::parse(json_text(payload)).template get<T>();
    } catch (const nlohmann::json::exception& problem) {
      throw ConversionError("json/plain does not fit the type (nlohmann error " +
                            std::to_string(problem.id) + ")");
    }
  }
}

}  // namespace gantry::temporal

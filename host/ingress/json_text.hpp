#pragma once

#include <string>
#include <string_view>

namespace gantry::ingress {

/// `text` as a JSON string with its quotes; bytes that are not UTF-8 become U+FFFD. [any-thread]
std::string json_string(std::string_view text);

/// {"error":{"kind":…,"message":…}}: the body of every refusal, here and on the admin address.
/// [any-thread]
std::string error_body(std::string_view kind, std::string_view message);

}  // namespace gantry::ingress

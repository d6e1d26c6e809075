#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "host/config/config.hpp"

namespace gantry::config {

/// What `env:NAME` or `file:PATH` refers to. A final newline of a file is dropped. An unset or
/// empty variable, a missing or empty file and a file that group or others may read are errors that
/// name the remedy; the value is in no message. [blocking]
Result<std::string> resolve_secret(std::string_view reference, const Environment& environment);

/// A source's settings with its secrets apart.
struct ResolvedSettings {
  std::string settings;  ///< JSON object for the plugin; secrets stand as references.
  /// JSON pointer → values, newest first.
  std::map<std::string, std::vector<std::string>> secrets;
  std::optional<Problem> warning;  ///< A secret of the file that the source's variable hides.
};

/// Finds every property that `schema` (the plugin's JSON Schema) marks `x-gantry-secret` in the
/// source's settings and resolves its references: one, or a list during a rotation, newest
/// first (where the schema asks for one text, the settings keep the newest). A literal there is an
/// error: its file and line are named, the value is not.
///
/// The variable <SOURCE>_WEBHOOK_SECRET (source id in capitals, `-` and `.` as `_`), when set,
/// takes the place of the main secret: the first property marked `"x-gantry-secret": "webhook"`,
/// or else the first secret property of the schema. Where the file names that variable itself,
/// alone or in a rotation's list, the file is left as it is. [blocking]
boost::system::result<ResolvedSettings, Problems> resolve_secrets(const SourceConfig& source,
                                                                  std::string_view schema,
                                                                  const Environment& environment);

/// "front-ops" → "FRONT_OPS_WEBHOOK_SECRET". [any-thread]
std::string webhook_secret_variable(std::string_view source);

}  // namespace gantry::config

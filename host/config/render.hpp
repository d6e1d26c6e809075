#pragma once

#include <string>
#include <string_view>

namespace gantry::config {

/// The shipped files, written from the option tables: every key with its help, commented out with
/// its default. A test holds conf.d/ to these. [any-thread]
///
/// Names: "00-host.toml", "10-temporal.toml", "20-stores.toml", "30-models.toml", "source" (the
/// `[source]` part of a 50-<source>.toml), "source.files" (the part of a source that takes files)
/// and ".env.temporal".
std::string render_defaults(std::string_view name);

}  // namespace gantry::config

#pragma once

#include "host/config/config.hpp"
#include "host/stores/open.hpp"

namespace gantry::app {

/// The stores as configuration chose them, passwords resolved. The error names the key. [blocking]
Result<stores::OpenOptions> store_options(const config::Config& config);

/// True where trying again does not help: the URL, the login or the database is wrong.
bool needs_an_operator(const Error& error);

}  // namespace gantry::app

#include "host/plugins/source.hpp"

namespace gantry::plugins {
namespace {

PluginError lacks(const Source& source, std::string_view what) {
  PluginError error(
      ErrorKind::kUnsupported,
      "source " + source.id() + ": plugin " + source.plugin_id() + " has no " + std::string(what));
  error.category = "UNSUPPORTED";
  return error;
}

}  // namespace

PluginResult<Brought> Source::poll(std::string_view, const CallBudget&, const TakeGroup&,
                                   const CallScope&) const {
  return lacks(*this, "poll");
}

PluginResult<std::unique_ptr<Feed>> Source::open_feed(std::string_view, const CallScope&) const {
  return lacks(*this, "stream");
}

PluginResult<int> Source::probe(const FileInfo&, std::string_view) const {
  return lacks(*this, "batch");
}

PluginResult<std::unique_ptr<OpenFile>> Source::open_file(const FileInfo&, std::string_view,
                                                          const CallBudget&, TakeGroup,
                                                          const CallScope&) const {
  return lacks(*this, "batch");
}

}  // namespace gantry::plugins

#include "host/plugins/registry.hpp"

#include <utility>

namespace gantry::plugins {

Registry::Registry(std::vector<std::unique_ptr<Source>> sources) : sources_(std::move(sources)) {
  for (const auto& source : sources_) all_.push_back(source.get());
}

Registry::~Registry() {
  while (!sources_.empty()) sources_.pop_back();
}

std::vector<std::unique_ptr<Source>> Registry::release() && {
  all_.clear();
  return std::exchange(sources_, {});
}

const Source* Registry::find(std::string_view source_id) const noexcept {
  for (const Source* source : all_) {  // a handful of sources: a scan beats a hash
    if (source->id() == source_id) return source;
  }
  return nullptr;
}

}  // namespace gantry::plugins

#include "host/stores/qdrant/collections.hpp"

#include <algorithm>
#include <charconv>
#include <nlohmann/json.hpp>

#include "host/base/digest.hpp"
#include "host/base/encoding.hpp"

namespace gantry::stores::qdrant {
namespace {

constexpr int kMajor = 1, kMinor = 16;  // the first with update_filter
constexpr std::size_t kSlugMax = 64;

bool new_enough(std::string_view version) {
  const auto read = [](std::string_view text, int& out) {
    return std::from_chars(text.data(), text.data() + text.size(), out).ec == std::errc{};
  };
  const auto dot = version.find('.');
  int major = 0, minor = 0;
  if (dot == std::string_view::npos || !read(version.substr(0, dot), major) ||
      !read(version.substr(dot + 1), minor)) {
    return false;
  }
  return major > kMajor || (major == kMajor && minor >= kMinor);
}

bool is_plain(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
}

}  // namespace

Collections::Collections(const Rest& rest, std::string prefix, bool make)
    : rest_(rest), prefix_(std::move(prefix)), ledger_(prefix_ + "-ledger"), make_(make) {}

Result<void> Collections::prepare(const CallOptions& options) {
  // No lock: whoever else is at it does the same, and nobody waits for another's server call.
  if (prepared_) return {};
  auto version = rest_.version(options);
  if (!version) return version.error();
  if (!new_enough(*version)) {
    return Error{ErrorKind::kUnsupported,
                 "the vector index needs Qdrant 1.16 or newer (conditional updates); this is " +
                     escape_control(version->empty() ? "another server" : *version)};
  }
  if (!make_) {
    auto there = rest_.call("GET", "/collections/" + ledger_, {}, options);
    if (!there && there.error().kind == ErrorKind::kNotFound) {
      return Error{ErrorKind::kConflict, "collection " + ledger_ + " is not made yet"};
    }
    if (!there) return there.error();
    prepared_ = true;
    return {};
  }
  // A ledger point needs no vector; the shortest costs nothing, and no index is built over it.
  if (auto made = create(ledger_, 1, "Dot", options); !made) return made.error();
  prepared_ = true;
  return {};
}

std::string Collections::name_of(std::string_view model) const {
  std::string slug(model.substr(0, kSlugMax));
  std::ranges::replace_if(slug, [](char c) { return !is_plain(c); }, '_');
  return prefix_ + "-model-" + slug + '-' + to_hex(sha256(model)).substr(0, 16);
}

Result<std::optional<Collections::Model>> Collections::find(std::string_view model,
                                                            const CallOptions& options) {
  {
    const std::lock_guard lock(mutex_);
    if (const auto known = known_.find(model); known != known_.end()) return {known->second};
  }
  Model out{name_of(model), 0};
  auto info = rest_.call("GET", "/collections/" + out.collection, {}, options);
  if (!info) {
    if (info.error().kind == ErrorKind::kNotFound) return std::optional<Model>();
    return info.error();
  }
  const Json::json_pointer size("/config/params/vectors/size");
  if (!info->contains(size) || !(*info)[size].is_number_unsigned()) return unexpected();
  out.dimension = (*info)[size];
  const std::lock_guard lock(mutex_);
  known_.insert_or_assign(std::string(model), out);
  return {out};
}

Result<Collections::Model> Collections::ensure(std::string_view model, std::size_t dimension,
                                               const CallOptions& options) {
  auto found = find(model, options);
  if (!found) return found.error();
  if (*found) return std::move(**found);
  if (auto made = create(name_of(model), dimension, "Cosine", options); !made) return made.error();
  // Somebody else may have made it in the same moment, with another length.
  found = find(model, options);
  if (!found) return found.error();
  if (*found) return std::move(**found);
  return Error{ErrorKind::kUnavailable, "collection " + name_of(model) + " vanished when made"};
}

Result<void> Collections::create(const std::string& name, std::size_t size, const char* distance,
                                 const CallOptions& options) const {
  const bool searched = name != ledger_;
  Json body = {{"vectors", {{"size", size}, {"distance", distance}}}, {"shard_number", 1}};
  if (!searched) body["hnsw_config"] = {{"m", 0}};
  auto made = rest_.call("PUT", "/collections/" + name, body, options);
  if (!made && made.error().kind != ErrorKind::kConflict) return made.error();
  if (!searched) return {};
  for (const auto& [field, schema] :
       {std::pair("document", "keyword"), std::pair("write", "keyword"),
        std::pair("source", "keyword"), std::pair("kind", "keyword"), std::pair("live", "bool")}) {
    auto indexed = rest_.call("PUT", "/collections/" + name + "/index?wait=true",
                              {{"field_name", field}, {"field_schema", schema}}, options);
    if (!indexed) return indexed.error();
  }
  return {};
}

Result<std::vector<std::string>> Collections::all(const CallOptions& options) const {
  auto listed = rest_.call("GET", "/collections", {}, options);
  if (!listed) return listed.error();
  if (!listed->is_object()) return unexpected();
  std::vector<std::string> out;
  for (const Json& one : (*listed)["collections"]) {
    auto name = text_at(one, "name");
    if (name && name->starts_with(prefix_ + "-model-")) out.push_back(std::move(*name));
  }
  return out;
}

void Collections::forget() {
  prepared_ = false;
  const std::lock_guard lock(mutex_);
  known_.clear();
}

}  // namespace gantry::stores::qdrant

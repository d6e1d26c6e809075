#include <algorithm>
#include <gantry/sdk/json.hpp>

#include "reader.hpp"

namespace gantry::csv {
namespace {

using sdk::Failure;
using sdk::Json;
using sdk::Status;

constexpr std::size_t kHeaderSizeMax = 16 * 1024;
constexpr std::string_view kVersion = "1";

[[noreturn]] void refuse(std::string_view why) {
  throw Failure(Status::kData, "the cursor " + std::string(why) + "; read the file anew");
}

std::uint64_t number(const Json& json, std::string_view key) {
  const std::string_view text = json[key].text();
  if (!json[key].is_number() || text.size() > 18 ||
      text.find_first_not_of("0123456789") != std::string_view::npos) {
    refuse("is damaged");
  }
  return std::stoull(std::string(text));
}

}  // namespace

std::string write_cursor(const Progress& progress, std::string_view sha256) {
  Json header = Json::array();
  for (const std::string& name : progress.header) header.push(name);
  Json cursor = Json::object();
  cursor.set("v", kVersion);
  cursor.set("sha256", sha256);
  cursor.set("offset", static_cast<std::int64_t>(progress.offset));
  cursor.set("line", static_cast<std::int64_t>(progress.line));
  cursor.set("rows", static_cast<std::int64_t>(progress.rows));
  cursor.set("encoding", progress.encoding.name);
  cursor.set("decided", Json(progress.encoding.decided));
  cursor.set("delimiter", std::string(1, progress.dialect.delimiter));
  cursor.set("header", std::move(header));
  cursor.set("bad", progress.bad.to_json());
  return cursor.dump();
}

Progress read_cursor(std::string_view text, std::string_view sha256, const Settings& settings) {
  const Json cursor = Json::parse(text);
  if (cursor["v"].text() != kVersion) refuse("is of another version of this connector");
  if (cursor["sha256"].text() != sha256) refuse("is of another file");
  Progress progress;
  progress.offset = number(cursor, "offset");
  progress.line = number(cursor, "line");
  progress.rows = number(cursor, "rows");
  progress.encoding.name = cursor["encoding"].text();
  progress.encoding.decided = cursor["decided"].truth();
  const std::string_view delimiter = cursor["delimiter"].text();
  if (delimiter.size() != 1 || progress.encoding.name.empty()) refuse("is damaged");
  progress.dialect = {delimiter[0], settings.quote, settings.backslash,
                      settings.skip_initial_space};
  for (const Json& name : cursor["header"].items()) progress.header.emplace_back(name.text());
  if (settings.header && progress.header.empty()) refuse("is damaged");
  progress.bad = BadRows::from_json(cursor["bad"]);
  return progress;
}

bool fits_cursor(const std::vector<std::string>& header) {
  std::size_t size = 0;
  for (const std::string& name : header) size += Json(name).dump().size() + 1;
  return size <= kHeaderSizeMax;
}

}  // namespace gantry::csv

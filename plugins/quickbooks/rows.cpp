#include "rows.hpp"

#include <gantry/sdk/json_text.hpp>
#include <gantry/sdk/time.hpp>

namespace gantry::quickbooks {
namespace {

using sdk::Json;

void take(std::string_view response, std::vector<Row>& rows) {
  const Json json = Json::parse(response);
  for (const auto& [entity, value] : json.members()) {
    if (!value.is_array()) continue;
    for (const std::string_view raw : sdk::element_texts(sdk::member_text(response, entity))) {
      rows.push_back({entity, raw, Json::parse(raw)});
    }
  }
}

}  // namespace

std::optional<std::int64_t> Row::updated_ns() const {
  const auto time = sdk::read_timestamp(json["MetaData"]["LastUpdatedTime"].text());
  if (!time || time->zone.empty()) return std::nullopt;
  return time->ns;
}

std::vector<Row> rows_of(const Answer& answer) {
  std::vector<Row> rows;
  const std::string_view query = sdk::member_text(answer.body, "QueryResponse");
  if (query.starts_with('{')) take(query, rows);
  for (const auto part : sdk::element_texts(sdk::member_text(answer.body, "CDCResponse"))) {
    for (const auto response : sdk::element_texts(sdk::member_text(part, "QueryResponse"))) {
      if (response.starts_with('{')) take(response, rows);
    }
  }
  return rows;
}

std::string time_of(const Answer& answer) {
  const auto time = sdk::read_timestamp(answer.json["time"].text());
  if (!time || time->zone.empty()) return {};
  return sdk::to_rfc3339(time->ns);
}

}  // namespace gantry::quickbooks

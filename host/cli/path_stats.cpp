#include "host/cli/path_stats.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdio>
#include <functional>
#include <limits>
#include <map>
#include <nlohmann/json.hpp>

#include "host/cli/admin_client.hpp"

namespace gantry::cli {
namespace {

constexpr std::string_view kCount = "gantry_ingestion_seconds_count";
constexpr std::string_view kBucket = "gantry_ingestion_seconds_bucket";

using LabelMap = std::map<std::string, std::string, std::less<>>;

std::string_view label(const LabelMap& labels, std::string_view name) {
  const auto found = labels.find(name);
  return found == labels.end() ? std::string_view() : std::string_view(found->second);
}

double number(std::string_view text) {
  if (text == "+Inf") return std::numeric_limits<double>::infinity();
  double value = 0;
  std::from_chars(text.data(), text.data() + text.size(), value);
  return value;
}

/// Sums samples up by path, for a histogram has a series per outcome and host.
class Sums {
 public:
  void add(std::string_view name, const LabelMap& labels, double value) {
    Path& path = paths_[std::string(label(labels, "path"))];
    if (name == kCount) {
      path.ended += value;
      if (label(labels, "outcome") == "dead_letter") path.errors += value;
    } else if (name == kBucket) {
      path.buckets[number(label(labels, "le"))] += value;
    }
  }
  BothPaths both() const { return {of("temporal"), of("direct")}; }

 private:
  struct Path {
    double ended = 0;
    double errors = 0;
    std::map<double, double> buckets;
  };
  rollout::PathStats of(const char* name) const {
    const auto found = paths_.find(name);
    if (found == paths_.end()) return {};
    const Path& path = found->second;
    return {path.ended, path.errors, {path.buckets.begin(), path.buckets.end()}};
  }
  std::map<std::string, Path> paths_;
};

/// `path="direct",le="0.5"`. The values of our labels hold no quote and no backslash.
LabelMap labels_of(std::string_view text) {
  LabelMap labels;
  while (!text.empty()) {
    const auto equals = text.find("=\"");
    if (equals == std::string_view::npos) break;
    const auto end = text.find('"', equals + 2);
    if (end == std::string_view::npos) break;
    labels.emplace(text.substr(0, equals), text.substr(equals + 2, end - equals - 2));
    text.remove_prefix(end + 1);
    if (text.starts_with(',')) text.remove_prefix(1);
  }
  return labels;
}

Result<void> query(const std::string& url, std::string_view name, const std::string& expression,
                   Sums& sums) {
  const auto answer =
      http_exchange("GET", url + "/api/v1/query?query=" + percent_encoded(expression), {}, {});
  if (!answer) return answer.error();
  const auto body = parse_json(answer->body);
  const std::string status = body ? text_at(*body, "status").value_or("") : std::string();
  if (status != "success") {
    const std::string why = body ? text_at(*body, "error").value_or("") : std::string();
    return Error{status == "error" ? ErrorKind::kInvalid : ErrorKind::kUnavailable,
                 url + " answered " + std::to_string(answer->status) +
                     (status.empty() ? "; is that a Prometheus?" : ""),
                 why};
  }
  try {
    for (const Json& series : body->at("data").at("result")) {
      sums.add(name, series.at("metric").get<LabelMap>(),
               number(series.at("value").at(1).get_ref<const std::string&>()));
    }
  } catch (const Json::exception& problem) {
    return Error{ErrorKind::kUnavailable, url + " answers as no Prometheus does", problem.what()};
  }
  return {};
}

std::string decimal(double value, int digits) {
  std::array<char, 32> text{};
  const int size = std::snprintf(text.data(), text.size(), "%.*f", digits, value);
  return {text.data(), static_cast<std::size_t>(size)};
}

}  // namespace

std::string brief(const rollout::PathStats& stats) {
  std::string text =
      decimal(stats.ended, 0) + " ended, " + decimal(stats.error_rate() * 100, 2) + " % errors";
  for (const auto& [name, q] : {std::pair{"P50", 0.5}, {"P99", 0.99}}) {
    const auto value = stats.quantile(q);
    if (value) text += std::string(", ") + name + ' ' + decimal(*value, 3) + " s";
  }
  return text;
}

Json json_of(const rollout::PathStats& stats) {
  Json out{{"ended", stats.ended}, {"errors", stats.errors}, {"error_rate", stats.error_rate()}};
  for (const auto& [name, q] : {std::pair{"p50_s", 0.5}, {"p99_s", 0.99}}) {
    const auto value = stats.quantile(q);
    out[name] = value ? Json(*value) : Json();
  }
  return out;
}

BothPaths paths_of_metrics(std::string_view text) {
  Sums sums;
  while (!text.empty()) {
    const std::string_view line = text.substr(0, text.find('\n'));
    text.remove_prefix(std::min(text.size(), line.size() + 1));
    const auto open = line.find('{');
    const auto close = line.rfind("} ");
    if (open == std::string_view::npos || close == std::string_view::npos) continue;
    sums.add(line.substr(0, open), labels_of(line.substr(open + 1, close - open - 1)),
             number(line.substr(close + 2)));
  }
  return sums.both();
}

Result<BothPaths> ask_host(const std::string& url) {
  const auto answer = http_exchange("GET", url + "/metrics", {}, {});
  if (!answer) return answer.error();
  if (answer->status != 200) {
    return Error{ErrorKind::kUnavailable,
                 url + "/metrics answered " + std::to_string(answer->status)};
  }
  return paths_of_metrics(answer->body);
}

Result<BothPaths> ask_prometheus(const std::string& url, const std::string& window) {
  Sums sums;
  for (const auto& [name, by] : {std::pair{kCount, "path, outcome"}, {kBucket, "path, le"}}) {
    const std::string expression =
        "sum by (" + std::string(by) + ") (increase(" + std::string(name) + '[' + window + "]))";
    if (auto asked = query(url, name, expression, sums); !asked) return asked.error();
  }
  return sums.both();
}

}  // namespace gantry::cli

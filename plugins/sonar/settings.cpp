#include "settings.hpp"

#include <algorithm>
#include <gantry/sdk/decimal.hpp>

namespace gantry::sonar {
namespace {

/// What the cursor can hold (64 KiB) with the longest names and values.
constexpr std::size_t kObservationsMax = 1000;
constexpr std::size_t kSeriesMax = 200;

Flavour flavour_of(const sdk::Settings& config) {
  return config.choose<Flavour>("flavour", {{"freightwaves", Flavour::kFreightWaves},
                                            {"sonar_software", Flavour::kSonarSoftware},
                                            {"sonarqube", Flavour::kSonarQube}});
}

sdk::SharedScheme::Mode default_mode(Flavour flavour) {
  return flavour == Flavour::kSonarSoftware ? sdk::SharedScheme::Mode::kStaticToken
                                            : sdk::SharedScheme::Mode::kHmac;
}

bool is_name(std::string_view text) {
  const auto is_plain = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
           c == '.' || c == '-';
  };
  return !text.empty() && text.size() <= 32 && std::all_of(text.begin(), text.end(), is_plain);
}

Series read_series(const std::string& text) {
  const auto slash = text.find('/');
  Series series{text.substr(0, slash),
                slash == std::string::npos ? std::string() : text.substr(slash + 1)};
  if (!is_name(series.index) || !is_name(series.qualifier)) {
    sdk::Settings::refuse("series", "takes INDEX/QUALIFIER such as OTRI/ATL");
  }
  return series;
}

std::int64_t nano(const sdk::Json& number) {
  const auto value = sdk::seconds_to_ns(number.text());
  if (!number.is_number() || !value)
    sdk::Settings::refuse("alerts", "has a limit that is no number");
  return *value;
}

Threshold read_threshold(const sdk::Json& json) {
  Threshold threshold;
  threshold.series = {std::string(json["index"].text()), std::string(json["qualifier"].text())};
  threshold.above = !json["above"].is_null();
  if (threshold.above != json["below"].is_null()) {
    sdk::Settings::refuse("alerts", "needs above or below in each, not both");
  }
  const sdk::Json& limit = json[threshold.above ? "above" : "below"];
  threshold.limit = limit.text();
  threshold.limit_nano = nano(limit);
  threshold.clear_nano = json["clear"].is_null() ? threshold.limit_nano : nano(json["clear"]);
  threshold.severity =
      json["severity"].is_null() ? "warning" : std::string(json["severity"].text());
  const bool crossed = threshold.above ? threshold.clear_nano > threshold.limit_nano
                                       : threshold.clear_nano < threshold.limit_nano;
  if (crossed) sdk::Settings::refuse("alerts", "has a clear beyond its limit");
  return threshold;
}

}  // namespace

std::string Threshold::name() const {
  return series.index + "." + series.qualifier + (above ? ":above:" : ":below:") + limit;
}

Settings::Settings(std::string_view text) : Settings(sdk::Settings(text)) {}

Settings::Settings(const sdk::Settings& config)
    : flavour(flavour_of(config)),
      has_webhook(config.has("webhook_secret")),
      scheme(config, kWebhookSecret, default_mode(flavour)),
      has_api(config.has("username")) {
  base_url = config.text("base_url", "https://api.freightwaves.com");
  while (base_url.ends_with('/')) base_url.pop_back();
  if (!base_url.starts_with("https://") && !base_url.starts_with("http://")) {
    sdk::Settings::refuse("base_url", "is no http address");
  }
  username = config.text("username");
  window_days = config.integer("window_days", 1, 90, 7);
  call_gap = std::chrono::seconds(60) / config.integer("requests_per_minute", 1, 100, 5);
  const auto is_polled = [&](const std::string& name) {
    return std::any_of(series.begin(), series.end(),
                       [&](const Series& one) { return one.name() == name; });
  };
  for (const auto& name : config.texts("series")) {
    if (is_polled(name)) sdk::Settings::refuse("series", "names " + name + " twice");
    series.push_back(read_series(name));
  }
  if (series.size() > kSeriesMax ||
      series.size() * static_cast<std::size_t>(window_days) > kObservationsMax) {
    sdk::Settings::refuse("series", "times window_days is more than 1000: use a second source");
  }
  // Before the alerts: without a series each of them would be blamed.
  if (has_api && series.empty()) sdk::Settings::refuse("series", "is empty: name what to poll");
  for (const auto& json : config.json()["alerts"].items()) {
    alerts.push_back(read_threshold(json));
    if (!is_polled(alerts.back().series.name())) {
      sdk::Settings::refuse("alerts", "names a series that is not polled");
    }
  }

  if (!has_webhook && !has_api) {
    sdk::refuse_setting(std::string(kWebhookSecret),
                        "set webhook_secret (webhooks), username and password (polling) or both");
  }
  if (!has_api) return;
  if (flavour != Flavour::kFreightWaves) {
    sdk::Settings::refuse("username", "polls FreightWaves only; this flavour has webhooks");
  }
  if (!config.has("password")) sdk::Settings::refuse("password", "is missing: the API needs it");
}

}  // namespace gantry::sonar

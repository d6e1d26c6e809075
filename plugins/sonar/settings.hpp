#pragma once

#include <chrono>
#include <cstdint>
#include <gantry/sdk/settings.hpp>
#include <gantry/sdk/shared_scheme.hpp>
#include <string>
#include <string_view>
#include <vector>

namespace gantry::sonar {

/// Names of the secrets, as JSON pointers into the configuration.
inline constexpr std::string_view kWebhookSecret = "/webhook_secret";
inline constexpr std::string_view kPassword = "/password";

enum class Flavour { kFreightWaves, kSonarSoftware, kSonarQube };

/// One time series: "OTRI" of "ATL".
struct Series {
  std::string index, qualifier;
  std::string name() const { return index + "/" + qualifier; }
};

/// A threshold over a series. Numbers are kept as text and as 1e-9 units for comparing.
struct Threshold {
  Series series;
  bool above = true;
  std::string limit;
  std::int64_t limit_nano = 0;
  std::int64_t clear_nano = 0;
  std::string severity;
  /// "OTRI.ATL:above:9.5": names its state in the cursor and begins the alert's id.
  std::string name() const;
};

/// The configuration of one source; schema.json documents each field.
struct Settings {
  explicit Settings(std::string_view config);

  Flavour flavour = Flavour::kFreightWaves;
  bool has_webhook = false;
  sdk::SharedScheme scheme;
  bool has_api = false;
  std::string base_url, username;
  std::vector<Series> series;
  std::int64_t window_days = 7;
  std::chrono::nanoseconds call_gap{0};  ///< Least time between two calls.
  std::vector<Threshold> alerts;

 private:
  explicit Settings(const sdk::Settings& config);
};

}  // namespace gantry::sonar

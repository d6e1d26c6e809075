#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "host/base/error.hpp"

/// Configuration: conf.d/*.toml, `.env.temporal`, the environment and flags become one checked
/// value. Precedence: flag > environment > `.env.temporal` > conf.d > default.
///
/// Relative paths are taken from the working directory.
namespace gantry::config {

/// Where a setting came from.
struct Origin {
  enum class Kind { kDefault, kFile, kEnvFile, kEnvironment, kFlag };
  Kind kind = Kind::kDefault;
  std::string name;  ///< File path, variable name or flag.
  int line = 0;      ///< Of the file; 0 where there is none.

  /// "conf.d/00-host.toml:3", "environment TEMPORAL_HOST", "flag --rollout", "default".
  std::string text() const;
};

/// One finding about the configuration: "conf.d/00-host.toml:3: rollout: …, remedy".
struct Problem {
  Origin origin;
  std::string what;

  std::string text() const { return origin.text() + ": " + what; }
};

/// Everything that is wrong, not just the first.
struct Problems {
  std::vector<Problem> items;

  /// One problem per line.
  std::string text() const;
};
[[noreturn]] void throw_exception_from_error(const Problems& problems,
                                             const boost::source_location&);

/// Variables by name: the process environment laid over `.env.temporal`.
using Environment = std::map<std::string, std::string, std::less<>>;

struct Ingress {
  std::string listen;      ///< host:port
  std::string public_url;  ///< As senders call it; empty where unknown.
  std::uint64_t body_bytes_max = 0;
  std::uint64_t header_bytes_max = 0;
  std::uint64_t in_flight_bytes_max = 0;
  int connections_max = 0;
  int connections_per_address_max = 0;
  std::chrono::milliseconds idle_timeout{};
  std::chrono::milliseconds request_timeout{};
};

struct Tls {
  bool enabled = false;
  std::string ca_file;
  std::string cert_file;
  std::string key_file;
  std::string server_name;
};

struct Temporal {
  std::string address;  ///< host:port; empty: the embedded engine.
  int engine_port = 0;  ///< Of the embedded engine.
  int ui_port = 0;      ///< Of its web UI; 0: none.
  std::string namespace_;
  std::string task_queue;
  std::string payload_dir;  ///< Empty: payloads in state_dir.
  std::string deployment_name;
  std::string build_id;     ///< Empty: the program's own version.
  bool versioning = false;  ///< Take only the work of this build.
  Tls tls;
  std::string api_key;   ///< A reference for resolve_secret; empty: none.
  int metrics_port = 0;  ///< 0: Core exports no metrics.
  int workflow_tasks_max = 0;
  int activities_max = 0;
  int local_activities_max = 0;
  int workflow_pollers = 0;
  int activity_pollers = 0;
  int sticky_cache_size = 0;
  std::chrono::milliseconds drain_timeout{};
};

/// Where one of the store ports is.
struct StorePort {
  std::string url;       ///< Empty: in the embedded file.
  std::string password;  ///< A reference for resolve_secret, also to a token; empty: none.
};

struct Stores {
  std::string embedded_path;  ///< Never empty: <state_dir>/stores.db where none is set.
  StorePort documents;
  StorePort vectors;
  StorePort graph;
  StorePort cache;
  std::string ca_file;  ///< PEM bundle that verifies the servers that speak HTTP or Redis.
  int pool_size = 0;    ///< Connections to each PostgreSQL and Redis.
  std::chrono::milliseconds timeout{};
  std::chrono::milliseconds patience{};  ///< With a store that is away; zero: without end.
};

/// An OpenAI-compatible endpoint.
struct ModelEndpoint {
  std::string url;
  std::string model;
  std::string key;  ///< A reference for resolve_secret; empty: none.
  int requests_per_minute = 0;
  double price_input = 0;  ///< Of a million tokens, in the operator's currency.
  double price_output = 0;
};

struct Entities {
  std::string extractor;  ///< "rules" or "openai".
  ModelEndpoint endpoint;
};

struct Embedding {
  std::string embedder;  ///< "auto", "hashing", "minilm" or "openai".
  ModelEndpoint endpoint;
  int dimension = 0;
  int batch = 0;
};

struct LogConfig {
  std::string format;  ///< "auto", "console" or "json".
  std::string level;
  std::map<std::string, std::string> module_levels;
};

struct Tracing {
  bool enabled = false;
  std::string endpoint;
  double sample = 1;
};

struct HostConfig {
  std::string state_dir;
  std::string plugin_dir;  ///< Filled from Inputs where the operator set none.
  bool strict = false;
  int rollout = 0;  ///< Per cent of documents that go through Temporal.
  /// While Temporal is away its documents take the direct path, instead of waiting.
  bool rollout_direct_when_away = false;
  Ingress ingress;
  std::string admin_listen;
  Temporal temporal;
  Stores stores;
  Entities entities;
  Embedding embedding;
  LogConfig log;
  Tracing tracing;

  /// False with a rollout of 0: no document goes through Temporal.
  bool use_temporal() const { return rollout > 0; }
};

enum class Placement { kInProcess, kRunner };
enum class Fanout { kAuto, kRecord, kBatch, kInline };

struct SourceLimits {
  std::uint64_t body_bytes_max = 0;
  std::chrono::milliseconds call_timeout{};
  int requests_per_minute = 0;  ///< To the vendor, of this host; 0: none. Likewise the next three.
  int requests_per_second = 0;
  int request_burst = 0;
  int concurrent_requests = 0;

  bool operator==(const SourceLimits&) const = default;
};

/// What makes a batch file ready to be read.
enum class FileReady {
  kAuto,    ///< Any of the other three.
  kStable,  ///< Size and time unchanged over two looks, stable_for apart.
  kMarker,  ///< NAME.done or NAME.ctl lies beside it.
  kRename,  ///< It is renamed from NAME.tmp or NAME.part once it is whole.
};

/// `[source.files]`: the directory in which a partner leaves files.
struct SourceFiles {
  std::string directory;              ///< Empty: this source takes no files.
  std::vector<std::string> patterns;  ///< Shell patterns of file names; empty: all.
  FileReady ready = FileReady::kAuto;
  std::chrono::milliseconds stable_for{};
  std::chrono::milliseconds scan_interval{};
  std::string schedule;               ///< Temporal's cron; empty: read as soon as complete.
  std::string schedule_zone = "UTC";  ///< Of schedule.
  std::string archive_dir;  ///< Empty: <directory>/archive; error_dir and out_dir likewise.
  std::string error_dir;
  std::string out_dir;
  std::uint64_t size_max = 0;
  std::uint64_t unpacked_max = 0;
  int expansion_max = 0;
  int entries_max = 0;

  bool operator==(const SourceFiles&) const = default;
};

/// One configured instance of a connector: one 50-<source>.toml.
struct SourceConfig {
  std::string id;
  std::string plugin;
  std::string library;  ///< Path of the shared object.
  bool enabled = true;
  Placement placement = Placement::kInProcess;
  std::string sha256;  ///< Lower-case hex the file must have; empty: not pinned.
  std::vector<std::string> egress;
  SourceLimits limits;
  Fanout fanout = Fanout::kAuto;
  std::chrono::milliseconds poll_interval{};
  std::chrono::milliseconds expected_every{};  ///< Zero: nothing is expected.
  SourceFiles files;

  std::string settings = "{}";  ///< The `[settings]` table as a JSON object, for the plugin.
  std::string file;             ///< The conf.d file.
  int line = 0;                 ///< Of its `[source]` table.
  std::map<std::string, int, std::less<>> setting_lines;  ///< JSON pointer → line.

  bool operator==(const SourceConfig&) const = default;

  /// Where the setting at a JSON pointer stands (or its nearest parent); "" for the table.
  Origin origin(std::string_view pointer) const;
};

/// One line of `gantry check --explain`. Secrets are masked.
struct ExplainRow {
  std::string key;
  std::string value;
  std::string origin;
  std::string overrides;  ///< Origins that lost, nearest first, comma-separated; may be empty.
};

/// The whole configuration: immutable once loaded; a reload makes another one.
struct Config {
  HostConfig host;
  std::vector<SourceConfig> sources;  ///< In file order, disabled ones included.
  std::string directory;              ///< The conf.d that was read; empty where none exists.
  Environment environment;
  std::vector<Problem> warnings;
  std::vector<ExplainRow> explain;
};

struct FlagValue {
  std::string flag;  ///< As typed, for messages: "--rollout".
  std::string key;   ///< Option key: "rollout".
  std::string value;
};

/// All that `load` looks at, apart from the files themselves.
struct Inputs {
  /// Read if set, and then it must exist; else the first of ./conf.d and /etc/gantry/conf.d.
  std::string directory;
  std::string working_directory = ".";
  Environment environment;
  std::vector<FlagValue> flags;
  std::string plugin_dir;  ///< What an unset plugin_dir means.
};

using LoadResult = boost::system::result<Config, Problems>;

/// Reads, merges and checks everything. Changes nothing outside; the same inputs and files give
/// the same answer, so a reload takes the new value as a whole or keeps the old. [blocking]
LoadResult load(const Inputs& inputs);

/// The process environment. [main]
Environment process_environment();

}  // namespace gantry::config

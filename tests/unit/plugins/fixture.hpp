#pragma once

#include <sys/stat.h>

#include <filesystem>
#include <fstream>
#include <mutex>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

#include "host/net/http_client.hpp"
#include "host/plugins/loader.hpp"
#include "host/plugins/secret_table.hpp"

namespace gantry::plugins::test {

/// A private folder that goes with the test.
class TempDir {
 public:
  TempDir() {
    std::string name = (std::filesystem::temp_directory_path() / "gantry-plugins-XXXXXX").string();
    if (::mkdtemp(name.data()) == nullptr) std::abort();
    path_ = std::filesystem::canonical(name);
  }
  ~TempDir() {
    ::chmod(path_.c_str(), 0700);
    std::filesystem::remove_all(path_);
  }
  TempDir(const TempDir&) = delete;
  TempDir& operator=(const TempDir&) = delete;

  const std::filesystem::path& path() const { return path_; }

  std::filesystem::path write(const std::string& name, const std::string& bytes) const {
    const auto file = path_ / name;
    std::ofstream(file, std::ios::binary) << bytes;
    ::chmod(file.c_str(), 0644);
    return file;
  }

  /// Copies a fixture plugin into this folder, mode 0644.
  std::filesystem::path install(const std::string& fixture, const std::string& as = "") const;

 private:
  std::filesystem::path path_;
};

inline std::string read_fixture(const std::string& fixture) {
  const std::filesystem::path file = std::filesystem::path(GANTRY_FIXTURES) / (fixture + ".so");
  std::ifstream in(file, std::ios::binary);
  std::ostringstream bytes;
  bytes << in.rdbuf();
  return bytes.str();
}

inline std::filesystem::path TempDir::install(const std::string& fixture,
                                              const std::string& as) const {
  return write(as.empty() ? fixture + ".so" : as, read_fixture(fixture));
}

/// Keeps every log line as "event name=value …".
class LogCapture {
 public:
  LogSink sink() {
    LogSink sink;
    sink.write = [this](LogLevel, std::string_view source, std::string_view event,
                        std::span<const LogField> fields) {
      std::string line = std::string(source) + ' ' + std::string(event);
      for (const LogField& field : fields) {
        line += ' ' + std::string(field.name) + '=' + std::string(field.value);
      }
      const std::lock_guard lock(mutex_);
      lines_.push_back(std::move(line));
    };
    return sink;
  }
  std::string text() const {
    const std::lock_guard lock(mutex_);
    std::string all;
    for (const auto& line : lines_) all += line + '\n';
    return all;
  }

 private:
  mutable std::mutex mutex_;
  std::vector<std::string> lines_;
};

/// A host around one loader: log, secrets, http; kv where the test brings one.
struct Host {
  LogCapture log;
  SecretTable secrets;
  net::HttpClient http;

  HostPorts ports() {
    HostPorts ports;
    ports.log = log.sink();
    ports.secrets = &secrets;
    ports.http = &http;
    return ports;
  }
};

inline SourceRequest request(const std::string& source_id, const std::filesystem::path& file,
                             const std::string& config = "{}") {
  SourceRequest request;
  request.source_id = source_id;
  request.file = file;
  request.config_json = config;
  request.origin = "conf.d/50-" + source_id + ".toml:3";
  return request;
}

}  // namespace gantry::plugins::test

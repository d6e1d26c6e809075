#pragma once

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <map>
#include <set>
#include <sstream>
#include <stdexcept>
#include <string>
#include <string_view>
#include <system_error>
#include <vector>

#include "host/base/clock.hpp"
#include "host/ingress/files/names.hpp"
#include "host/ingress/files/rooms.hpp"

namespace gantry::files::test {

using namespace std::chrono_literals;

/// A directory that is gone after the test.
class TempDir {
 public:
  TempDir() {
    std::string pattern = (std::filesystem::temp_directory_path() / "gantry-files-XXXXXX").string();
    path_ = mkdtemp(pattern.data());
  }
  ~TempDir() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  TempDir(const TempDir&) = delete;
  TempDir& operator=(const TempDir&) = delete;
  const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

/// Stands still until it is told to move.
class FakeClock final : public Clock {
 public:
  Instant now() const override { return Instant{std::chrono::nanoseconds{now_.load()}}; }
  std::chrono::steady_clock::time_point steady() const override {
    return std::chrono::steady_clock::time_point{std::chrono::nanoseconds{now_.load()}};
  }
  void advance(std::chrono::nanoseconds by) { now_ += by.count(); }

 private:
  std::atomic<std::int64_t> now_{1'767'225'600'000'000'000};  // 2026-01-01T00:00:00Z
};

inline void write(const std::filesystem::path& path, std::string_view content) {
  std::ofstream(path, std::ios::binary) << content;
}

inline std::string slurp(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

/// Names in a directory, without the part before the partner's name where it is an id.
inline std::vector<std::string> names_in(const std::filesystem::path& directory) {
  std::vector<std::string> names;
  for (const auto& entry : std::filesystem::directory_iterator(directory)) {
    const std::string name = entry.path().filename();
    const auto read = read_claim_id(name);
    names.push_back(read ? read->name : name);
  }
  std::sort(names.begin(), names.end());
  return names;
}

/// The one file in `directory` whose name ends so; fails loudly by an empty text.
inline std::string slurp_ending(const std::filesystem::path& directory, std::string_view ending) {
  for (const auto& entry : std::filesystem::directory_iterator(directory)) {
    if (entry.path().filename().string().ends_with(ending)) return slurp(entry.path());
  }
  return {};
}

/// The settings that conf.d gives by default.
inline config::SourceFiles settings(const std::filesystem::path& directory) {
  config::SourceFiles files;
  files.directory = directory.string();
  files.stable_for = 30s;
  files.scan_interval = 60s;
  files.size_max = 64 << 20;
  files.unpacked_max = 64 << 20;
  files.expansion_max = 100;
  files.entries_max = 1000;
  return files;
}

/// One source "carrier" with real directories in a temporary one.
class World {
  TempDir directory_;  // Before what is made from its path.

 public:
  World() : files(settings(in())) { std::filesystem::create_directory(in()); }

  std::filesystem::path in() const { return directory_.path() / "in"; }
  std::filesystem::path processing() const { return in() / "processing"; }
  std::filesystem::path archive() const { return in() / "archive"; }
  std::filesystem::path error() const { return in() / "error"; }
  std::filesystem::path out() const { return in() / "out"; }

  /// Opens the rooms, as a start of the host does; a second call is a restart.
  Rooms& start() {
    rooms_.reset();
    RoomsOptions options;
    options.ledger = directory_.path() / "files.db";
    options.clock = &clock;
    options.log = [this](ingress::LogLevel, std::string_view event,
                         const ingress::LogFields& fields) {
      std::string line(event);
      for (const auto& [name, value] : fields) line += ' ' + std::string(name) + '=' + value;
      log.push_back(line);
    };
    rooms_ = Rooms::open(std::move(options)).value();
    config::SourceConfig source;
    source.id = "carrier";
    source.files = files;
    const auto failed = rooms_->apply({&source, 1});
    if (!failed.empty()) throw std::runtime_error(failed[0].second.message());
    return *rooms_;
  }
  Rooms& rooms() { return rooms_ ? *rooms_ : start(); }

  std::vector<BatchFile> claim(std::size_t files_max = 100, std::string_view run = "run-1") {
    return rooms().claim("carrier", run, files_max).value();
  }
  /// Two looks with the waiting time between them.
  std::vector<BatchFile> claim_stable(std::size_t files_max = 100, std::string_view run = "run-1") {
    auto first = claim(files_max, run);
    if (!first.empty()) return first;
    clock.advance(30s);
    return claim(files_max, run);
  }
  std::string content(const BatchFile& file, std::uint64_t offset = 0) {
    auto opened = rooms().open("carrier", file, offset).value();
    std::string all, piece(7, '\0');
    while (const std::size_t count = opened->read(piece).value()) all += piece.substr(0, count);
    return all;
  }
  void archive_file(const BatchFile& file) { rooms().archive("carrier", file).value(); }

  FakeClock clock;
  config::SourceFiles files;
  std::vector<std::string> log;

 private:
  std::unique_ptr<Rooms> rooms_;
};

inline std::vector<std::string> names_of(const std::vector<BatchFile>& files) {
  std::vector<std::string> names;
  for (const auto& file : files) names.push_back(file.name);
  return names;
}

}  // namespace gantry::files::test

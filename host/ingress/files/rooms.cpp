#include "host/ingress/files/rooms.hpp"

#include <algorithm>

namespace gantry::files {

Result<std::unique_ptr<Rooms>> Rooms::open(RoomsOptions options) {
  std::unique_ptr<Rooms> rooms(new Rooms(std::move(options)));
  auto ledger = Ledger::open(rooms->options_.ledger);
  if (!ledger) return ledger.error();
  rooms->ledger_ = std::move(*ledger);
  return rooms;
}

std::vector<std::pair<std::string, Error>> Rooms::apply(
    std::span<const config::SourceConfig> sources) {
  std::vector<std::pair<std::string, Error>> failed;
  const std::scoped_lock lock(mutex_);
  std::map<std::string, std::shared_ptr<Room>, std::less<>> rooms;
  for (const config::SourceConfig& source : sources) {
    if (!source.enabled || source.files.directory.empty()) continue;
    const auto before = rooms_.find(source.id);
    if (before != rooms_.end() && before->second->options().files == source.files) {
      rooms.insert(rooms_.extract(before));
      continue;
    }
    auto room = Room::open({source.id, source.files, ledger_.get(), options_.clock, options_.log});
    if (room) {
      rooms.emplace(source.id, std::move(*room));
    } else {
      failed.emplace_back(source.id, room.error());
    }
  }
  for (const auto& [source, room] : rooms_) room->stop();
  rooms_ = std::move(rooms);
  return failed;
}

Result<std::shared_ptr<Room>> Rooms::room(std::string_view source) const {
  const std::scoped_lock lock(mutex_);
  if (const auto found = rooms_.find(source); found != rooms_.end()) return found->second;
  return Error(ErrorKind::kUnsupported,
               "source " + std::string(source) +
                   " has no directory that is open; set source.files.directory and look at the "
                   "log of the start");
}

bool Rooms::has(std::string_view source) const { return room(source).has_value(); }

Result<std::vector<BatchFile>> Rooms::claim(std::string_view source, std::string_view run,
                                            std::size_t files_max) {
  const auto found = room(source);
  if (!found) return found.error();
  return (*found)->claim(run, files_max);
}

std::optional<std::chrono::milliseconds> Rooms::next_look(std::string_view source) const {
  const auto found = room(source);
  return found ? (*found)->next_look() : std::nullopt;
}

Result<std::unique_ptr<FileContent>> Rooms::open(std::string_view source, const BatchFile& file,
                                                 std::uint64_t offset) {
  const auto found = room(source);
  if (!found) return found.error();
  return (*found)->open_file(file, offset);
}

Result<void> Rooms::put_outbox(std::string_view source, const BatchFile& file,
                               std::string_view name, std::string_view content) {
  const auto found = room(source);
  if (!found) return found.error();
  return (*found)->put_outbox(file, name, content);
}

Result<void> Rooms::archive(std::string_view source, const BatchFile& file) {
  const auto found = room(source);
  if (!found) return found.error();
  return (*found)->archive(file);
}

Result<void> Rooms::reject(std::string_view source, const BatchFile& file,
                           std::string_view reason) {
  const auto found = room(source);
  if (!found) return found.error();
  return (*found)->reject(file, reason);
}

Result<bool> Rooms::wait(std::string_view source, std::string_view run,
                         std::chrono::milliseconds timeout) {
  const auto found = room(source);
  if (!found) return found.error();
  return (*found)->wait(run, timeout);
}

void Rooms::stop() {
  const std::scoped_lock lock(mutex_);
  for (const auto& [source, room] : rooms_) room->stop();
}

}  // namespace gantry::files

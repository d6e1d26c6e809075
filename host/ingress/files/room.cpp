#include "host/ingress/files/room.hpp"

#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <tuple>
#include <utility>

#include "host/base/digest.hpp"
#include "host/base/encoding.hpp"
#include "host/ingress/files/names.hpp"

namespace gantry::files {
namespace {

using ingress::LogLevel;

Error changed(const BatchFile& file) {
  return {ErrorKind::kInvalid, file.name +
                                   " changed after it was taken: its sender was still writing. "
                                   "Send it again, under a temporary name until it is complete"};
}

/// True where an open file still is what was claimed.
Result<bool> is_unchanged(const Descriptor& descriptor, const BatchFile& file) {
  const auto entry = entry_of(descriptor);
  if (!entry) return entry.error();
  return entry->size == file.size && entry->modified_at_ns == file.modified_at_ns;
}

class Content final : public FileContent {
 public:
  Content(Descriptor descriptor, BatchFile file, std::uint64_t offset)
      : descriptor_(std::move(descriptor)), file_(std::move(file)), offset_(offset) {}

  Result<std::size_t> read(std::span<char> into) override {
    ssize_t count = -1;
    do {
      count = pread(descriptor_.get(), into.data(), into.size(), static_cast<off_t>(offset_));
    } while (count < 0 && errno == EINTR);
    if (count < 0) {
      return Error(ErrorKind::kUnavailable, "reading " + file_.name + " failed; check the disk");
    }
    offset_ += static_cast<std::uint64_t>(count);
    const bool at_end = count == 0 && !into.empty();
    if (offset_ > file_.size || (at_end && offset_ != file_.size)) return changed(file_);
    if (at_end) {
      const auto same = is_unchanged(descriptor_, file_);
      if (!same) return same.error();
      if (!*same) return changed(file_);
    }
    return static_cast<std::size_t>(count);
  }

 private:
  const Descriptor descriptor_;
  const BatchFile file_;
  std::uint64_t offset_;
};

/// "ack~9f3c21aa.txt" for "ack.txt": the same name on behalf of another file.
std::string other_name(std::string_view name, std::string_view id) {
  const auto read = read_claim_id(id);
  const std::string_view salt =
      read ? std::string_view(read->archive).substr(read->archive.size() - 8) : id.substr(0, 8);
  const std::string index =
      read && read->is_entry
          ? std::string(id.substr(read->archive.size(),
                                  id.find('-', read->archive.size()) - read->archive.size()))
          : std::string();
  const std::size_t dot = std::min(name.rfind('.'), name.size());
  return std::string(name.substr(0, dot)) + '~' + std::string(salt) + index +
         std::string(name.substr(dot));
}

}  // namespace

Room::Room(RoomOptions options, Folders folders, Watch watch)
    : options_(std::move(options)),
      folders_(std::move(folders)),
      watch_(std::move(watch)),
      intake_(options_, folders_) {}

Result<std::shared_ptr<Room>> Room::open(RoomOptions options) {
  auto folders = Folders::open(options.files);
  if (!folders) return folders.error();
  auto watch = Watch::open(folders->incoming);
  if (!watch) return watch.error();
  // Shared, because a call in flight keeps its room while a reload replaces it.
  return std::shared_ptr<Room>(
      new Room(std::move(options), std::move(*folders), std::move(*watch)));
}

Result<void> Room::recover_once() {
  if (recovered_) return {};
  if (auto recovered = intake_.recover(); !recovered) return recovered;
  recovered_ = true;
  return {};
}

Result<std::vector<BatchFile>> Room::claim(std::string_view run, std::size_t files_max) {
  const std::scoped_lock lock(mutex_);
  if (auto recovered = recover_once(); !recovered) return recovered.error();
  std::vector<Claim> mine;
  const auto collect = [&]() -> Result<bool> {
    auto all = options_.ledger->claims(options_.source);
    if (!all) return all.error();
    mine = std::move(*all);
    std::erase_if(mine, [&](const Claim& claim) { return !claim.run.empty() && claim.run != run; });
    std::sort(mine.begin(), mine.end(), [](const Claim& left, const Claim& right) {
      const auto order = [](const Claim& claim) {
        return std::tuple(claim.run.empty(), claim.file.modified_at_ns,
                          std::string_view(claim.file.id));
      };
      return order(left) < order(right);
    });
    return mine.size() >= files_max;
  };
  auto enough = collect();
  if (!enough) return enough.error();
  if (!*enough) {
    const auto ready = intake_.look();
    if (!ready) return ready.error();
    for (const ReadyFile& file : *ready) {
      if (auto taken = intake_.take(file); !taken) {
        recovered_ = false;  // It may lie in processing without a claim.
        return taken.error();
      }
      enough = collect();
      if (!enough) return enough.error();
      if (*enough) break;
    }
  }
  if (auto synced = intake_.sync(); !synced) return synced.error();
  if (mine.size() > files_max) mine.resize(files_max);
  std::vector<BatchFile> files;
  for (Claim& claim : mine) {
    if (claim.run.empty()) {
      claim.run = run;
      const auto put = options_.ledger->put_claim(options_.source, claim);
      if (!put) return put.error();
    }
    files.push_back(std::move(claim.file));
  }
  return files;
}

std::optional<std::chrono::milliseconds> Room::next_look() const {
  using std::chrono::milliseconds;
  const std::scoped_lock lock(mutex_);
  const auto next = intake_.next_look();
  if (!next) return std::nullopt;
  return std::max(milliseconds{1},
                  std::chrono::ceil<milliseconds>(*next - options_.clock->steady()));
}

Result<std::unique_ptr<FileContent>> Room::open_file(const BatchFile& file,
                                                     std::uint64_t offset) const {
  auto descriptor = folders_.processing.read(file.id);
  if (!descriptor) return descriptor.error();
  const auto same = is_unchanged(*descriptor, file);
  if (!same) return same.error();
  if (!*same) return changed(file);
  if (offset > file.size) {
    return Error(ErrorKind::kInvalid, file.name + " has " + std::to_string(file.size) +
                                          " bytes and cannot be read from byte " +
                                          std::to_string(offset) +
                                          "; the connector's cursor is of another file");
  }
  return std::unique_ptr<FileContent>(
      std::make_unique<Content>(std::move(*descriptor), file, offset));
}

Result<void> Room::put_outbox(const BatchFile& file, std::string_view name,
                              std::string_view content) {
  const auto why = why_refused(name);
  if (why || name.starts_with('.')) {
    return Error(
        ErrorKind::kInvalid,
        "the connector's outbox name cannot be used: " + (why ? *why : std::string("it is hidden")),
        std::string(name));
  }
  const std::scoped_lock lock(mutex_);
  const std::string sha256 = to_hex(gantry::sha256(content));
  const std::string other = other_name(name, file.id);
  for (const std::string_view target : {name, std::string_view(other)}) {
    const auto sent = options_.ledger->sent(options_.source, target);
    if (!sent) return sent.error();
    // The partner may have taken it away already: then it must not come back.
    if (*sent && (*sent)->sha256 == sha256) return {};
    bool ours = *sent && (*sent)->id == file.id;
    if (!*sent) {
      const auto there = folders_.out.look(target);
      if (!there) return there.error();
      ours = !*there;
      if (*there && (*there)->kind == Entry::Kind::kFile) {
        const auto lying = folders_.out.read(target);
        const auto hash = lying ? hash_file(*lying) : Result<std::string>(lying.error());
        ours = hash && *hash == sha256;  // Killed between the file and its line in the ledger.
      }
    }
    if (!ours && target == name) continue;
    if (auto written = folders_.out.write(target, content); !written) return written;
    return options_.ledger->mark_sent(options_.source, target, {sha256, file.id});
  }
  return {};
}

Result<bool> Room::in_processing(const BatchFile& file) const {
  const auto there = folders_.processing.look(file.id);
  if (!there) return there.error();
  if (*there) return true;
  const auto settled = folders_.settled(file.id);
  if (!settled) return settled.error();
  if (*settled) return false;
  return Error(ErrorKind::kInvalid, file.name + " is gone from " + folders_.processing.path() +
                                        "; somebody moved " + file.id + " by hand");
}

Result<void> Room::archive(const BatchFile& file) {
  const std::scoped_lock lock(mutex_);
  const auto there = in_processing(file);
  if (!there) return there.error();
  if (*there) {
    const auto descriptor = folders_.processing.read(file.id);
    if (!descriptor) return descriptor.error();
    const auto same = is_unchanged(*descriptor, file);
    if (!same) return same.error();
    if (!*same) {
      // What was read is in the stores; the rest must not vanish into the archive unseen.
      intake_.log(LogLevel::kError, "file_changed", file.name);
      return put_away(file, changed(file).what);
    }
    // Remembered before it is moved: killed between the two, recover() moves it.
    const auto marked =
        options_.ledger->mark_finished(options_.source, file, options_.clock->now());
    if (!marked) return marked;
    if (auto moved = folders_.to_archive(file.id); !moved) return moved;
    intake_.log(LogLevel::kInfo, "file_archived", file.name);
  }
  return options_.ledger->drop_claim(options_.source, file.id);
}

Result<void> Room::reject(const BatchFile& file, std::string_view reason) {
  const std::scoped_lock lock(mutex_);
  const auto there = in_processing(file);
  if (!there) return there.error();
  if (*there) return put_away(file, reason);
  return options_.ledger->drop_claim(options_.source, file.id);
}

Result<void> Room::put_away(const BatchFile& file, std::string_view reason) {
  const auto claim = options_.ledger->claim(options_.source, file.id);
  if (!claim) return claim.error();
  const Reason why{options_.source, file.name, *claim ? (*claim)->archive : std::string(),
                   std::string(reason), options_.clock->now()};
  if (auto moved = to_error(folders_, folders_.processing, file.id, file.id, why); !moved) {
    return moved;
  }
  intake_.log(LogLevel::kWarn, "file_rejected", file.name, std::string(reason));
  return options_.ledger->drop_claim(options_.source, file.id);
}

Result<bool> Room::has_work(std::string_view run) {
  if (auto recovered = recover_once(); !recovered) return recovered.error();
  const auto claims = options_.ledger->claims(options_.source);
  if (!claims) return claims.error();
  if (std::any_of(claims->begin(), claims->end(),
                  [&](const Claim& claim) { return claim.run.empty() || claim.run == run; })) {
    return true;
  }
  const auto ready = intake_.look();
  if (!ready) return ready.error();
  return !ready->empty();
}

Result<bool> Room::wait(std::string_view run, std::chrono::milliseconds timeout) {
  using std::chrono::milliseconds;
  const auto began = std::chrono::steady_clock::now();
  for (;;) {
    milliseconds pause = options_.files.scan_interval;
    {
      const std::scoped_lock lock(mutex_);
      const auto work = has_work(run);
      if (!work || *work) return work;
      if (const auto next = intake_.next_look()) {
        pause = std::min(pause, std::chrono::ceil<milliseconds>(*next - options_.clock->steady()));
      }
    }
    const auto passed = std::chrono::floor<milliseconds>(std::chrono::steady_clock::now() - began);
    if (passed >= timeout) return false;
    const auto woken = watch_.wait(std::clamp(pause, milliseconds{1}, timeout - passed));
    if (!woken) return woken.error();
    if (*woken == Watch::Wake::kStopped) return false;
  }
}

}  // namespace gantry::files

#include "host/ingress/files/intake.hpp"

#include <algorithm>
#include <tuple>

#include "host/base/digest.hpp"
#include "host/base/encoding.hpp"
#include "host/base/time.hpp"
#include "host/ingress/files/names.hpp"

namespace gantry::files {
namespace {

using ingress::LogLevel;

std::string salt() { return to_hex(random_bytes(4)); }

/// The partner's name of a claim; a file that somebody put into processing by hand has none.
std::string name_of(std::string_view id) {
  const auto read = read_claim_id(id);
  return read ? read->name : std::string(id);
}

}  // namespace

Intake::Intake(const RoomOptions& options, const Folders& folders)
    : options_(options),
      folders_(folders),
      readiness_(options.files.ready, options.files.stable_for) {}

void Intake::log(LogLevel level, std::string_view event, std::string_view name,
                 const std::string& reason) const {
  if (!options_.log) return;
  ingress::LogFields fields{{"source", options_.source}, {"file", std::string(name)}};
  if (!reason.empty()) fields.emplace_back("reason", reason);
  options_.log(level, event, fields);
}

Result<std::vector<ReadyFile>> Intake::look() {
  const auto entries = folders_.incoming.list();
  if (!entries) return entries.error();
  std::vector<Entry> files;
  std::set<std::pair<std::string, std::uint64_t>> still;
  for (const Entry& entry : *entries) {
    const bool helper = is_temporary(entry.name) || is_marker(entry.name);
    if (entry.name.starts_with('.') || entry.kind == Entry::Kind::kDirectory) continue;
    if (!helper && !matches_any(options_.files.patterns, entry.name)) continue;
    if (entry.kind == Entry::Kind::kFile) {
      files.push_back(entry);
    } else {
      tell(entry);
      still.emplace(entry.name, entry.inode);
    }
  }
  told_ = std::move(still);
  auto ready = readiness_.look(files, options_.clock->steady());
  std::sort(ready.begin(), ready.end(), [](const ReadyFile& left, const ReadyFile& right) {
    return std::tie(left.entry.modified_at_ns, left.entry.name) <
           std::tie(right.entry.modified_at_ns, right.entry.name);
  });
  return ready;
}

void Intake::tell(const Entry& entry) {
  if (told_.contains({entry.name, entry.inode})) return;
  const std::string problem =
      entry.kind == Entry::Kind::kLink
          ? "it is a symbolic link, which may lead anywhere, and was not followed; put the file "
            "itself here, and remove the link"
          : "it is no file but a pipe, a socket or a device, and was not opened; remove it";
  log(LogLevel::kWarn, "file_refused", entry.name, problem);
  const Reason reason{options_.source, entry.name, {}, problem, options_.clock->now()};
  if (auto written = write_reason(folders_, safe_name(entry.name), reason); !written) {
    log(LogLevel::kError, "file_reason_not_written", entry.name, written.error().message());
  }
}

Result<void> Intake::take(const ReadyFile& ready) {
  const std::string& name = ready.entry.name;
  if (const auto why = why_refused(name)) return refuse_name(ready.entry, *why);
  const std::string id = claim_id(options_.clock->now(), salt(), name);
  const auto moved = folders_.incoming.move(name, folders_.processing, id);
  if (!moved && moved.error().kind == ErrorKind::kNotFound) return {};
  if (!moved) return moved;
  moved_ = true;
  log(LogLevel::kInfo, "file_claimed", name);
  if (!ready.marker.empty()) {
    if (auto taken = take_marker(ready.marker, id); !taken) return taken;
  }
  return stage(id, {});
}

Result<void> Intake::refuse_name(const Entry& entry, const std::string& why) {
  const std::string id = claim_id(options_.clock->now(), salt(), safe_name(entry.name));
  log(LogLevel::kWarn, "file_refused", entry.name, why);
  const Reason reason{options_.source,
                      entry.name,
                      {},
                      "its name cannot be used, because " + why + "; send it under another name",
                      options_.clock->now()};
  return to_error(folders_, folders_.incoming, entry.name, id, reason);
}

Result<void> Intake::take_marker(const std::string& marker, std::string_view id) {
  // Kept beside the file: a .ctl may hold totals. Left behind it would announce the next file of
  // the same name while that one is still being written.
  const std::string suffix = marker.substr(marker.rfind('.'));
  const auto moved = folders_.incoming.move(marker, folders_.archive, std::string(id) + suffix);
  if (!moved && moved.error().kind != ErrorKind::kNotFound) return moved;
  return {};
}

Result<void> Intake::stage(const std::string& id, const std::string& archive) {
  const auto file = folders_.processing.read(id);
  if (!file) {
    if (file.error().kind != ErrorKind::kDenied) return file.error();
    return reject(id, archive, file.error());
  }
  const auto entry = entry_of(*file);
  if (!entry) return entry.error();
  if (entry->size > options_.files.size_max) {
    return reject(id, archive,
                  Error(ErrorKind::kInvalid, "it has " + std::to_string(entry->size) +
                                                 " bytes, more than size_max of " +
                                                 std::to_string(options_.files.size_max) +
                                                 "; send it in parts, or raise size_max"));
  }
  const auto packing = packing_of(*file, name_of(id));
  if (!packing) {
    if (packing.error().kind != ErrorKind::kInvalid) return packing.error();
    return reject(id, archive, packing.error());
  }
  if (*packing == Packing::kNone) return stage_plain(*file, id, archive);
  const auto read = read_claim_id(id);
  if (read && read->is_entry) {
    return reject(id, archive,
                  Error(ErrorKind::kInvalid,
                        "it is an archive inside an archive, which is not opened; pack once"));
  }
  return stage_archive(*file, id, *packing);
}

Result<void> Intake::stage_plain(const Descriptor& file, const std::string& id,
                                 const std::string& archive) {
  const auto sha256 = hash_file(file);
  if (!sha256) return sha256.error();
  const auto duplicate = duplicate_of(id, *sha256);
  if (!duplicate) return duplicate.error();
  if (!duplicate->empty()) {
    log(LogLevel::kInfo, "file_duplicate", name_of(id), *duplicate);
    return folders_.to_archive(id, "Not read again: " + *duplicate + '.');
  }
  const auto entry = entry_of(file);
  if (!entry) return entry.error();
  Claim claim;
  claim.file = {id, name_of(id), *sha256, entry->size, entry->modified_at_ns};
  claim.archive = archive;
  return options_.ledger->put_claim(options_.source, claim);
}

Result<std::string> Intake::duplicate_of(const std::string& id, const std::string& sha256) const {
  const auto finished = options_.ledger->finished(options_.source, sha256);
  if (!finished) return finished.error();
  if (*finished && (*finished)->id != id) {
    return "the same content was read before as " + (*finished)->name + ", finished " +
           to_rfc3339(std::chrono::floor<std::chrono::seconds>((*finished)->at)) +
           ", archived as " + (*finished)->id;
  }
  const auto twin = options_.ledger->claim_with(options_.source, sha256, id);
  if (!twin) return twin.error();
  if (*twin) {
    return "the same content is being read as " + (*twin)->file.name + ", claimed as " +
           (*twin)->file.id;
  }
  return std::string();
}

Result<void> Intake::stage_archive(const Descriptor& file, const std::string& id, Packing packing) {
  const std::string name = name_of(id);
  const UnpackLimits limits{options_.files.size_max, options_.files.unpacked_max,
                            static_cast<std::uint64_t>(options_.files.expansion_max),
                            static_cast<std::size_t>(options_.files.entries_max)};
  const auto unpacked = unpack(file, packing, name, folders_.processing, limits);
  if (!unpacked) {
    if (unpacked.error().kind != ErrorKind::kInvalid) return unpacked.error();
    return reject(id, {}, unpacked.error());
  }
  // The names follow from the archive's, so that a second run after a kill meets the first one's.
  std::vector<std::string> ids;
  for (const UnpackedFile& entry : *unpacked) {
    ids.push_back(entry_id(id, ids.size(), entry.name));
    if (auto named = folders_.processing.replace(entry.temporary, ids.back()); !named) return named;
  }
  if (auto archived = folders_.to_archive(id); !archived) return archived;
  log(LogLevel::kInfo, "file_unpacked", name, std::to_string(ids.size()) + " files");
  for (const std::string& entry : ids) {
    if (auto staged = stage(entry, name); !staged) return staged;
  }
  return {};
}

Result<void> Intake::reject(const std::string& id, const std::string& archive, const Error& why) {
  log(LogLevel::kWarn, "file_rejected", name_of(id), why.what);
  const Reason reason{options_.source, name_of(id), archive, why.what, options_.clock->now()};
  return to_error(folders_, folders_.processing, id, id, reason);
}

Result<void> Intake::recover() {
  if (auto swept = sweep(); !swept) return swept;
  const auto claims = options_.ledger->claims(options_.source);
  if (!claims) return claims.error();
  for (const Claim& claim : *claims) {
    const auto there = folders_.processing.look(claim.file.id);
    if (!there) return there.error();
    if (*there) continue;
    const auto dropped = options_.ledger->drop_claim(options_.source, claim.file.id);
    if (!dropped) return dropped;
  }
  auto entries = folders_.processing.list();
  if (!entries) return entries.error();
  // Archives before what came out of them: unpacking again settles their entries too.
  const auto order = [](const Entry& entry) {
    const auto read = read_claim_id(entry.name);
    return std::pair(!read || read->is_entry, std::string_view(entry.name));
  };
  std::sort(entries->begin(), entries->end(),
            [&](const Entry& left, const Entry& right) { return order(left) < order(right); });
  for (const Entry& entry : *entries) {
    if (auto recovered = recover_one(entry); !recovered) return recovered;
  }
  return {};
}

Result<void> Intake::recover_one(const Entry& entry) {
  const auto read = read_claim_id(entry.name);
  if (!read) {
    // Not ours: somebody works in here by hand.
    log(LogLevel::kWarn, "file_foreign", entry.name,
        "move it out of " + folders_.processing.path());
    return {};
  }
  const auto there = folders_.processing.look(entry.name);
  if (!there) return there.error();
  if (!*there) return {};
  const auto claim = options_.ledger->claim(options_.source, entry.name);
  if (!claim) return claim.error();
  if (!*claim) {
    log(LogLevel::kInfo, "file_recovered", read->name);
    for (const char* suffix : {".done", ".ctl"}) {
      const auto arrived = folders_.incoming.look(read->name);
      if (!arrived) return arrived.error();
      if (read->is_entry || *arrived) break;  // Then the marker belongs to the new file.
      if (auto taken = take_marker(read->name + suffix, entry.name); !taken) return taken;
    }
    return stage(entry.name, {});
  }
  const auto finished = options_.ledger->finished(options_.source, (*claim)->file.sha256);
  if (!finished) return finished.error();
  if (!*finished || (*finished)->id != entry.name) return {};
  // Killed after it was remembered and before it was moved.
  if (auto archived = folders_.to_archive(entry.name); !archived) return archived;
  return options_.ledger->drop_claim(options_.source, entry.name);
}

Result<void> Intake::sweep() const {
  for (const Folder* folder :
       {&folders_.processing, &folders_.archive, &folders_.error, &folders_.out}) {
    const auto entries = folder->list();
    if (!entries) return entries.error();
    for (const Entry& entry : *entries) {
      if (!is_half_written(entry.name) && !entry.name.starts_with(kUnpackPrefix)) continue;
      if (auto removed = folder->remove(entry.name); !removed) return removed;
    }
  }
  return {};
}

Result<void> Intake::sync() {
  if (!moved_) return {};
  if (auto synced = folders_.processing.sync(); !synced) return synced;
  if (auto synced = folders_.incoming.sync(); !synced) return synced;
  moved_ = false;
  return {};
}

}  // namespace gantry::files

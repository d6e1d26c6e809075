#include "host/contracts/batch.hpp"

#include "host/contracts/fields.hpp"

namespace gantry {

using contracts::read;

void to_json(Json& out, const BatchFile& v) {
  out = {{"id", v.id},
         {"name", v.name},
         {"sha256", v.sha256},
         {"size", v.size},
         {"modified_at_ns", v.modified_at_ns}};
}
void from_json(const Json& in, BatchFile& v) {
  read(in, "id", v.id);
  read(in, "name", v.name);
  read(in, "sha256", v.sha256);
  read(in, "size", v.size);
  read(in, "modified_at_ns", v.modified_at_ns);
}

void to_json(Json& out, const FileProgress& v) {
  out = {{"file", v.file},
         {"cursor", cursor_text(v.cursor)},
         {"records", v.records},
         {"dead_letters", v.dead_letters}};
}
void from_json(const Json& in, FileProgress& v) {
  read(in, "file", v.file);
  v.cursor = cursor_from_text(in.value("cursor", ""));
  read(in, "records", v.records);
  read(in, "dead_letters", v.dead_letters);
}

void to_json(Json& out, const BatchStats& v) {
  out = {{"source", v.source},
         {"run", v.run},
         {"state", v.state},
         {"files_processed", v.files_processed},
         {"total_records", v.total_records},
         {"failed", v.failed},
         {"dead_letters", v.dead_letters},
         {"last_error", v.last_error}};
}
void from_json(const Json& in, BatchStats& v) {
  read(in, "source", v.source);
  read(in, "run", v.run);
  read(in, "state", v.state);
  read(in, "files_processed", v.files_processed);
  read(in, "total_records", v.total_records);
  read(in, "failed", v.failed);
  read(in, "dead_letters", v.dead_letters);
  read(in, "last_error", v.last_error);
}

void to_json(Json& out, const BatchSummary& v) {
  out = {{"files_processed", v.files_processed},
         {"total_records", v.total_records},
         {"failed", v.failed},
         {"dead_letters", v.dead_letters}};
}
void from_json(const Json& in, BatchSummary& v) {
  read(in, "files_processed", v.files_processed);
  read(in, "total_records", v.total_records);
  read(in, "failed", v.failed);
  read(in, "dead_letters", v.dead_letters);
}

void to_json(Json& out, const BatchInput& v) {
  out = {{"source", v.source},   {"run", v.run},     {"settings", v.settings},
         {"patient", v.patient}, {"files", v.files}, {"stats", v.stats}};
}
void from_json(const Json& in, BatchInput& v) {
  read(in, "source", v.source);
  read(in, "run", v.run);
  read(in, "settings", v.settings);
  read(in, "patient", v.patient);
  read(in, "files", v.files);
  read(in, "stats", v.stats);
}

void to_json(Json& out, const FetchFilesInput& v) {
  out = {{"source", v.source}, {"run", v.run}, {"files_max", v.files_max}};
}
void from_json(const Json& in, FetchFilesInput& v) {
  read(in, "source", v.source);
  read(in, "run", v.run);
  read(in, "files_max", v.files_max);
}

void to_json(Json& out, const FetchedFiles& v) {
  out = {{"files", v.files}, {"again_in_ms", v.again_in.count()}};
}
void from_json(const Json& in, FetchedFiles& v) {
  read(in, "files", v.files);
  std::int64_t again_in = 0;
  read(in, "again_in_ms", again_in);
  v.again_in = std::chrono::milliseconds{again_in};
}

void to_json(Json& out, const ParseFileInput& v) {
  out = {{"source", v.source},
         {"file", v.file},
         {"cursor", cursor_text(v.cursor)},
         {"budget", v.budget}};
}
void from_json(const Json& in, ParseFileInput& v) {
  read(in, "source", v.source);
  read(in, "file", v.file);
  v.cursor = cursor_from_text(in.value("cursor", ""));
  read(in, "budget", v.budget);
}

void to_json(Json& out, const SettleFileInput& v) {
  out = {{"source", v.source}, {"file", v.file}, {"reason", v.reason}};
}
void from_json(const Json& in, SettleFileInput& v) {
  read(in, "source", v.source);
  read(in, "file", v.file);
  read(in, "reason", v.reason);
}

std::string batch_run_workflow_id(std::string_view source, std::string_view run) {
  return std::string("batch:").append(source).append(1, ':').append(run);
}

std::string batch_schedule_id(std::string_view source) {
  return std::string("batch:").append(source);
}

}  // namespace gantry

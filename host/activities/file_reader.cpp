#include "host/activities/file_reader.hpp"

#include <array>

namespace gantry::activities {
namespace {

constexpr std::size_t kHeadBytes = 64U << 10U;
constexpr std::size_t kChunkBytes = 256U << 10U;

plugins::PluginError from_room(const Error& error) {
  // The claim is on another host, or its folder is away for a moment: somebody else may have it.
  const ErrorKind kind = error.kind == ErrorKind::kNotFound ? ErrorKind::kUnavailable : error.kind;
  plugins::PluginError out(kind, error.what, error.upstream);
  if (kind == ErrorKind::kInvalid) out.category = "DATA";
  return out;
}

/// Fills the buffer as far as the file goes.
Result<std::size_t> fill(FileContent& content, std::span<char> into) {
  std::size_t size = 0;
  while (size < into.size()) {
    const auto got = content.read(into.subspan(size));
    if (!got) return got.error();
    if (*got == 0) break;
    size += *got;
  }
  return size;
}

}  // namespace

Result<FetchedFiles> FileReader::fetch(const FetchFilesInput& input) const {
  auto files = room_.claim(input.source, input.run, input.files_max);
  if (!files) return files.error();
  FetchedFiles fetched{std::move(*files)};
  if (fetched.files.empty()) {
    fetched.again_in = room_.next_look(input.source).value_or(std::chrono::milliseconds{0});
  }
  return fetched;
}

plugins::PluginResult<void> FileReader::read(const plugins::Source& source,
                                             const ParseFileInput& input, Intake& intake,
                                             const Try& attempt) const {
  const std::chrono::milliseconds timeout = ports_.call_timeout(input.source);
  const plugins::FileInfo info{input.file.name, input.file.sha256, input.file.size,
                               Instant{std::chrono::nanoseconds{input.file.modified_at_ns}}};
  const std::string cursor = intake.page().cursor;
  std::vector<char> buffer(kChunkBytes);
  if (cursor.empty()) {
    auto head = room_.open(input.source, input.file, 0);
    if (!head) return from_room(head.error());
    const auto size = fill(**head, std::span(buffer).first(kHeadBytes));
    if (!size) return from_room(size.error());
    const auto score = source.probe(info, {buffer.data(), *size});
    if (!score) return score.error();
    if (*score == 0) {
      plugins::PluginError error(ErrorKind::kInvalid,
                                 "connector " + source.plugin_id() +
                                     " does not know this kind of file; put it where its own "
                                     "source looks");
      error.category = "DATA";
      return error;
    }
  }
  auto file = source.open_file(info, cursor, intake.left_of(input.budget), intake.take(),
                               attempt.scope(timeout));
  if (!file) return file.error();
  auto content = room_.open(input.source, input.file, (*file)->offset());
  if (!content) return from_room(content.error());
  while (true) {
    const auto size = fill(**content, buffer);
    if (!size) return from_room(size.error());
    if (*size == 0) break;
    const auto brought = (*file)->feed({buffer.data(), *size}, attempt.scope(timeout));
    if (!brought) return brought.error();
    if (brought->more) {
      intake.page().more = true;
      return {};
    }
    attempt.beat();
    if (attempt.stop()) {
      return plugins::PluginError(ErrorKind::kCancelled, "reading " + input.file.name + " ended");
    }
  }
  const auto put = [&](std::string_view name, std::string_view bytes) {
    return room_.put_outbox(input.source, input.file, name, bytes);
  };
  if (auto finished = (*file)->finish(put, attempt.scope(timeout)); !finished) {
    return finished.error();
  }
  intake.page().ended = true;
  return {};
}

plugins::PluginResult<RecordPage> FileReader::parse(const ParseFileInput& input,
                                                    const Try& attempt) const {
  const auto source = ports_.find_source(input.source);
  if (!source) return no_source(input.source);
  Intake intake(ports_, input.source, input.file.name, input.cursor, attempt);
  if (intake.left_of(input.budget).records_max == 0) {
    intake.page().more = true;
    return std::move(intake.page());
  }
  const auto done = read(*source, input, intake, attempt);
  if (done) return std::move(intake.page());
  const bool wrong = done.error().category == "DATA";
  if (wrong && intake.taken() > 0) {  // nobody reads this file again: all it gave is kept
    intake.page().interruption = interruption_of(done.error());
    return std::move(intake.page());
  }
  return intake.interrupted(done.error());
}

Result<void> FileReader::settle(const SettleFileInput& input) const {
  if (input.reason.empty()) return room_.archive(input.source, input.file);
  return room_.reject(input.source, input.file, input.reason);
}

}  // namespace gantry::activities

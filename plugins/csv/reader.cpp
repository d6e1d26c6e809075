#include "reader.hpp"

#include <algorithm>
#include <gantry/sdk/text.hpp>
#include <utility>

namespace gantry::csv {
namespace {

using sdk::Failure;
using sdk::Status;

constexpr std::uint64_t kCheckpointRows = 500;
constexpr std::uint64_t kCheckpointBytes = 1 << 20;

std::string_view fault_text(Fault fault) {
  switch (fault) {
    case Fault::kNone:
      return {};
    case Fault::kTextAfterQuote:
      return "has text after a closing quote";
    case Fault::kFieldTooLong:
      return "has a field above field_bytes_max";
    case Fault::kTooManyFields:
      return "has more fields than columns_max";
  }
  return {};
}

}  // namespace

Reader::Reader(const Settings& settings, const sdk::Host& host, const sdk::FileInfo& info,
               std::optional<Progress> progress)
    : settings_(settings),
      host_(host),
      name_(info.name),
      sha256_(info.sha256),
      modified_at_ns_(info.modified_at_ns) {
  if (!progress) return;
  progress_ = std::move(*progress);
  begun_ = true;
  first_row_ = false;
  start_lexer();
  if (settings_.header) {
    mapper_.emplace(settings_, host_, progress_.header);
  } else {
    mapper_.emplace(settings_, host_, std::vector<std::string>());
  }
}

void Reader::start_lexer() {
  size_ = checkpoint_offset_ = progress_.offset;
  const bool wide = progress_.encoding.wide();
  if (wide) wide_.emplace(progress_.encoding.name == "utf-16be", progress_.offset);
  lexer_.emplace(
      progress_.dialect,
      Lexer::Limits{settings_.row_bytes_max, settings_.field_bytes_max, settings_.columns_max},
      wide, progress_.offset, progress_.line);
}

void Reader::feed(std::string_view chunk, sdk::Sink& sink) {
  sink.call().throw_if_cancelled();
  if (stopped_) return;
  if (!begun_) {
    const std::size_t need = std::min(kHeadMax - head_.size(), chunk.size());
    head_ += chunk.substr(0, need);
    chunk.remove_prefix(need);
    if (head_.size() < kHeadMax) return;
    begin(false);
    push(std::exchange(head_, {}), sink);
  }
  push(chunk, sink);
  sink.call().progress();
}

void Reader::begin(bool whole) {
  begun_ = true;
  progress_.encoding = decide_encoding(head_, whole, settings_);
  head_.erase(0, progress_.encoding.mark);
  progress_.offset = progress_.encoding.mark;
  std::string text;
  if (progress_.encoding.wide()) {
    WideDecoder(progress_.encoding.name == "utf-16be", progress_.offset).decode(head_, text);
  }
  progress_.dialect = decide_dialect(progress_.encoding.wide() ? text : head_, settings_);
  start_lexer();
  if (!settings_.header) mapper_.emplace(settings_, host_, std::vector<std::string>());
}

void Reader::push(std::string_view bytes, sdk::Sink& sink) {
  if (stopped_) return;
  size_ += bytes.size();
  if (size_ > settings_.file_bytes_max) {
    throw Failure(Status::kData, "the file is larger than file_bytes_max of " +
                                     std::to_string(settings_.file_bytes_max) +
                                     "; send it in parts, or raise the limit");
  }
  if (wide_) {
    decoded_.clear();
    wide_->decode(bytes, decoded_);
    bytes = decoded_;
  }
  lexer_->feed(bytes, [&](Row& row) { return on_row(row, sink); });
}

void Reader::finish(sdk::Sink& sink, sdk::Outbox& outbox) {
  if (stopped_) return;
  if (!begun_) {
    begin(true);
    push(std::exchange(head_, {}), sink);
  }
  if (stopped_) return;
  if (wide_) wide_->finish();
  lexer_->finish([&](Row& row) { return on_row(row, sink); });
  if (stopped_) return;
  held_.reset();  // Nothing followed: it was the totals.
  // No row at all: what is required is missing all the same.
  if (!mapper_) mapper_.emplace(settings_, host_, std::vector<std::string>());
  if (progress_.bad.size() > 0) {
    outbox.put(error_file_name(name_), progress_.bad.error_file());
  }
}

bool Reader::is_preamble(const Row& row) const {
  if (row.line <= static_cast<std::uint64_t>(settings_.skip_lines)) return true;
  if (row.offset == progress_.encoding.mark && separator_line(row.text) != '\0') return true;
  return !settings_.comment.empty() && row.text.starts_with(settings_.comment);
}

bool Reader::on_row(Row& row, sdk::Sink& sink) {
  if (first_row_ && is_preamble(row)) return true;
  if (settings_.require_final_line_end && !row.ended) {
    throw Failure(Status::kData, "line " + std::to_string(row.line) +
                                     ": the last line has no end, so the file may have been cut; "
                                     "send it again");
  }
  if (!std::exchange(first_row_, false) || !settings_.header) {
    if (held_) data_row(*std::exchange(held_, std::nullopt), sink);
    if (stopped_) return false;
    if (is_totals(row)) {
      held_ = std::move(row);
      row = {};
    } else {
      data_row(row, sink);
      if (!stopped_) checkpoint(sink);
    }
  } else {
    read_header(row);
  }
  return !stopped_;
}

void Reader::read_header(const Row& row) {
  if (row.fault != Fault::kNone) {
    throw Failure(Status::kData, "line " + std::to_string(row.line) + ": the header " +
                                     std::string(fault_text(row.fault)));
  }
  if (!decode(row, progress_.header)) {
    throw Failure(Status::kData, "line " + std::to_string(row.line) +
                                     ": the header holds bytes that mean nothing in " +
                                     progress_.encoding.name + "; set encoding");
  }
  if (!fits_cursor(progress_.header)) {
    throw Failure(Status::kData, "line " + std::to_string(row.line) +
                                     ": the header is longer than 16 KiB; is it one?");
  }
  mapper_.emplace(settings_, host_, progress_.header);
}

/// The fields in UTF-8; false where bytes mean nothing in the file's encoding.
bool Reader::decode(const Row& row, std::vector<std::string>& fields) {
  const bool was_open = !progress_.encoding.decided;
  decide_by(row.text, settings_, progress_.encoding);
  if (!decoder_ || (was_open && progress_.encoding.decided)) {
    decoder_.emplace(progress_.encoding.wide() ? "utf-8" : progress_.encoding.name);
  }
  fields.clear();
  for (const std::string& field : row.fields) {
    auto text = decoder_->decode(field);
    if (!text) return false;
    fields.push_back(std::move(*text));
  }
  return true;
}

std::optional<Problem> Reader::read_fields(const Row& row, std::vector<std::string>& fields) {
  if (row.fault != Fault::kNone) return Problem{{}, std::string(fault_text(row.fault))};
  if (!decode(row, fields)) {
    return Problem{{}, "has bytes that mean nothing in " + progress_.encoding.name};
  }
  for (std::string& field : fields) {
    if (field.find('\0') == std::string::npos) continue;
    if (!settings_.strip_nul) return Problem{{}, "has a NUL byte"};
    std::erase(field, '\0');
  }
  return std::nullopt;
}

void Reader::data_row(const Row& row, sdk::Sink& sink) {
  const std::string wide = progress_.encoding.wide()
                               ? to_wide(row.text, progress_.encoding.name == "utf-16be")
                               : std::string();
  const std::string_view raw = progress_.encoding.wide() ? std::string_view(wide) : row.text;
  sdk::Record record;
  std::vector<std::string> fields;
  auto problem = read_fields(row, fields);
  // Some files are several that were put together, each with its header.
  if (!problem && settings_.header && fields == progress_.header) return;
  if (!problem) {
    const Place place{
        name_, row.line, row.offset, progress_.encoding.name, progress_.dialect.delimiter, raw};
    problem = mapper_->map(fields, place, record);
  }
  if (problem) {
    reject(row, raw, std::move(*problem), sink);
    return;
  }
  ++progress_.rows;
  // The later row of a key is the newer one, and every row of a newer file.
  if (modified_at_ns_ > 0) {
    record.version = modified_at_ns_ + static_cast<std::int64_t>(progress_.rows);
  }
  stopped_ = !sink.emit(record);
}

void Reader::reject(const Row& row, std::string_view raw, Problem problem, sdk::Sink& sink) {
  std::string what = "line " + std::to_string(row.line) + ", byte " + std::to_string(row.offset) +
                     ": " + (problem.column.empty() ? "the row" : problem.column) + ' ' +
                     problem.reason;
  stopped_ = !sink.reject(raw, Failure(Status::kData, std::move(what)));
  progress_.bad.add(
      {row.line, row.offset, std::move(problem.column), std::move(problem.reason), row.text});
  if (progress_.bad.size() <= settings_.bad_rows_max) return;
  throw Failure(Status::kData, "more than " + std::to_string(settings_.bad_rows_max) +
                                   " bad rows: " + progress_.bad.summary() +
                                   "; put them right and send the file again");
}

/// "Total:", the first field that is not empty.
bool Reader::is_totals(const Row& row) {
  for (const std::string& field : row.fields) {
    std::string_view word = sdk::trim(field);
    if (word.empty()) continue;
    if (word.ends_with(':')) word.remove_suffix(1);
    return std::any_of(settings_.totals.begin(), settings_.totals.end(),
                       [&](const std::string& one) { return sdk::equal_ignoring_case(word, one); });
  }
  return false;
}

void Reader::checkpoint(sdk::Sink& sink) {
  ++since_checkpoint_rows_;
  if (since_checkpoint_rows_ < kCheckpointRows &&
      lexer_->offset() - checkpoint_offset_ < kCheckpointBytes) {
    return;
  }
  since_checkpoint_rows_ = 0;
  checkpoint_offset_ = progress_.offset = lexer_->offset();
  progress_.line = lexer_->line();
  stopped_ = !sink.checkpoint(write_cursor(progress_, sha256_));
}

}  // namespace gantry::csv

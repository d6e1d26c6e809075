#pragma once

#include <cstdint>
#include <gantry/sdk/batch.hpp>
#include <gantry/sdk/host.hpp>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "bad_rows.hpp"
#include "dialect.hpp"
#include "encoding.hpp"
#include "lexer.hpp"
#include "mapper.hpp"
#include "settings.hpp"

namespace gantry::csv {

/// What is known of a file once its head was read; travels in the cursor.
struct Progress {
  Encoding encoding;
  Dialect dialect;
  std::vector<std::string> header;  ///< Names in UTF-8; empty before it, and where there is none.
  std::uint64_t offset = 0;
  std::uint64_t line = 1;
  std::uint64_t rows = 0;  ///< Records so far.
  BadRows bad;
};

/// Cursors: JSON of at most 64 KiB. Reading throws Failure(kData) where `text` is none, or is one
/// of another file.
std::string write_cursor(const Progress& progress, std::string_view sha256);
Progress read_cursor(std::string_view text, std::string_view sha256, const Settings& settings);

/// True where a header of these names leaves room for the rest of a cursor.
bool fits_cursor(const std::vector<std::string>& header);

/// Reads one file: the head decides encoding and dialect, the first row names the columns, every
/// further one becomes a record or a bad row. Holds at most the head and two rows.
class Reader final : public sdk::File {
 public:
  /// settings and host outlive it. `progress` is empty for a file from its beginning.
  Reader(const Settings& settings, const sdk::Host& host, const sdk::FileInfo& info,
         std::optional<Progress> progress);

  void feed(std::string_view chunk, sdk::Sink& sink) override;
  void finish(sdk::Sink& sink, sdk::Outbox& outbox) override;

 private:
  void begin(bool whole);
  void start_lexer();
  void push(std::string_view bytes, sdk::Sink& sink);
  bool on_row(Row& row, sdk::Sink& sink);
  bool is_preamble(const Row& row) const;
  void read_header(const Row& row);
  void data_row(const Row& row, sdk::Sink& sink);
  std::optional<Problem> read_fields(const Row& row, std::vector<std::string>& fields);
  bool decode(const Row& row, std::vector<std::string>& fields);
  void reject(const Row& row, std::string_view raw, Problem problem, sdk::Sink& sink);
  bool is_totals(const Row& row);
  void checkpoint(sdk::Sink& sink);

  const Settings& settings_;
  const sdk::Host& host_;
  const std::string name_;
  const std::string sha256_;
  const std::int64_t modified_at_ns_;
  Progress progress_;
  std::string head_;  // Until begun.
  bool begun_ = false;
  bool stopped_ = false;     // The host wants no more.
  bool first_row_ = true;    // Nothing but preamble so far.
  std::uint64_t size_ = 0;   // Bytes fed.
  std::optional<Row> held_;  // May be the totals row, if nothing follows.
  std::optional<WideDecoder> wide_;
  std::string decoded_;
  std::optional<Lexer> lexer_;
  std::optional<FieldDecoder> decoder_;
  std::optional<Mapper> mapper_;
  std::uint64_t since_checkpoint_rows_ = 0;
  std::uint64_t checkpoint_offset_ = 0;
};

}  // namespace gantry::csv

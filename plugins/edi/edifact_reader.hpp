#pragma once

#include <string>
#include <string_view>

#include "edifact_tokens.hpp"
#include "file_context.hpp"

namespace gantry::edi {

/// Walks one EDIFACT interchange from its UNA or UNB to its UNZ; see X12Reader for the calling
/// rules. Groups (UNG, UNE) are optional; without them one implied group holds the messages.
class EdifactReader {
 public:
  explicit EdifactReader(FileContext& file) : file_(file) {}

  enum class Start { kDone, kNeedMore, kNone };
  /// Reads UNA and UNB at the start of `text`.
  Start begin(std::string_view text, bool last, std::size_t& consumed);
  Step read(std::string_view rest, bool last, sdk::Sink& sink, std::size_t& consumed);
  bool cut_off(std::string_view rest, sdk::Sink& sink);

  bool at_boundary() const { return !in_message_; }
  sdk::Json state() const;
  void restore(const sdk::Json& state);

 private:
  Step segment(std::string_view rest, std::size_t begin, std::size_t end, std::size_t next,
               sdk::Sink& sink);
  Step lose_message(std::string_view bytes, std::string_view why, sdk::Sink& sink);
  void begin_group(const EdifactSegment* header, std::string_view bytes);
  bool end_group(const EdifactSegment* trailer, sdk::Sink& sink);
  Step end_interchange(const EdifactSegment& segment, sdk::Sink& sink);
  Step stray(std::string_view bytes, std::string_view why, sdk::Sink& sink);

  FileContext& file_;
  Interchange interchange_;
  Group group_;
  bool in_group_ = false;
  bool in_message_ = false;
  bool too_large_ = false;
  std::string message_, reference_;
  std::uint64_t at_ = 0;  ///< Of the segment that is read, in the file.
  std::size_t scan_ = 0;
  std::size_t lead_ = 0;
};

}  // namespace gantry::edi

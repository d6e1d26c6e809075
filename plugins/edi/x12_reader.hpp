#pragma once

#include <string>
#include <string_view>

#include "file_context.hpp"
#include "state.hpp"

namespace gantry::edi {

/// Walks one X12 interchange, from behind its ISA to its IEA, wherever the bytes were cut.
///
/// `rest` always begins where the last call's `consumed` ended; while a set is open it begins at
/// the set's ST, so that the set can be handed on as one view.
class X12Reader {
 public:
  explicit X12Reader(FileContext& file) : file_(file) {}

  void begin(const IsaSegment& isa, std::string_view raw);
  Step read(std::string_view rest, bool last, sdk::Sink& sink, std::size_t& consumed);
  /// The file ends here although the interchange does not. False: the host wants no more.
  bool cut_off(std::string_view rest, sdk::Sink& sink);

  /// False inside a set: there the file cannot be left.
  bool at_boundary() const { return !in_set_; }
  sdk::Json state() const;
  void restore(const sdk::Json& state);

 private:
  Step segment(std::string_view rest, std::size_t begin, std::size_t end, std::size_t next,
               sdk::Sink& sink);
  Step envelope(const Segment& segment, std::string_view bytes, std::size_t begin, sdk::Sink& sink);
  void begin_set(const Segment& segment, std::size_t begin);
  Step end_set(std::string_view bytes, sdk::Sink& sink);
  Step lose_set(std::string_view bytes, std::string_view why, sdk::Sink& sink);
  void begin_group(const Segment& segment, std::string_view bytes);
  bool end_group(const Segment* trailer, sdk::Sink& sink);
  Step end_interchange(const Segment& segment, sdk::Sink& sink);
  Step too_long(std::string_view rest, sdk::Sink& sink, std::size_t& consumed);
  bool is_whole_trailer(std::string_view text);
  Step stray(std::string_view bytes, std::string_view why, sdk::Sink& sink);

  FileContext& file_;
  Interchange interchange_;
  Group group_;
  bool in_group_ = false;
  bool in_set_ = false;
  bool set_too_large_ = false;
  std::string set_id_, set_control_;
  std::uint64_t at_ = 0;  ///< Of the segment that is read, in the file.
  std::size_t scan_ = 0;  ///< Of the next segment, in rest.
  std::size_t lead_ = 0;  ///< Of the open set's ST, in rest.
  Tokens tokens_;         ///< Of the envelope's segments.
};

}  // namespace gantry::edi

#pragma once

#include <cstdint>
#include <gantry/sdk/host.hpp>
#include <string>
#include <string_view>

#include "intake.hpp"
#include "memory.hpp"
#include "settings.hpp"
#include "spool.hpp"

namespace gantry::edi {

/// What the readers of one file share.
struct FileContext {
  FileContext(const sdk::Host& host_in, const Settings& settings_in, std::string_view file_in)
      : host(host_in),
        settings(settings_in),
        file(file_in),
        journal(host_in, "results", file_in),
        pending(host_in, "pending", file_in),
        intake(host_in, settings_in, journal),
        interchanges(host_in, "interchange") {}

  const sdk::Host& host;
  const Settings& settings;
  const std::string file;  ///< 16 digits of the content's hash.
  Spool journal;           ///< What acknowledgements say of each set.
  Spool pending;           ///< A line for each group and interchange that ended.
  Intake intake;
  Memory interchanges;        ///< What came before, by sender and control number.
  std::uint32_t ordinal = 0;  ///< Of the next interchange.
  std::uint64_t offset = 0;   ///< In the file, of the first unread byte.
  bool byte_order_mark = false;
  std::string broken;  ///< Why the file as a whole is not in order; the first reason.

  void breaks(std::string why) {
    if (broken.empty()) broken = std::move(why);
  }
};

/// What a line of `pending` begins with.
inline constexpr char kGroupLine = 'G', kInterchangeLine = 'I';

/// How far a reader came.
enum class Step {
  kMore,      ///< It needs more bytes.
  kBoundary,  ///< A set, a group or a header ended: the file may be left and taken up here.
  kOutside,   ///< The interchange ended.
  kStop,      ///< The host wants no more.
};

/// Identity of an interchange's numbers (who, which number), as 16 hexadecimal digits.
std::string identity_of(const sdk::Host& host, const Interchange& interchange);

/// Checks an interchange's parties against the configuration and what came before.
void open_interchange(FileContext& file, Interchange& interchange);
/// Put an ended group, and its interchange after it, where finish finds them.
void close_group(FileContext& file, const Group& group);
void close_interchange(FileContext& file, const Interchange& interchange);

}  // namespace gantry::edi

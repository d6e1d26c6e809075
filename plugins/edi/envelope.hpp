#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "delimiters.hpp"
#include "results.hpp"
#include "tokens.hpp"
#include "warnings.hpp"

namespace gantry::edi {

enum class Standard { kX12, kEdifact };

/// What TA1 says of an interchange. Code 0: nothing to report.
struct InterchangeVerdict {
  int code = 0;
  char verdict = 'A';

  /// The first finding is the one reported; a rejection outranks it.
  void report(int new_code, char new_verdict) {
    if (code != 0 && !(new_verdict == 'R' && verdict != 'R')) return;
    code = new_code;
    verdict = new_verdict;
  }
};

/// One functional group: its header, and what is to be said of its sets.
struct Group {
  std::string functional_id, sender, receiver, date, time, control, version;
  std::string declared;  ///< GE01 as sent; empty where there was no GE.
  std::uint32_t received = 0;
  std::uint32_t accepted = 0;     ///< With errors or without.
  std::uint32_t with_errors = 0;  ///< Of the accepted.
  std::vector<int> codes;         ///< AK905.
  bool duplicate = false;         ///< The same number came before in this interchange.
  bool implied = false;           ///< EDIFACT without UNG: there is no group to answer.
  SetResults results;  ///< Those that are not in the file's journal yet, or read back from it.
  std::uint64_t results_from = 0, results_to = 0;  ///< In the journal.

  std::string raw;  ///< The header's bytes; not kept once the group has ended.
  Warnings warnings;
  NumbersSeen sets_seen;

  void report(int code) {
    for (const int known : codes) {
      if (known == code) return;
    }
    codes.push_back(code);
  }
};

/// One interchange: its header, and what is to be said of it when the file is done.
struct Interchange {
  Standard standard = Standard::kX12;
  std::string sender_qualifier, sender, receiver_qualifier, receiver, date, time, version, control;
  std::string usage;  ///< ISA15: P or T.
  bool acknowledgement_requested = false;
  std::uint32_t ordinal = 0;  ///< Its place in the file, from 0.
  InterchangeVerdict verdict;
  std::string content;        ///< Hex hash over the sets so far: who asks whether it is the same.
  std::vector<Group> groups;  ///< While it is answered; until then they wait in the spool.
  std::uint32_t groups_opened = 0;
  std::uint32_t sets_received = 0;
  std::uint32_t sets_accepted = 0;
  bool refused = false;      ///< Not for us, or not from a partner: nothing is delivered.
  bool has_answers = false;  ///< It held a TA1 or a set that is itself an answer.
  bool has_others = false;   ///< It held anything else.

  Delimiters delimiters;
  std::string raw;  ///< The header's bytes; not kept once it has ended.
  std::map<std::string, NumbersSeen, std::less<>> group_numbers;  ///< By functional id.
  Warnings warnings;

  /// Acknowledgements are never answered.
  bool only_answers() const { return has_answers && !has_others; }
};

}  // namespace gantry::edi

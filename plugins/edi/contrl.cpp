#include "contrl.hpp"

namespace gantry::edi {
namespace {

/// EDIFACT code list 0085 for what the shared parts say in X12's codes.
int syntax_error(int code) {
  switch (code) {
    case 1:
      return 28;  // References do not match.
    case 6:
      return 23;  // Unknown interchange sender.
    case 8:
      return 7;  // Recipient is not the actual recipient.
    case 21:
      return 29;  // Count does not match.
    case 23:
      return 13;  // Missing.
    case 24:
      return 33;  // Invalid occurrence outside message or group.
    case 25:
      return 26;  // Duplicate.
    default:
      return 18;  // Unspecified.
  }
}

int group_error(int code) {
  if (code == 3) return 13;
  if (code == 4) return 28;
  return 29;
}

std::string released(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (c == '+' || c == ':' || c == '\'' || c == '?') out += '?';
    out += static_cast<unsigned char>(c) < 0x20 ? ' ' : c;
  }
  return out;
}

std::string party(std::string_view id, std::string_view qualifier) {
  return released(id) + (qualifier.empty() ? "" : ':' + released(qualifier));
}

}  // namespace

bool needs_contrl(const Interchange& interchange, const Settings& settings) {
  return settings.acknowledge != Acknowledge::kNone && !interchange.only_answers();
}

Acknowledgement write_contrl(const Interchange& interchange, const AckNumbers& numbers) {
  const std::string reference = std::to_string(numbers.first);
  const bool refused = interchange.refused || interchange.verdict.verdict == 'R';
  std::uint64_t segments = 0;
  std::string body;
  const auto add = [&](const std::string& segment) {
    body += segment + '\'';
    ++segments;
  };
  add("UNH+1+CONTRL:D:3:UN");
  std::string uci = "UCI+" + released(interchange.control) + '+' +
                    party(interchange.sender, interchange.sender_qualifier) + '+' +
                    party(interchange.receiver, interchange.receiver_qualifier) + '+' +
                    (refused ? "4" : "7");
  if (interchange.verdict.code != 0) {
    uci += '+' + std::to_string(syntax_error(interchange.verdict.code));
  }
  add(uci);
  // What is not named is acknowledged by the UCI's 7.
  for (const Group& group : interchange.groups) {
    if (refused) break;
    if (!group.implied) {
      std::string ucf = "UCF+" + released(group.control) + '+' + released(group.sender) + '+' +
                        released(group.receiver) + "+7";
      if (!group.codes.empty()) ucf += '+' + std::to_string(group_error(group.codes.front()));
      add(ucf);
    }
    group.results.each([&](const SetResult& result) {
      if (result.verdict == 'A') return;
      // D:97B:UN, separators and all.
      const std::string type =
          released(result.set) + (result.implementation.empty() ? "" : ":") + result.implementation;
      std::string ucm = "UCM+" + released(result.control) + '+' + type + '+' +
                        (result.verdict == 'R' ? "4" : "7");
      if (!result.codes.empty()) ucm += '+' + std::to_string(result.codes.front());
      add(ucm);
    });
  }
  add("UNT+" + std::to_string(segments + 1) + "+1");

  Acknowledgement made;
  made.name = "contrl_" + name_part(interchange.sender) + '_' + name_part(interchange.control) +
              '_' + reference + ".edi";
  made.content = "UNB+UNOA:1+" + party(interchange.receiver, interchange.receiver_qualifier) + '+' +
                 party(interchange.sender, interchange.sender_qualifier) + '+' +
                 numbers.date.substr(2) + ':' + numbers.time + '+' + reference + '\'' + body +
                 "UNZ+1+" + reference + '\'';
  return made;
}

}  // namespace gantry::edi

#include "file_context.hpp"

#include "state.hpp"

namespace gantry::edi {
namespace {

// TA105: 006 and 008 say that the sender's or the receiver's id is none we know.
constexpr int kUnknownSender = 6, kUnknownReceiver = 8;

}  // namespace

std::string identity_of(const sdk::Host& host, const Interchange& interchange) {
  const auto digest =
      host.digest(sdk::Hash::kSha256, {interchange.standard == Standard::kX12 ? "X12" : "EDIFACT",
                                       "|", interchange.sender_qualifier, "|", interchange.sender,
                                       "|", interchange.control});
  return sdk::to_hex(digest.view().substr(0, 8));
}

void open_interchange(FileContext& file, Interchange& interchange) {
  interchange.ordinal = file.ordinal++;
  file.intake.interchange_begins();
  if (file.byte_order_mark) interchange.warnings.add("bom");
  file.byte_order_mark = false;
  const Settings& settings = file.settings;
  if (!is_listed(settings.ids, interchange.receiver_qualifier, interchange.receiver)) {
    interchange.verdict.report(kUnknownReceiver, 'R');
    interchange.refused = true;
    interchange.warnings.add("receiver_is_not_us");
  } else if (!is_listed(settings.partners, interchange.sender_qualifier, interchange.sender)) {
    interchange.verdict.report(kUnknownSender, 'R');
    interchange.refused = true;
    interchange.warnings.add("sender_is_no_partner");
  }
  // The same number again is no reason to refuse: senders reuse theirs for other content.
  const auto before = file.interchanges.get(identity_of(file.host, interchange));
  if (before && !before->ends_with(file.file)) {
    interchange.warnings.add("interchange_number_seen_before");
  }
  file.intake.log(interchange.warnings, interchange, nullptr);
}

void close_group(FileContext& file, const Group& group) {
  file.pending.append(kGroupLine + to_json(group, false).dump() + '\n');
}

void close_interchange(FileContext& file, const Interchange& interchange) {
  file.intake.log(interchange.warnings, interchange, nullptr);
  file.pending.append(kInterchangeLine + to_json(interchange, false).dump() + '\n');
}

}  // namespace gantry::edi

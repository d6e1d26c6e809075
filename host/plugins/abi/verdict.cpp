#include "host/plugins/abi/verdict.hpp"

#include <algorithm>

#include "host/base/digest.hpp"
#include "host/base/encoding.hpp"
#include "host/plugins/abi/span.hpp"

namespace gantry::plugins::abi {
namespace {

constexpr std::size_t kDeliveryIdMax = 256;
constexpr std::size_t kReasonMax = 64;
constexpr std::size_t kReplyBodyMax = 64U << 10U;
constexpr std::size_t kContentTypeMax = 256;

bool has_control(std::string_view text) {
  return std::ranges::any_of(text, [](unsigned char c) { return c < 0x20 || c == 0x7f; });
}

/// The reason labels a metric: one plain word, whatever the plugin sent.
std::string one_word(std::string_view text) {
  constexpr std::string_view kAllowed = "abcdefghijklmnopqrstuvwxyz0123456789_.-";
  if (text.empty()) return {};
  if (text.size() > kReasonMax || text.find_first_not_of(kAllowed) != std::string_view::npos) {
    return "unnamed";
  }
  return std::string(text);
}

VerdictReceiver& self_of(gantry_verdict* verdict) {
  return *static_cast<VerdictReceiver*>(verdict->impl);
}

}  // namespace

VerdictReceiver::VerdictReceiver() {
  native_.struct_size = sizeof native_;
  native_.impl = this;
  native_.decide = [](gantry_verdict* self, std::int32_t decision, gantry_span id,
                      gantry_span reason) noexcept { self_of(self).decide(decision, id, reason); };
  native_.reply = [](gantry_verdict* self, std::uint32_t status, gantry_span content_type,
                     gantry_span body) noexcept {
    self_of(self).reply(status, content_type, body);
  };
}

void VerdictReceiver::decide(std::int32_t decision, const gantry_span& id,
                             const gantry_span& reason) {
  verdict_.delivery_id.clear();
  verdict_.reason = one_word(view_or_empty(reason, kReasonMax + 1));
  switch (decision) {
    case GANTRY_VERDICT_REJECT:
      verdict_.decision = Verdict::Decision::kReject;
      break;
    case GANTRY_VERDICT_ACCEPT:
      verdict_.decision = Verdict::Decision::kAccept;
      break;
    case GANTRY_VERDICT_REPLY:
      verdict_.decision = Verdict::Decision::kReply;
      break;
    default:
      broken_ = "verify decided " + std::to_string(decision) + ", which is no decision";
      return;
  }
  const auto text = view_of(id);
  if (!text || text->size() > kDeliveryIdMax || !is_utf8(*text) || has_control(*text)) {
    broken_ = "verify gave a delivery id that is not 1 to 256 bytes of printable UTF-8";
    return;
  }
  verdict_.delivery_id = *text;
}

void VerdictReceiver::reply(std::uint32_t status, const gantry_span& content_type,
                            const gantry_span& body) {
  const auto type = view_of(content_type);
  const auto text = view_of(body);
  if (status < 200 || status > 599 || !type || type->size() > kContentTypeMax ||
      has_control(*type) || !text || text->size() > kReplyBodyMax) {
    broken_ =
        "verify gave a reply that is no HTTP answer (status 200 to 599, one-line content "
        "type, body up to 64 KiB)";
    return;
  }
  verdict_.reply = Verdict::Reply{status, std::string(*type), std::string(*text)};
}

Result<Verdict> VerdictReceiver::take(std::string_view body) {
  if (!broken_.empty()) return Error{ErrorKind::kInternal, broken_};
  if (verdict_.decision == Verdict::Decision::kReply && !verdict_.reply) {
    return Error{ErrorKind::kInternal, "verify decided REPLY without giving a reply"};
  }
  if (verdict_.decision == Verdict::Decision::kAccept && verdict_.delivery_id.empty()) {
    verdict_.delivery_id = to_hex(sha256(body));
  }
  return std::move(verdict_);
}

}  // namespace gantry::plugins::abi

#include "host/activities/webhook.hpp"

#include "host/base/digest.hpp"
#include "host/base/encoding.hpp"

namespace gantry::activities {
namespace {

plugins::PluginError plain(const Error& error) {
  return plugins::PluginError(error.kind, error.what, error.upstream);
}

}  // namespace

plugins::PluginResult<ParsedDelivery> WebhookParser::parse(const WebhookIngestionInput& input,
                                                           const plugins::CallScope& scope) {
  auto result = read(input, scope);
  if (result) {
    const bool lost = result->records.empty() && result->dead_letters > 0;
    tell(input.source, lost ? "dead_letter" : "parsed");
  }
  return result;
}

plugins::PluginResult<ParsedDelivery> WebhookParser::read(const WebhookIngestionInput& input,
                                                          const plugins::CallScope& scope) {
  const auto source = ports_.find_source(input.source);
  if (source == nullptr) {
    return plugins::PluginError(ErrorKind::kUnavailable,
                                "source " + input.source +
                                    " is not configured on this host; add its conf.d file or "
                                    "resolve the delivery");
  }
  const auto delivery = ports_.ledger.load(input.source, input.delivery_id);
  if (!delivery) return plain(delivery.error());

  ParsedDelivery result;
  plugins::CallScope bounded = scope;
  bounded.deadline = std::chrono::steady_clock::now() + ports_.call_timeout(input.source);
  const auto parsed = source->parse(*delivery, bounded);
  if (!parsed && parsed.error().kind == ErrorKind::kInvalid) {
    const auto buried = bury_delivery(*delivery, parsed.error(), input.priority);
    if (!buried) return plain(buried.error());
    result.dead_letters = 1;
    return result;
  }
  if (!parsed) return parsed.error();

  bool answered = !input.letter.empty();
  for (const auto& part : parsed->rejected) {
    const auto buried = bury_part(*delivery, part, input.priority);
    if (!buried) return plain(buried.error());
    answered = answered && *buried != input.letter;
    ++result.dead_letters;
  }
  const auto keys = ports_.staging.put(parsed->documents, {});
  if (!keys) return plain(keys.error());
  for (std::size_t i = 0; i < keys->size(); ++i) {
    const auto& document = parsed->documents[i];
    result.records.push_back({document.id, document.version, (*keys)[i]});
  }
  if (auto marked = ports_.ledger.mark_done(input.source, input.delivery_id); !marked) {
    return plain(marked.error());
  }
  if (answered) {
    const auto resolved = ports_.dead_letters.resolve(input.letter, {});
    if (!resolved) return plain(resolved.error());
  }
  return result;
}

Result<void> WebhookParser::give_up(std::string_view source, std::string_view delivery_id,
                                    std::string_view reason, std::string_view priority) {
  const auto delivery = ports_.ledger.load(source, delivery_id);
  if (!delivery && delivery.error().kind == ErrorKind::kNotFound) {
    // Its retention passed: the letter keeps the reason, there are no bytes left to keep.
    Delivery gone{std::string(source), std::string(delivery_id), {}};
    auto buried = bury_delivery(gone, Error{ErrorKind::kNotFound, std::string(reason)}, priority);
    if (buried) tell(source, "dead_letter");
    return buried;
  }
  if (!delivery) return delivery.error();
  auto buried =
      bury_delivery(*delivery, Error{ErrorKind::kInternal, std::string(reason)}, priority);
  if (buried) tell(source, "dead_letter");
  return buried;
}

Result<void> WebhookParser::bury_delivery(const Delivery& delivery, const Error& reason,
                                          std::string_view priority) {
  stores::DeadLetter letter;
  letter.id = "delivery:" + delivery.source + ":" + delivery.id;
  letter.kind = "delivery";
  letter.source = delivery.source;
  letter.subject = delivery.id;
  letter.reason = reason.what;
  letter.upstream = reason.upstream;
  letter.payload = delivery.request.body;
  letter.priority = priority;
  if (auto added = ports_.dead_letters.add(letter, {}); !added) return added.error();
  auto marked = ports_.ledger.mark_dead(delivery.source, delivery.id, reason.what);
  if (!marked && marked.error().kind != ErrorKind::kNotFound) return marked.error();
  return {};
}

Result<std::string> WebhookParser::bury_part(const Delivery& delivery,
                                             const plugins::Rejected& part,
                                             std::string_view priority) {
  stores::DeadLetter letter;
  letter.id = "part:" + delivery.source + ":" + delivery.id + ":" + to_hex(sha256(part.raw));
  letter.kind = "part";
  letter.source = delivery.source;
  letter.subject = delivery.id;
  letter.reason = part.reason.what;
  letter.upstream = part.reason.upstream;
  letter.payload = part.raw;
  letter.priority = priority;
  return ports_.dead_letters.add(letter, {});
}

}  // namespace gantry::activities

/// 820 and 824: sets that reach carriers beside freight. Amounts in 820 are literal decimals.

#include "document.hpp"

namespace gantry::edi {

using sdk::Json;

void map_820(const SetView& set, Document& out) {
  std::string amount, trace, currency, date;
  std::string details;
  Json items = Json::array();
  Json adjustments = Json::array();
  Parties parties;
  std::optional<std::int64_t> sum = 0;
  for (const Segment& segment : set.segments) {
    const std::string_view name = segment[0];
    if (name == "BPR") {
      amount = segment[2];
      date = segment[16];
    } else if (name == "TRN") {
      trace = segment[2];
    } else if (name == "CUR") {
      currency = segment[2];
    } else if (name == "RMR") {
      Json item = Json::object();
      item.set_if("qualifier", segment[1]);
      item.set_if("reference", segment[2]);
      item.set_if("paid", segment[4]);
      item.set_if("invoiced", segment[5]);
      item.set_if("discount", segment[6]);
      items.push(std::move(item));
      line(details, "remittance " + std::string(segment[2]) + " paid", segment[4]);
      if (const auto cents = cents_of_r(segment[4]); cents && sum) sum = add(*sum, cents->value);
    } else if (name == "ADX") {
      Json item = Json::object();
      item.set_if("amount", segment[1]);
      item.set_if("reason", segment[2]);
      item.set_if("reference", segment[4]);
      adjustments.push(std::move(item));
      line(details, "adjustment " + std::string(segment[2]), segment[1]);
    } else if (items.items().empty()) {
      parties.take(segment);
    }
  }
  const auto total = cents_of_r(amount);
  if (!total) set.warnings.add("amount_unreadable");
  if (total && sum && !items.items().empty() && *sum != total->value) {
    set.warnings.add("remittances_do_not_add_up");
  }
  if (const auto at = moment_of(date, {}, {}, {})) out.occurred_at_ns = at->ns;
  out.business_key = trace;
  out.title = "Remittance advice " + trace + (amount.empty() ? "" : ", " + amount) +
              (currency.empty() ? "" : " " + currency);
  line(out.text, "Payment", amount + (currency.empty() ? "" : " " + currency));
  line(out.text, "trace number", trace);
  line(out.text, "", details);
  line(out.text, "", parties.text());
  out.participants = parties.participants();
  out.metadata.set_if("amount", amount);
  out.metadata.set_if("currency", currency);
  out.metadata.set_if("trace_number", trace);
  out.metadata.set_if("payment_date", date.empty() ? date : shown(date, {}));
  out.metadata.set_if("remittances", std::move(items));
  out.metadata.set_if("adjustments", std::move(adjustments));
  out.metadata.set_if("parties", parties.details());
}

void map_824(const SetView& set, Document& out) {
  std::string reference, date, time;
  std::string details;
  std::string notes;
  Json answers = Json::array();
  Parties parties;
  for (const Segment& segment : set.segments) {
    const std::string_view name = segment[0];
    if (name == "BGN") {
      reference = segment[2];
      date = segment[3];
      time = segment[4];
    } else if (name == "OTI") {
      Json answer = Json::object();
      answer.set_if("code", segment[1]);
      answer.set_if("reference_qualifier", segment[2]);
      answer.set_if("reference", segment[3]);
      answer.set_if("group", segment[8]);
      answer.set_if("set_control", segment[9]);
      answer.set_if("set", segment[10]);
      answers.push(std::move(answer));
      // Data element 110: the second letter says accepted, with change, or error.
      const std::string_view code = segment[1];
      const char last = code.size() == 2 ? code[1] : ' ';
      line(details,
           last == 'A'   ? "accepted:"
           : last == 'R' ? "rejected:"
           : last == 'E' ? "accepted with error:"
                         : "answer " + std::string(code) + ":",
           segment[3]);
    } else if (name == "TED") {
      line(details, "error " + std::string(segment[1]) + ":", segment[2]);
    } else if (name == "NTE") {
      if (!notes.empty()) notes += ' ';
      notes += segment[2];
    } else {
      parties.take(segment);
    }
  }
  if (const auto at = moment_of(date, time, {}, {})) out.occurred_at_ns = at->ns;
  out.business_key = reference;
  out.title = "Application advice " + reference;
  line(out.text, "", out.title);
  line(out.text, "", details);
  line(out.text, "", notes);
  line(out.text, "", parties.text());
  out.participants = parties.participants();
  out.metadata.set_if("reference", reference);
  out.metadata.set_if("answers", std::move(answers));
  out.metadata.set_if("notes", notes);
  out.metadata.set_if("parties", parties.details());
}

}  // namespace gantry::edi

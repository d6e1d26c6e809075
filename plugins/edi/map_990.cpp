/// 990 Response to a Load Tender. Only B104 A is a yes; C is neither yes nor no.

#include "document.hpp"

namespace gantry::edi {
namespace {

using sdk::Json;

// X12 code list 558 (E from 004040); D is "reservation cancelled".
std::string_view answer_of(std::string_view code) {
  if (code == "A") return "accepted";
  if (code == "B") return "conditional";
  if (code == "C") return "counter proposal";
  if (code == "D") return "cancelled";
  if (code == "E") return "declined";
  return "unknown";
}

}  // namespace

void map_990(const SetView& set, Document& out) {
  std::string scac, shipment, date, action, remarks;
  Json references = Json::array();
  for (const Segment& segment : set.segments) {
    if (segment.tag == tag_of("B1")) {
      scac = segment[1];
      shipment = segment[2];
      date = segment[3];
      action = segment[4];
    } else if (segment.tag == tag_of("N9")) {
      references.push(reference_of_n9(segment));
    } else if (segment.tag == tag_of("L11")) {
      references.push(reference_of_l11(segment));
    } else if (segment.tag == tag_of("K1")) {
      line(remarks, "",
           std::string(segment[1]) + (segment[2].empty() ? "" : " ") + std::string(segment[2]));
    } else if (segment.tag == tag_of("V9")) {
      line(remarks, "event " + std::string(segment[1]), segment[2]);
      out.metadata.set_if("reason_code", segment[8]);
    }
  }
  std::string code = action;
  if (code.size() == 1 && code[0] >= 'a' && code[0] <= 'z')
    code[0] = static_cast<char>(code[0] - 32);
  const auto answer = answer_of(code);
  if (answer == "unknown") set.warnings.add("response_code_unknown");

  out.business_key = shipment;
  out.title = "Tender response " + shipment + ": " + std::string(answer);
  line(out.text, "Carrier " + scac + " answers the tender of shipment " + shipment + ":", answer);
  line(out.text, "", remarks);
  if (!date.empty()) {
    // A date alone: the hour of the group, where it is of the same day, is the better guess.
    const bool same_day = read_date(date) && read_date(set.group.date) &&
                          read_date(date)->day == read_date(set.group.date)->day;
    const auto at =
        moment_of(date, same_day ? std::string_view(set.group.time) : std::string_view{}, {}, {});
    if (at) out.occurred_at_ns = at->ns;
  }
  Json carrier = Json::object();
  carrier.set("role", "carrier");
  carrier.set("name", "");
  carrier.set("handle", "");
  carrier.set("external_id", scac);
  out.participants.push(std::move(carrier));
  out.metadata.set_if("shipment_id", shipment);
  out.metadata.set_if("scac", scac);
  out.metadata.set_if("response_code", action);
  out.metadata.set("response", answer);
  out.metadata.set("accepted", code == "A");
  out.metadata.set_if("date", date);
  out.metadata.set_if("references", std::move(references));
  out.metadata.set_if("remarks", remarks);
}

}  // namespace gantry::edi

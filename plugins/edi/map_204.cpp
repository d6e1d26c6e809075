/// 204 Motor Carrier Load Tender: shipment, stops with their windows, references, equipment,
/// charge.

#include <gantry/sdk/text.hpp>

#include "document.hpp"

namespace gantry::edi {
namespace {

using sdk::Json;

constexpr Tag kB2 = tag_of("B2"), kB2A = tag_of("B2A"), kL11 = tag_of("L11"), kG62 = tag_of("G62"),
              kMS3 = tag_of("MS3"), kNTE = tag_of("NTE"), kN7 = tag_of("N7"), kS5 = tag_of("S5"),
              kAT8 = tag_of("AT8"), kL3 = tag_of("L3"), kOID = tag_of("OID"), kL5 = tag_of("L5"),
              kLAD = tag_of("LAD");

std::string_view purpose_of(std::string_view code) {
  if (code == "00") return "original";
  if (code == "01") return "cancellation";
  if (code == "04") return "change";
  if (code == "05") return "replace";
  return "other";
}

// X12 code list 432: 53 is "deliver not before", 54 "not later than".
std::string_view window_of(std::string_view code) {
  if (code == "37") return "pick-up not before";
  if (code == "38") return "pick-up not later than";
  if (code == "53") return "deliver not before";
  if (code == "54") return "deliver not later than";
  if (code == "64") return "respond by";
  if (code == "68") return "requested";
  if (code == "69") return "scheduled pick-up";
  if (code == "70") return "scheduled delivery";
  if (code == "10") return "requested ship";
  if (code == "02") return "requested delivery";
  return "date";
}

struct Stop {
  std::string_view sequence, reason, weight, weight_unit;  // Borrow from the set.
  std::vector<const Segment*> dates;
  Json references = Json::array();
  Json notes = Json::array();
  Json orders = Json::array();
  Json lading = Json::array();
  Parties parties;
};

class Tender {
 public:
  explicit Tender(const SetView& set) : set_(set) {}

  void read(const Segment& segment) {
    if (segment.tag == kS5) {
      if (stops_.empty()) stops_.reserve(4);
      stops_.push_back({});
      stops_.back().sequence = segment[1];
      stops_.back().reason = segment[2];
      stops_.back().weight = segment[3];
      stops_.back().weight_unit = segment[4];
    } else if (segment.tag == kL3) {
      total_weight_ = segment[1];
      charge_ = amount_n2(segment[5], set_.warnings);
    } else if (stops_.empty()) {
      read_header(segment);
    } else {
      read_stop(segment, stops_.back());
    }
  }

  void finish(Document& out) {
    const bool has_deliveries = has_reason("D");
    parties_.add_participants(out.participants);
    for (Stop& stop : stops_) add_stop(stop, has_deliveries, out.participants);
    fill(out);
  }

 private:
  void read_header(const Segment& segment) {
    if (segment.tag == kB2) {
      scac_ = segment[2];
      shipment_ = segment[4];
      payment_ = segment[6];
    } else if (segment.tag == kB2A) {
      purpose_ = segment[1];
      application_ = segment[2];
    } else if (segment.tag == kL11) {
      references_.push(reference_of_l11(segment));
      line(reference_text_, std::string("reference ") + std::string(segment[2]), segment[1]);
    } else if (segment.tag == kG62) {
      dates_.push_back(&segment);
    } else if (segment.tag == kNTE) {
      notes_.push(segment[2]);
      line(note_text_, "note:", segment[2]);
    } else if (segment.tag == kMS3) {
      routing_.push(segment[1]);
      mode_ = segment[4];
    } else if (segment.tag == kN7) {
      Json equipment = Json::object();
      equipment.set_if("initial", segment[1]);
      equipment.set_if("number", segment[2]);
      equipment.set_if("type", segment[11]);
      equipment.set_if("length", segment[15]);
      equipment_.push(std::move(equipment));
      line(equipment_text_, "equipment", std::string(segment[1]) + std::string(segment[2]));
    } else {
      parties_.take(segment);
    }
  }

  static void read_stop(const Segment& segment, Stop& stop) {
    if (segment.tag == kG62) {
      stop.dates.push_back(&segment);
    } else if (segment.tag == kL11) {
      stop.references.push(reference_of_l11(segment));
    } else if (segment.tag == kNTE) {
      stop.notes.push(segment[2]);
    } else if (segment.tag == kAT8 && stop.weight.empty()) {
      stop.weight = segment[3];
      stop.weight_unit = segment[2];
    } else if (segment.tag == kOID || segment.tag == kLAD) {
      Json order = Json::object();
      order.set_if("reference", segment[1]);
      order.set_if("purchase_order", segment[2]);
      stop.orders.push(std::move(order));
    } else if (segment.tag == kL5) {
      stop.lading.push(segment[2]);
    } else {
      stop.parties.take(segment);
    }
  }

  bool has_reason(std::string_view reason) const {
    for (const Stop& stop : stops_) {
      if (sdk::equal_ignoring_case(stop.reason, reason)) return true;
    }
    return false;
  }

  /// By the standard PU is "part unload"; beside a D it is what a sender of PU/D means by it.
  std::string_view type_of(std::string_view reason, bool has_deliveries) {
    const auto is = [&](std::string_view code) { return sdk::equal_ignoring_case(reason, code); };
    if (is("CL") || is("LD") || is("PL")) return "pick-up";
    if (is("PU") && has_deliveries) {
      set_.warnings.add("stop_reason_not_standard");
      return "pick-up";
    }
    if (is("CU") || is("UL") || is("PU")) return "delivery";
    if (is("D")) {
      set_.warnings.add("stop_reason_not_standard");
      return "delivery";
    }
    return "stop";
  }

  Json dates_of(const std::vector<const Segment*>& dates, std::string_view state,
                std::string& shown_text) {
    Json out = Json::array();
    for (const Segment* segment : dates) {
      const Segment& g62 = *segment;
      Json one = moment(g62[2], g62[4], g62[5], state, set_.warnings);
      one.set_if("qualifier", g62[1]);
      one.set_if("time_qualifier", g62[3]);
      if (!g62[2].empty()) {
        if (!shown_text.empty()) shown_text += "; ";
        shown_text += window_of(g62[1]);
        shown_text += ' ' + shown(g62[2], g62[4]);
        if (!g62[5].empty()) shown_text += ' ' + std::string(g62[5]);
      }
      out.push(std::move(one));
    }
    return out;
  }

  void add_stop(Stop& stop, bool has_deliveries, Json& participants) {
    const auto type = type_of(stop.reason, has_deliveries);
    std::string windows;
    Json one = Json::object();
    one.set_if("sequence", stop.sequence);
    one.set_if("reason", stop.reason);
    one.set("type", type);
    one.set_if("dates", dates_of(stop.dates, stop.parties.last_state(), windows));
    one.set_if("weight", stop.weight);
    one.set_if("weight_unit", stop.weight_unit);
    one.set_if("parties", stop.parties.details());
    one.set_if("references", std::move(stop.references));
    one.set_if("orders", std::move(stop.orders));
    one.set_if("lading", std::move(stop.lading));
    one.set_if("notes", std::move(stop.notes));
    stops_json_.push(std::move(one));

    std::string where = stop.parties.last_shown();
    if (!where.empty() && !windows.empty()) where += "; ";
    line(stop_text_, "stop " + std::string(stop.sequence) + " " + std::string(type) + ":",
         where + windows);
    stop.parties.add_participants(participants);
  }

  void fill(Document& out) {
    out.business_key = shipment_;
    out.cancels = purpose_ == "01";
    const auto purpose = purpose_of(purpose_);
    out.title =
        "Load tender " + (shipment_.empty() ? std::string("without shipment id") : shipment_);
    if (purpose != "original" && purpose != "other") out.title += ", " + std::string(purpose);

    std::string respond_by;
    Json dates = dates_of(dates_, {}, respond_by);
    line(out.text, out.title + " for carrier", scac_.empty() ? "(none named)" : scac_);
    line(out.text, "", respond_by);
    line(out.text, "", reference_text_);
    line(out.text, "", parties_.text());
    line(out.text, "", equipment_text_);
    line(out.text, "", stop_text_);
    line(out.text, "", note_text_);
    line(out.text, "total weight", total_weight_);
    line(out.text, "total charge", charge_);

    out.metadata.set_if("shipment_id", shipment_);
    out.metadata.set_if("scac", scac_);
    out.metadata.set_if("purpose_code", purpose_);
    out.metadata.set("purpose", purpose);
    out.metadata.set_if("application_type", application_);
    out.metadata.set_if("payment_method", payment_);
    out.metadata.set_if("dates", std::move(dates));
    out.metadata.set_if("references", std::move(references_));
    out.metadata.set_if("routing", std::move(routing_));
    out.metadata.set_if("mode", mode_);
    out.metadata.set_if("equipment", std::move(equipment_));
    out.metadata.set_if("parties", parties_.details());
    out.metadata.set_if("stops", std::move(stops_json_));
    out.metadata.set_if("notes", std::move(notes_));
    out.metadata.set_if("total_weight", total_weight_);
    out.metadata.set_if("total_charge", charge_);
  }

  const SetView& set_;
  std::string scac_, shipment_, payment_, purpose_, application_, mode_, total_weight_, charge_;
  std::string reference_text_, note_text_, equipment_text_, stop_text_;
  std::vector<const Segment*> dates_;
  std::vector<Stop> stops_;
  Parties parties_;
  Json references_ = Json::array(), notes_ = Json::array(), routing_ = Json::array(),
       equipment_ = Json::array(), stops_json_ = Json::array();
};

}  // namespace

void map_204(const SetView& set, Document& out) {
  Tender tender(set);
  for (const Segment& segment : set.segments) tender.read(segment);
  tender.finish(out);
}

}  // namespace gantry::edi

/// 214 Carrier Shipment Status: events and appointments, each with its place and equipment.

#include "document.hpp"

namespace gantry::edi {
namespace {

using sdk::Json;

struct Status {
  std::string_view code, words;
};
// X12 code list 1650, as far as freight uses it.
constexpr Status kStatuses[] = {
    {"X3", "arrived at pick-up"},
    {"AF", "departed pick-up"},
    {"CP", "loaded"},
    {"X6", "en route"},
    {"X4", "arrived at terminal"},
    {"P1", "departed terminal"},
    {"X1", "arrived at delivery"},
    {"D1", "unloaded"},
    {"CD", "departed delivery"},
    {"AG", "estimated delivery"},
    {"X2", "estimated arrival"},
    {"SD", "delayed"},
    {"A3", "returned to shipper"},
    {"A7", "refused"},
    {"A9", "damaged"},
    {"CA", "cancelled"},
    {"AA", "pick-up appointment"},
    {"AB", "delivery appointment"},
};

std::string words_of(std::string_view code) {
  for (const auto& status : kStatuses) {
    if (status.code == code) return std::string(status.words);
  }
  return "status " + std::string(code);
}

class Progress {
 public:
  explicit Progress(const SetView& set) : set_(set) {}

  void read(const Segment& segment) {
    if (segment.tag == tag_of("B10")) {
      pro_ = segment[1];
      shipment_ = segment[2];
      scac_ = segment[3];
    } else if (segment.tag == tag_of("LX")) {
      line_number_ = segment[1];
      in_detail_ = true;
    } else if (segment.tag == tag_of("AT7")) {
      in_detail_ = true;
      events_.push_back({&segment, nullptr, nullptr, line_number_});
    } else if (segment.tag == tag_of("MS1") && !events_.empty()) {
      events_.back().place = &segment;
    } else if (segment.tag == tag_of("MS2") && !events_.empty()) {
      events_.back().equipment = &segment;
    } else if (segment.tag == tag_of("L11")) {
      references_.push(reference_of_l11(segment));
    } else if (segment.tag == tag_of("AT8")) {
      Json weight = Json::object();
      weight.set_if("qualifier", segment[1]);
      weight.set_if("unit", segment[2]);
      weight.set_if("weight", segment[3]);
      weight.set_if("pieces", segment[4]);
      weights_.push(std::move(weight));
    } else if (!in_detail_) {
      parties_.take(segment);
    }
  }

  void finish(Document& out) {
    Json events = Json::array();
    Json appointments = Json::array();
    std::string latest;
    for (const Event& event : events_) {
      const Segment& at7 = *event.at7;
      const bool is_status = !at7[1].empty();
      Json one = describe(event, is_status);
      const std::string sentence = sentence_of(event, is_status);
      line(event_text_, "", sentence);
      if (is_status) {
        events.push(std::move(one));
        // An appointment is not an event; the latest event is what the document is about.
        const auto at = moment_of(at7[5], at7[6], at7[7], state_of(event));
        if (at && (!out.occurred_at_ns || at->ns >= *out.occurred_at_ns)) {
          out.occurred_at_ns = at->ns;
          zone_ = at7[7];
          latest = words_of(at7[1]);
          latest_code_ = at7[1];
        } else if (latest.empty()) {
          latest = words_of(at7[1]);
          latest_code_ = at7[1];
        }
      } else {
        appointments.push(std::move(one));
      }
    }
    out.business_key = shipment_;
    const std::string id = shipment_.empty() ? pro_ : shipment_;
    out.title = "Shipment status " + id + (latest.empty() ? "" : ": " + latest);
    line(out.text, "Shipment " + id + ", carrier " + scac_ + ", PRO", pro_.empty() ? "-" : pro_);
    line(out.text, "", event_text_);
    line(out.text, "", parties_.text());
    out.participants = parties_.participants();
    out.metadata.set_if("shipment_id", shipment_);
    out.metadata.set_if("carrier_reference", pro_);
    out.metadata.set_if("scac", scac_);
    out.metadata.set_if("status_code", latest_code_);
    out.metadata.set_if("tz", zone_);
    out.metadata.set_if("events", std::move(events));
    out.metadata.set_if("appointments", std::move(appointments));
    out.metadata.set_if("references", std::move(references_));
    out.metadata.set_if("weights", std::move(weights_));
    out.metadata.set_if("parties", parties_.details());
  }

 private:
  struct Event {
    const Segment* at7;
    const Segment* place;
    const Segment* equipment;
    std::string line_number;
  };

  static std::string_view state_of(const Event& event) {
    return event.place == nullptr ? std::string_view{} : (*event.place)[2];
  }

  Json describe(const Event& event, bool is_status) {
    const Segment& at7 = *event.at7;
    Json one = moment(at7[5], at7[6], at7[7], state_of(event), set_.warnings);
    one.set_if("line", event.line_number);
    one.set_if(is_status ? "status" : "appointment", is_status ? at7[1] : at7[3]);
    one.set_if("reason", is_status ? at7[2] : at7[4]);
    if (event.place != nullptr) {
      one.set_if("city", (*event.place)[1]);
      one.set_if("state", (*event.place)[2]);
      one.set_if("country", (*event.place)[3]);
    }
    if (event.equipment != nullptr) {
      one.set_if("equipment_scac", (*event.equipment)[1]);
      one.set_if("equipment", (*event.equipment)[2]);
      one.set_if("equipment_type", (*event.equipment)[3]);
    }
    return one;
  }

  static std::string sentence_of(const Event& event, bool is_status) {
    const Segment& at7 = *event.at7;
    const std::string_view code = is_status ? at7[1] : at7[3];
    const std::string_view reason = is_status ? at7[2] : at7[4];
    std::string out = words_of(code) + " (" + std::string(code) +
                      (reason.empty() ? "" : "/" + std::string(reason)) + ") ";
    out += shown(at7[5], at7[6]);
    if (!at7[7].empty()) out += ' ' + std::string(at7[7]);
    if (event.place != nullptr) {
      out += " at " + place((*event.place)[1], (*event.place)[2], {}, (*event.place)[3]);
    }
    if (event.equipment != nullptr && !(*event.equipment)[2].empty()) {
      out += ", equipment " + std::string((*event.equipment)[1]) + ' ' +
             std::string((*event.equipment)[2]);
    }
    return out;
  }

  const SetView& set_;
  std::string pro_, shipment_, scac_, line_number_, zone_, event_text_, latest_code_;
  bool in_detail_ = false;
  std::vector<Event> events_;
  Parties parties_;
  Json references_ = Json::array(), weights_ = Json::array();
};

}  // namespace

void map_214(const SetView& set, Document& out) {
  Progress progress(set);
  for (const Segment& segment : set.segments) progress.read(segment);
  progress.finish(out);
}

}  // namespace gantry::edi

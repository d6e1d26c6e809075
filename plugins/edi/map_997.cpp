/// 997 and 999: what a partner says of the sets that we sent. Codes are kept as text; nothing is
/// matched or guessed here.

#include "document.hpp"

namespace gantry::edi {
namespace {

using sdk::Json;

std::string_view word_of(std::string_view code) {
  if (code == "A") return "accepted";
  if (code == "E") return "accepted with errors";
  if (code == "P") return "accepted in part";
  if (code == "R" || code == "M" || code == "W" || code == "X") return "rejected";
  return "unclear";
}

Json codes_from(const Segment& segment, std::size_t first) {
  Json out = Json::array();
  for (std::size_t i = first; i < segment.elements.size(); ++i) {
    if (!segment[i].empty()) out.push(segment[i]);
  }
  return out;
}

struct AnsweredSet {
  std::string set, control, version, verdict;
  bool answered = false;
  bool ambiguous = false;
  Json codes = Json::array();
  Json segments = Json::array();
};

class Acknowledgement {
 public:
  explicit Acknowledgement(const SetView& set) : set_(set) {}

  void read(const Segment& segment) {
    const std::string_view name = segment[0];
    if (name == "AK1") {
      functional_id_ = segment[1];
      control_ = segment[2];
      if (functional_id_.size() != 2) set_.warnings.add("functional_id_is_no_code");
    } else if (name == "AK2") {
      sets_.push_back({});
      sets_.back().set = segment[1];
      sets_.back().control = segment[2];
      sets_.back().version = segment[3];
    } else if (name == "AK5" || name == "IK5") {
      answer(segment);
    } else if (name == "AK9") {
      verdict_ = segment[1];
      counts_ = segment.elements.size() > 4
                    ? std::string(segment[2]) + '/' + std::string(segment[3]) + '/' +
                          std::string(segment[4])
                    : "";
      group_codes_ = codes_from(segment, 5);
    } else if (name == "AK3" || name == "IK3" || name == "AK4" || name == "IK4" || name == "CTX") {
      // Every element as sent, repetitions and components included.
      if (sets_.empty()) return set_.warnings.add("detail_before_its_set");
      Json one = Json::array();
      for (std::size_t i = 0; i < segment.elements.size(); ++i) one.push(segment[i]);
      sets_.back().segments.push(std::move(one));
    }
  }

  void finish(Document& out) {
    if (functional_id_.empty() && control_.empty()) set_.warnings.add("ak1_missing");
    if (verdict_.empty()) set_.warnings.add("ak9_missing");
    Json sets = Json::array();
    std::string details;
    for (AnsweredSet& one : sets_) {
      if (!one.answered) set_.warnings.add("set_without_verdict");
      Json json = Json::object();
      json.set_if("set", one.set);
      json.set_if("control", one.control);
      json.set_if("version", one.version);
      json.set_if("verdict", one.verdict);
      if (one.ambiguous) json.set("ambiguous", true);
      json.set_if("codes", std::move(one.codes));
      json.set_if("segments", std::move(one.segments));
      line(details, "set " + one.set + ' ' + one.control + ':',
           one.ambiguous ? std::string_view("contradictory") : word_of(one.verdict));
      sets.push(std::move(json));
    }
    const std::string group = functional_id_ + ' ' + control_;
    const auto word = verdict_.empty() ? std::string_view("no verdict") : word_of(verdict_);
    out.business_key = control_.empty() ? "" : group;
    out.title = "Acknowledgement of group " + group + ": " + std::string(word);
    line(out.text, "Group " + group + ':', word);
    line(out.text, "declared/received/accepted:", counts_);
    line(out.text, "", details);
    out.metadata.set_if("functional_id", functional_id_);
    out.metadata.set_if("acknowledged_group", control_);
    out.metadata.set_if("verdict", verdict_);
    out.metadata.set_if("counts", counts_);
    out.metadata.set_if("codes", std::move(group_codes_));
    out.metadata.set_if("sets", std::move(sets));
  }

 private:
  void answer(const Segment& segment) {
    if (sets_.empty()) return set_.warnings.add("detail_before_its_set");
    AnsweredSet& one = sets_.back();
    if (one.answered && one.verdict != segment[1]) {
      one.ambiguous = true;
      set_.warnings.add("verdict_ambiguous");
      one.verdict += '/';
      one.verdict += segment[1];
      return;
    }
    if (word_of(segment[1]) == "unclear") set_.warnings.add("verdict_is_no_code");
    one.answered = true;
    one.verdict = segment[1];
    one.codes = codes_from(segment, 2);
  }

  const SetView& set_;
  std::string functional_id_, control_, verdict_, counts_;
  Json group_codes_ = Json::array();
  std::vector<AnsweredSet> sets_;
};

}  // namespace

void map_997(const SetView& set, Document& out) {
  Acknowledgement acknowledgement(set);
  for (const Segment& segment : set.segments) acknowledgement.read(segment);
  acknowledgement.finish(out);
}

}  // namespace gantry::edi

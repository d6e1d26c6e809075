/// 856 Ship Notice: the hierarchy as sent, with missing parents marked, never a lost level.

#include "document.hpp"

namespace gantry::edi {
namespace {

using sdk::Json;

struct Level {
  std::string id, parent, code;
  Json fields = Json::object();
  Json references = Json::array();
  Json lading = Json::array();
  Json products = Json::array();
  Json marks = Json::array();
  Parties parties;
  bool parent_missing = false;
};

/// Hundredths are not enough for quantities; they are only shown and added as decimals of six.
std::optional<std::int64_t> micro(std::string_view text) {
  if (!is_r(text)) return std::nullopt;
  const bool negative = text.front() == '-';
  if (negative || text.front() == '+') text.remove_prefix(1);
  const auto point = text.find('.');
  const std::string_view whole = text.substr(0, point);
  const std::string_view fraction =
      point == std::string_view::npos ? std::string_view{} : text.substr(point + 1);
  if (whole.size() > 11 || fraction.size() > 6) return std::nullopt;
  std::int64_t value = 0;
  for (const char c : whole) value = value * 10 + (c - '0');
  for (std::size_t i = 0; i < 6; ++i)
    value = value * 10 + (i < fraction.size() ? fraction[i] - '0' : 0);
  return negative ? -value : value;
}

std::string shown_micro(std::int64_t value) {
  std::string out = std::to_string(value / 1'000'000);
  std::string fraction =
      std::to_string(1'000'000 + (value < 0 ? -value : value) % 1'000'000).substr(1);
  while (!fraction.empty() && fraction.back() == '0') fraction.pop_back();
  return fraction.empty() ? out : out + '.' + fraction;
}

class Notice {
 public:
  explicit Notice(const SetView& set) : set_(set) {}

  void read(const Segment& segment) {
    const std::string_view name = segment[0];
    if (name == "BSN") {
      purpose_ = segment[1];
      number_ = segment[2];
      date_ = segment[3];
      time_ = segment[4];
    } else if (name == "HL") {
      add_level(segment);
    } else if (name == "CTT") {
      lines_ = segment[1];
      hash_ = segment[2];
    } else if (!levels_.empty()) {
      read_level(segment, levels_.back());
    } else if (name == "DTM") {
      header_dates_.push(date_of(segment));
    }
  }

  void finish(Document& out) {
    check_totals();
    Json levels = Json::array();
    std::string details;
    Json participants = Json::array();
    for (Level& level : levels_) {
      level.parties.add_participants(participants);
      line(details, "", level.parties.text());
      line(details, "", sentence_of(level));
      Json one = Json::object();
      one.set("id", level.id);
      one.set_if("parent", level.parent);
      if (level.parent_missing) one.set("parent_missing", true);
      one.set("level", level.code);
      for (const auto& member : level.fields.members()) one.set(member.key, member.value);
      one.set_if("products", std::move(level.products));
      one.set_if("marks", std::move(level.marks));
      one.set_if("references", std::move(level.references));
      one.set_if("parties", level.parties.details());
      levels.push(std::move(one));
    }
    if (const auto at = moment_of(date_, time_, {}, {})) out.occurred_at_ns = at->ns;
    out.business_key = shipment_id();
    out.title = "Ship notice " + (number_.empty() ? std::string("without number") : number_);
    line(out.text,
         out.title + (bill_of_lading_.empty() ? "" : ", bill of lading " + bill_of_lading_),
         date_.empty() ? std::string("-") : shown(date_, time_));
    line(out.text, "", details);
    line(out.text, "total quantity", has_quantity_ ? shown_micro(quantity_) : "");
    out.participants = std::move(participants);
    out.metadata.set_if("shipment_id", shipment_id());
    out.metadata.set_if("ship_notice_number", number_);
    out.metadata.set_if("bill_of_lading", bill_of_lading_);
    out.metadata.set_if("purpose_code", purpose_);
    out.metadata.set_if("dates", std::move(header_dates_));
    out.metadata.set_if("levels", std::move(levels));
    if (has_quantity_) out.metadata.set("total_quantity", shown_micro(quantity_));
    out.metadata.set_if("line_count", lines_);
    out.metadata.set_if("hash_total", hash_);
  }

 private:
  std::string shipment_id() const { return number_.empty() ? bill_of_lading_ : number_; }

  static Json date_of(const Segment& segment) {
    Json out = Json::object();
    out.set_if("qualifier", segment[1]);
    out.set_if("date", segment[2]);
    out.set_if("time", segment[3]);
    return out;
  }

  void add_level(const Segment& segment) {
    Level level;
    level.id = segment[1];
    level.parent = segment[2];
    level.code = segment[3];
    if (level.parent.empty()) {
      level.parent_missing = !levels_.empty();
    } else {
      level.parent_missing = true;
      for (const Level& known : levels_) {
        if (known.id == level.parent) level.parent_missing = false;
      }
    }
    if (level.parent_missing) set_.warnings.add("parent_missing");
    levels_.push_back(std::move(level));
  }

  void read_level(const Segment& segment, Level& level) {
    const std::string_view name = segment[0];
    if (name == "LIN") {
      ++line_items_;
      for (std::size_t i = 2; i + 1 < segment.elements.size(); i += 2) {
        if (segment[i].empty()) continue;
        Json product = Json::object();
        product.set("qualifier", segment[i]);
        product.set("id", segment[i + 1]);
        level.products.push(std::move(product));
      }
    } else if (name == "SN1") {
      level.fields.set_if("quantity", segment[2]);
      level.fields.set_if("unit", segment[3]);
      if (const auto value = micro(segment[2])) {
        has_quantity_ = true;
        quantity_ += *value;
      }
    } else if (name == "PRF") {
      level.fields.set_if("purchase_order", segment[1]);
    } else if (name == "REF") {
      level.references.push(reference_of_n9(segment));
      if (segment[1] == "BM" && bill_of_lading_.empty()) bill_of_lading_ = segment[2];
    } else if (name == "MAN") {
      level.marks.push(segment[2]);
    } else if (name == "TD1") {
      level.fields.set_if("packaging", segment[1]);
      level.fields.set_if("packages", segment[2]);
      level.fields.set_if("weight", segment[7]);
      level.fields.set_if("weight_unit", segment[8]);
    } else if (name == "TD5") {
      level.fields.set_if("carrier", segment[3].empty() ? segment[5] : segment[3]);
    } else if (name == "TD3") {
      level.fields.set_if("equipment", std::string(segment[2]) + std::string(segment[3]));
    } else if (name == "PID") {
      level.fields.set_if("description", segment[5]);
    } else {
      level.parties.take(segment);
    }
  }

  static std::string sentence_of(const Level& level) {
    std::string out;
    for (const auto& member : level.fields.members()) {
      if (!out.empty()) out += ", ";
      out += member.key + ' ' + std::string(member.value.text());
    }
    for (const Json& product : level.products.items()) {
      if (!out.empty()) out += ", ";
      out += std::string(product["qualifier"].text()) + ' ' + std::string(product["id"].text());
    }
    for (const Json& reference : level.references.items()) {
      if (!out.empty()) out += ", ";
      out +=
          std::string(reference["qualifier"].text()) + ' ' + std::string(reference["value"].text());
    }
    for (const Json& mark : level.marks.items()) {
      if (!out.empty()) out += ", ";
      out += "mark " + std::string(mark.text());
    }
    return out.empty() ? out : "level " + level.code + ' ' + level.id + ": " + out;
  }

  /// CTT01 counts LIN with some and HL with other senders; both are right.
  void check_totals() {
    if (!lines_.empty() && lines_ != std::to_string(line_items_) &&
        lines_ != std::to_string(levels_.size())) {
      set_.warnings.add("line_count_differs");
    }
    if (const auto hash = micro(hash_); !hash_.empty() && (!hash || *hash != quantity_)) {
      set_.warnings.add("hash_total_differs");
    }
  }

  const SetView& set_;
  std::string purpose_, number_, date_, time_, lines_, hash_, bill_of_lading_;
  std::vector<Level> levels_;
  std::size_t line_items_ = 0;
  std::int64_t quantity_ = 0;
  bool has_quantity_ = false;
  Json header_dates_ = Json::array();
};

}  // namespace

void map_856(const SetView& set, Document& out) {
  Notice notice(set);
  for (const Segment& segment : set.segments) notice.read(segment);
  notice.finish(out);
}

}  // namespace gantry::edi

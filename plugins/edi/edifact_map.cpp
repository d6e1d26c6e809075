/// IFTMIN, IFTSTA, INVOIC, DESADV and CONTRL into documents. Amounts stay the decimal text that was
/// sent; a decimal comma becomes a point.

#include "edifact_map.hpp"

namespace gantry::edi {
namespace {

using sdk::Json;

struct Word {
  std::string_view code, words;
};
constexpr Word kParties[] = {
    {"CZ", "shipper"}, {"CN", "consignee"}, {"CA", "carrier"},  {"FW", "forwarder"},
    {"IV", "bill_to"}, {"SE", "seller"},    {"BY", "buyer"},    {"SU", "supplier"},
    {"DP", "ship_to"}, {"SF", "ship_from"}, {"ST", "ship_to"},  {"PE", "payee"},
    {"PR", "payer"},   {"MS", "sender"},    {"MR", "receiver"}, {"NI", "notify"},
};

std::string_view word_of(std::string_view code) {
  for (const auto& word : kParties) {
    if (word.code == code) return word.words;
  }
  return {};
}

std::string decimal_text(std::string_view text) {
  std::string out(text);
  for (char& c : out) c = c == ',' ? '.' : c;
  return out;
}

/// DTM: qualifier, value, and format (C507/2379). The value is cut into date and time.
struct Stamp {
  std::string_view qualifier, date, time;
};

Stamp stamp_of(const EdifactSegment& dtm) {
  Stamp out;
  out.qualifier = dtm.at(1, 0);
  const std::string_view value = dtm.at(1, 1);
  const std::string_view format = dtm.at(1, 2);
  if (value.find_first_not_of("0123456789") != std::string_view::npos) {
    out.date = value;  // Nothing to cut.
    return out;
  }
  const std::size_t date = format == "101" || format == "201" || format == "202" ? 6 : 8;
  out.date = value.substr(0, date);
  if (format == "201" || format == "203" || format == "303") {
    out.time = value.size() >= date + 4 ? value.substr(date, 4) : std::string_view{};
  } else if (format == "202" || format == "204" || format == "304") {
    out.time = value.size() >= date + 6 ? value.substr(date, 6) : std::string_view{};
  }
  return out;
}

class Message {
 public:
  Message(const MessageType& type, Warnings& warnings, Document& out)
      : type_(type), warnings_(warnings), out_(out) {}

  void read(const EdifactSegment& segment) {
    const std::string_view name = segment.at(0);
    if (name == "BGM") {
      // Syntax 1 to 3 with directories before D.99B hold the number itself, later ones C106.
      number_ = segment.at(2, 0);
      function_ = segment.at(3);
      document_code_ = segment.at(1, 0);
    } else if (name == "DTM") {
      read_date(segment);
    } else if (name == "RFF") {
      Json reference = Json::object();
      reference.set_if("qualifier", segment.at(1, 0));
      reference.set_if("value", segment.at(1, 1));
      references_.push(std::move(reference));
      line(details_, "reference " + std::string(segment.at(1, 0)), segment.at(1, 1));
    } else if (name == "NAD") {
      read_party(segment);
    } else if (name == "CNI") {
      if (consignment_.empty()) consignment_ = segment.at(2, 0);
    } else if (name == "STS") {
      read_status(segment);
    } else if (name == "LOC") {
      read_place(segment);
    } else if (name == "MOA") {
      read_amount(segment);
    } else if (name == "CUX") {
      if (currency_.empty()) currency_ = segment.at(1, 1);
    } else if (name == "EQD") {
      equipment_.push(segment.at(2, 0));
      line(details_, "equipment", segment.at(2, 0));
    } else if (name == "TDT") {
      out_.metadata.set_if("carrier",
                           segment.at(5, 0).empty() ? segment.at(5, 3) : segment.at(5, 0));
    } else if (name == "FTX") {
      std::string text;
      for (std::size_t i = 0; i < 5; ++i) {
        if (segment.at(4, i).empty()) continue;
        text += (text.empty() ? "" : " ") + std::string(segment.at(4, i));
      }
      line(details_, "note:", text);
    } else if (name == "LIN" || name == "GID") {
      lines_.push(Json::object());
      if (name == "LIN") add_to_line("product", segment.at(3, 0));
      line(details_, "line " + std::string(segment.at(1)), segment.at(3, 0));
    } else if (name == "QTY") {
      add_to_line("quantity", decimal_text(segment.at(1, 1)));
      line(details_, "quantity", segment.at(1, 1));
    } else if (name == "PIA" || name == "IMD") {
      line(details_, "", name == "PIA" ? segment.at(2, 0) : segment.at(3, 3));
    }
  }

  void finish() {
    const bool is_status = type_.name == "IFTSTA";
    out_.business_key = is_status && !consignment_.empty() ? consignment_ : number_;
    // BGM 1225: 1 is a cancellation.
    out_.cancels = function_ == "1" && type_.name == "IFTMIN";
    out_.title = std::string(type_.title) + ' ' + out_.business_key;
    if (function_ == "1") out_.title += ", cancellation";
    line(out_.text, "", out_.title);
    line(out_.text, "", details_);
    if (!total_.empty()) line(out_.text, "amount", total_ + ' ' + currency_);
    if (status_at_) {
      out_.occurred_at_ns = status_at_;
    } else if (document_at_) {
      out_.occurred_at_ns = document_at_;
    }
    out_.participants = std::move(participants_);
    out_.metadata.set_if("shipment_id", is_status ? consignment_ : std::string());
    out_.metadata.set_if("document_number", number_);
    out_.metadata.set_if("document_code", document_code_);
    out_.metadata.set_if("function_code", function_);
    out_.metadata.set_if("dates", std::move(dates_));
    out_.metadata.set_if("references", std::move(references_));
    out_.metadata.set_if("parties", std::move(parties_));
    out_.metadata.set_if("places", std::move(places_));
    out_.metadata.set_if("events", std::move(events_));
    out_.metadata.set_if("equipment", std::move(equipment_));
    out_.metadata.set_if("lines", std::move(lines_));
    out_.metadata.set_if("amounts", std::move(amounts_));
    out_.metadata.set_if("net_amount", total_);
    out_.metadata.set_if("currency", currency_);
  }

 private:
  void read_date(const EdifactSegment& segment) {
    const Stamp stamp = stamp_of(segment);
    Json one = Json::object();
    one.set_if("qualifier", stamp.qualifier);
    one.set_if("date", stamp.date);
    one.set_if("time", stamp.time);
    const auto at = moment_of(stamp.date, stamp.time, {}, {});
    if (!at && !stamp.date.empty()) warnings_.add("date_unreadable");
    if (at && in_status_ && (!status_at_ || at->ns >= *status_at_)) status_at_ = at->ns;
    if (at && (stamp.qualifier == "137" || !document_at_)) document_at_ = at->ns;
    if (in_status_) {
      line(details_, "at", shown(stamp.date, stamp.time));
      Json event = Json::object();
      event.set_if("status", status_);
      event.set_if("date", stamp.date);
      event.set_if("time", stamp.time);
      events_.push(std::move(event));
      return;
    }
    dates_.push(std::move(one));
  }

  void read_status(const EdifactSegment& segment) {
    in_status_ = true;
    // D.93A: STS+1+code; later STS+category+code.
    status_ = segment.at(2, 0).empty() ? segment.at(1, 0) : segment.at(2, 0);
    out_.metadata.set_if("status_code", status_);
    line(details_, "status", status_);
    if (!segment.at(2, 3).empty()) line(details_, "", segment.at(2, 3));
  }

  void read_party(const EdifactSegment& segment) {
    const std::string_view code = segment.at(1);
    std::string name(segment.at(4, 0));
    if (name.empty()) name = segment.at(3, 0);
    const std::string_view known = word_of(code);
    Json one = Json::object();
    one.set("role", known.empty() ? role_of(code) : std::string(known));
    one.set("name", name);
    one.set("handle", "");
    one.set("external_id", segment.at(2, 0));
    participants_.push(std::move(one));
    Json party = Json::object();
    party.set_if("code", code);
    party.set_if("name", name);
    party.set_if("id", segment.at(2, 0));
    party.set_if("address", segment.at(5, 0));
    party.set_if("city", segment.at(6));
    party.set_if("state", segment.at(7));
    party.set_if("postal_code", segment.at(8));
    party.set_if("country", segment.at(9));
    parties_.push(std::move(party));
    line(details_, (known.empty() ? role_of(code) : std::string(known)) + ':',
         name + (segment.at(6).empty() ? "" : ", " + std::string(segment.at(6))));
  }

  void read_place(const EdifactSegment& segment) {
    Json one = Json::object();
    one.set_if("qualifier", segment.at(1));
    one.set_if("code", segment.at(2, 0));
    one.set_if("name", segment.at(2, 3));
    places_.push(std::move(one));
    line(details_, "place", segment.at(2, 3).empty() ? segment.at(2, 0) : segment.at(2, 3));
  }

  void read_amount(const EdifactSegment& segment) {
    const std::string value = decimal_text(segment.at(1, 1));
    if (!value.empty() && !is_r(value)) warnings_.add("amount_unreadable");
    if (currency_.empty()) currency_ = segment.at(1, 2);
    Json one = Json::object();
    one.set_if("qualifier", segment.at(1, 0));
    one.set_if("amount", value);
    one.set_if("currency", segment.at(1, 2));
    amounts_.push(std::move(one));
    // 5025: 9 amount due, 77 invoice amount, 86 message total.
    const std::string_view qualifier = segment.at(1, 0);
    if (qualifier == "9" || qualifier == "77" || qualifier == "86") total_ = value;
  }

  void add_to_line(const char* key, std::string value) {
    if (lines_.items().empty() || value.empty()) return;
    Json last = lines_.items().back();
    last.set_if(key, std::move(value));
    Json all = Json::array();
    for (std::size_t i = 0; i + 1 < lines_.items().size(); ++i) all.push(lines_.items()[i]);
    all.push(std::move(last));
    lines_ = std::move(all);
  }
  void add_to_line(const char* key, std::string_view value) {
    add_to_line(key, std::string(value));
  }

  const MessageType& type_;
  Warnings& warnings_;
  Document& out_;
  std::string number_, function_, document_code_, consignment_, status_, currency_, total_,
      details_;
  bool in_status_ = false;
  std::optional<std::int64_t> status_at_, document_at_;
  Json references_ = Json::array(), dates_ = Json::array(), participants_ = Json::array(),
       parties_ = Json::array(), places_ = Json::array(), events_ = Json::array(),
       equipment_ = Json::array(), lines_ = Json::array(), amounts_ = Json::array();
};

}  // namespace

void map_message(const MessageType& type, const std::vector<EdifactSegment>& segments,
                 Warnings& warnings, Document& out) {
  Message message(type, warnings, out);
  for (const EdifactSegment& segment : segments) message.read(segment);
  message.finish();
}

void map_contrl(const std::vector<EdifactSegment>& segments, Warnings& warnings, Document& out) {
  // 0083: 4 rejected, 7 acknowledged, 8 received.
  const auto verdict_of = [](std::string_view action) -> std::string_view {
    if (action == "4") return "rejected";
    if (action == "7") return "accepted";
    if (action == "8") return "received";
    return "unclear";
  };
  std::string interchange, action, details;
  Json messages = Json::array();
  for (const EdifactSegment& segment : segments) {
    const std::string_view name = segment.at(0);
    if (name == "UCI") {
      interchange = segment.at(1);
      action = segment.at(4);
    } else if (name == "UCM") {
      Json one = Json::object();
      one.set_if("reference", segment.at(1));
      one.set_if("message", segment.at(2));
      one.set_if("action", segment.at(3));
      one.set_if("code", segment.at(4));
      messages.push(std::move(one));
      line(details,
           "message " + std::string(segment.at(2)) + ' ' + std::string(segment.at(1)) + ':',
           verdict_of(segment.at(3)));
    }
  }
  if (interchange.empty()) warnings.add("uci_missing");
  out.business_key = interchange;
  out.title =
      "Acknowledgement of interchange " + interchange + ": " + std::string(verdict_of(action));
  line(out.text, "", out.title);
  line(out.text, "", details);
  out.metadata.set_if("acknowledged_interchange", interchange);
  out.metadata.set_if("verdict", action);
  out.metadata.set_if("messages", std::move(messages));
}

}  // namespace gantry::edi

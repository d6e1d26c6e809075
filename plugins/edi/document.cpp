#include "document.hpp"

namespace gantry::edi {
namespace {

using sdk::Json;

struct Role {
  std::string_view code, word;
};
constexpr Role kRoles[] = {
    {"SH", "shipper"},    {"CN", "consignee"},
    {"BT", "bill_to"},    {"SF", "ship_from"},
    {"ST", "ship_to"},    {"CA", "carrier"},
    {"PR", "payer"},      {"PE", "payee"},
    {"SU", "supplier"},   {"BY", "buyer"},
    {"OB", "ordered_by"}, {"PF", "party_freight_bill"},
    {"RE", "remit_to"},   {"CR", "container_return"},
    {"LD", "load_at"},    {"UL", "unload_at"},
    {"41", "submitter"},  {"40", "receiver"},
};

void append(std::string& out, std::string_view separator, std::string_view part) {
  if (part.empty()) return;
  if (!out.empty()) out += separator;
  out += part;
}

}  // namespace

void line(std::string& text, std::string_view label, std::string_view value) {
  if (value.empty()) return;
  if (!text.empty()) text += '\n';
  text += label;
  if (!label.empty()) text += ' ';
  text += value;
}

std::string role_of(std::string_view code) {
  for (const auto& role : kRoles) {
    if (role.code == code) return std::string(role.word);
  }
  std::string out = "party_";
  for (const char c : code) out += c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
  return out;
}

Json reference_of_l11(const Segment& segment) {
  Json out = Json::object();
  out.set_if("qualifier", segment[2]);
  out.set_if("value", segment[1]);
  // A fourth element does not exist in the standard, and comes (Inteligenz/X12Parser#3).
  out.set_if("description", segment[3].empty() ? segment[4] : segment[3]);
  return out;
}

Json reference_of_n9(const Segment& segment) {
  Json out = Json::object();
  out.set_if("qualifier", segment[1]);
  out.set_if("value", segment[2]);
  out.set_if("description", segment[3]);
  out.set_if("date", segment[4]);
  return out;
}

std::string place(std::string_view city, std::string_view state, std::string_view postal,
                  std::string_view country) {
  std::string out(city);
  append(out, ", ", state);
  append(out, " ", postal);
  append(out, " ", country);
  return out;
}

Json moment(std::string_view date, std::string_view time, std::string_view zone,
            std::string_view state, Warnings& warnings) {
  Json out = Json::object();
  out.set_if("date", date);
  out.set_if("time", time);
  out.set_if("tz", zone);
  const auto at = moment_of(date, time, zone, state);
  if (!at) {
    if (!date.empty()) warnings.add("date_unreadable");
    return out;
  }
  if (at->zone_known) {
    out.set("utc", rfc3339(at->ns));
  } else if (!time.empty()) {
    warnings.add("zone_unknown");
  }
  return out;
}

std::string amount_n2(std::string_view text, Warnings& warnings) {
  if (text.empty()) return {};
  const auto cents = cents_of_n2(text);
  if (!cents) {
    warnings.add("amount_unreadable");
    return {};
  }
  if (cents->explicit_point) warnings.add("decimal_point_in_implied_decimal");
  return decimal(cents->value);
}

bool Parties::take(const Segment& segment) {
  constexpr Tag kN1 = tag_of("N1"), kN2 = tag_of("N2"), kN3 = tag_of("N3"), kN4 = tag_of("N4");
  constexpr Tag kG61 = tag_of("G61"), kPer = tag_of("PER");
  if (segment.tag == kN1) {
    parties_.push_back({});
    Party& party = parties_.back();
    party.code = segment[1];
    party.name = segment[2];
    party.id_qualifier = segment[3];
    party.id = segment[4];
    return true;
  }
  if (parties_.empty()) return false;
  Party& party = parties_.back();
  if (segment.tag == kN2) {
    append(party.name, " ", segment[1]);
  } else if (segment.tag == kN3) {
    append(party.address, ", ", segment[1]);
    append(party.address, ", ", segment[2]);
  } else if (segment.tag == kN4) {
    party.city = segment[1];
    party.state = segment[2];
    party.postal = segment[3];
    party.country = segment[4];
  } else if (segment.tag == kG61 || segment.tag == kPer) {
    if (party.contact.empty()) party.contact = segment[2];
    if (party.phone.empty()) party.phone = segment[4];
  } else {
    return false;
  }
  return true;
}

Json Parties::participants() const {
  Json out = Json::array();
  add_participants(out);
  return out;
}

void Parties::add_participants(Json& to) const {
  for (const Party& party : parties_) {
    Json one = Json::object();
    one.set("role", role_of(party.code));
    one.set("name", party.name);
    one.set("handle", party.phone);
    one.set("external_id", party.id);
    to.push(std::move(one));
  }
}

Json Parties::details() const {
  Json out = Json::array();
  for (const Party& party : parties_) {
    Json one = Json::object();
    one.set_if("code", party.code);
    one.set_if("name", party.name);
    one.set_if("id_qualifier", party.id_qualifier);
    one.set_if("id", party.id);
    one.set_if("address", party.address);
    one.set_if("city", party.city);
    one.set_if("state", party.state);
    one.set_if("postal_code", party.postal);
    one.set_if("country", party.country);
    one.set_if("contact", party.contact);
    one.set_if("contact_number", party.phone);
    out.push(std::move(one));
  }
  return out;
}

std::string Parties::text() const {
  std::string out;
  for (const Party& party : parties_) {
    std::string shown = party.name;
    append(shown, ", ", place(party.city, party.state, party.postal, party.country));
    std::string role = role_of(party.code) + ':';
    for (char& c : role) c = c == '_' ? ' ' : c;
    line(out, role, shown.empty() ? party.id : std::string_view(shown));
  }
  return out;
}

std::string Parties::last_shown() const {
  if (parties_.empty()) return {};
  const Party& party = parties_.back();
  std::string out(party.name.empty() ? party.id : std::string_view(party.name));
  append(out, ", ", place(party.city, party.state, party.postal, party.country));
  return out;
}

}  // namespace gantry::edi

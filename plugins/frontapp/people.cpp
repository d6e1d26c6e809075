#include "people.hpp"

namespace gantry::frontapp {
namespace {

using sdk::Json;

Json participant(std::string_view role, std::string_view name, std::string_view handle,
                 std::string_view external_id) {
  Json out = Json::object();
  out.set("role", role);
  out.set("name", name);
  out.set("handle", handle);
  out.set("external_id", external_id);
  return out;
}

Json teammate(std::string_view role, const Json& data) {
  const auto email = data["email"].text();
  return participant(role, display_name(data), email.empty() ? data["username"].text() : email,
                     data["id"].text());
}

/// "crd_55c8c149" out of the recipient's link to its contact, the only place that has it.
std::string_view contact_id(const Json& recipient) {
  constexpr std::string_view kFolder = "/contacts/";
  const std::string_view link = recipient["_links"]["related"]["contact"].text();
  const auto at = link.rfind(kFolder);
  return at == std::string_view::npos ? std::string_view{} : link.substr(at + kFolder.size());
}

bool is_teammate(const Json& side) {
  return side["_meta"]["type"].text() == "teammate" && side["data"].is_object();
}

}  // namespace

std::string display_name(const Json& object) {
  const auto first = object["first_name"].text();
  const auto last = object["last_name"].text();
  std::string name(first);
  if (!first.empty() && !last.empty()) name += ' ';
  name += last;
  for (const auto* key : {"name", "email", "username", "subject"}) {
    if (name.empty()) name = object[key].text();
  }
  return name;
}

Json participants_of_message(const Json& data) {
  Json people = Json::array();
  for (const Json& recipient : data["recipients"].items()) {
    if (!recipient.is_object()) continue;
    people.push(participant(recipient["role"].text(), recipient["name"].text(),
                            recipient["handle"].text(), contact_id(recipient)));
  }
  if (data["author"].is_object()) people.push(teammate("author", data["author"]));
  return people;
}

Json participants_of_comment(const Json& data, const Json& source) {
  Json people = Json::array();
  if (data["author"].is_object()) {
    people.push(teammate("author", data["author"]));
  } else if (is_teammate(source)) {
    people.push(teammate("author", source["data"]));
  }
  return people;
}

Json participants_of_event(const Json& event) {
  Json people = Json::array();
  if (is_teammate(event["source"])) people.push(teammate("actor", event["source"]["data"]));
  if (is_teammate(event["target"])) people.push(teammate("assignee", event["target"]["data"]));
  return people;
}

}  // namespace gantry::frontapp

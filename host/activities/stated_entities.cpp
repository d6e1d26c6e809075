#include "host/activities/stated_entities.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <optional>
#include <utility>

#include "host/pipeline/normalise.hpp"

namespace gantry::activities {
namespace {

constexpr std::size_t kStatedMax = 200;
constexpr int kDepthMax = 16;
constexpr double kNamedField = 1.0;    // a member that is named for the thing
constexpr double kGuessedField = 0.9;  // one that some vendors use for something else

struct Field {
  std::string_view name;  ///< Letters and digits, lower case: "load_id", "loadId" and "Load ID".
  std::string_view kind;
  double confidence = kNamedField;
};

// Sorted by name. A shipment number counts as a load's only where its object names no load.
constexpr Field kFields[] = {
    {"billoflading", "bol"},
    {"billofladingnumber", "bol"},
    {"bol", "bol"},
    {"bolnumber", "bol"},
    {"carriername", "carrier"},
    {"carrierpro", "pro"},
    {"carrierreference", "pro", kGuessedField},
    {"container", "container"},
    {"containerid", "container"},
    {"containernumber", "container"},
    {"dot", "dot"},
    {"dotnumber", "dot"},
    {"load", "load"},
    {"loadid", "load"},
    {"loadno", "load"},
    {"loadnumber", "load"},
    {"mc", "mc"},
    {"mcnumber", "mc"},
    {"po", "po"},
    {"ponumber", "po"},
    {"pro", "pro"},
    {"pronumber", "pro"},
    {"purchaseorder", "po"},
    {"purchaseordernumber", "po"},
    {"scac", "scac"},
    {"shipmentid", "load", kGuessedField},
    {"shipmentnumber", "load", kGuessedField},
    {"trailer", "trailer"},
    {"trailerid", "trailer"},
    {"trailernumber", "trailer"},
    {"usdot", "dot"},
    {"usdotnumber", "dot"},
};
static_assert(std::ranges::is_sorted(kFields, {}, &Field::name));

// X12 code list 128, reference identification qualifiers.
constexpr Field kQualifiers[] = {
    {"BM", "bol"}, {"CN", "pro"}, {"LO", "load"}, {"MB", "bol"}, {"PO", "po"}, {"SI", "load"},
};

std::string folded(std::string_view name) {
  std::string out;
  for (const char c : name) {
    if (c >= 'A' && c <= 'Z') out += static_cast<char>(c + 32);
    if ((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9')) out += c;
  }
  return out;
}

const Field* field_of(std::string_view name) {
  if (name.size() > 60) return nullptr;
  const std::string key = folded(name);
  const auto* found = std::ranges::lower_bound(kFields, std::string_view(key), {}, &Field::name);
  return found != std::end(kFields) && found->name == key ? found : nullptr;
}

const Field* qualifier_of(std::string_view name) {
  const auto* found = std::ranges::find(kQualifiers, name, &Field::name);
  return found != std::end(kQualifiers) ? found : field_of(name);
}

bool is_shipment(const Field& field) { return field.name.starts_with("shipment"); }

class Collector {
 public:
  void add(std::string_view kind, std::string_view text, std::optional<std::string> value,
           double confidence) {
    if (!value || out_.size() >= kStatedMax) return;
    const auto same = [&](const auto& e) { return e.kind == kind && e.value == *value; };
    if (std::ranges::any_of(out_, same)) return;
    out_.push_back({std::string(kind), std::string(text), std::move(*value), 0, 0, confidence});
  }

  void add(const Field& field, std::string_view text) {
    add(field.kind, text, pipeline::stated_value(field.kind, text), field.confidence);
  }

  void walk(const Json& value, int depth = 0) {
    if (depth > kDepthMax) return;
    if (value.is_array()) {
      for (const Json& item : value) {
        if (item.is_string()) read_pair(item.get_ref<const std::string&>());
        walk(item, depth + 1);
      }
    } else if (value.is_object()) {
      read_object(value);
      for (const auto& [key, member] : value.items()) walk(member, depth + 1);
    }
  }

  std::vector<pipeline::Entity> take() { return std::move(out_); }

 private:
  /// "loadId: LD-88231", as connectors write the references of things that have no place.
  void read_pair(std::string_view text) {
    const auto colon = text.find(": ");
    if (colon == text.npos) return;
    if (const Field* field = field_of(text.substr(0, colon))) add(*field, text.substr(colon + 2));
  }

  void read_object(const Json& object) {
    bool names_a_load = object.contains("custom_id");
    for (const auto& [key, member] : object.items()) {
      const Field* field = field_of(key);
      if (field == nullptr || is_shipment(*field)) continue;
      const auto text = text_at(object, key);
      if (!text || member.is_boolean()) continue;
      names_a_load = names_a_load || field->kind == "load";
      add(*field, *text);
    }
    for (const char* key : {"shipment_id", "shipment_number", "shipmentId", "shipmentNumber"}) {
      const auto text = text_at(object, key);
      if (text && !names_a_load) add(*field_of(key), *text);
    }
    read_reference(object);
    read_equipment(object);
  }

  /// {"qualifier": "BM", "value": "…"}, {"type": {"value": "Purchase order #"}, "value": "…"}.
  void read_reference(const Json& object) {
    const auto value = text_at(object, "value");
    if (!value) return;
    for (const char* key : {"qualifier", "type", "name", "label"}) {
      if (!object.contains(key)) continue;
      const Json& naming = object.at(key);
      const auto name = naming.is_object() ? text_at(naming, "value") : text_at(object, key);
      const Field* field = name ? qualifier_of(*name) : nullptr;
      if (field != nullptr) return add(*field, *value);
    }
  }

  /// N7 and MS2: an owner and a number. A container's owner code makes it one, else it is a trailer
  /// of that carrier.
  void read_equipment(const Json& object) {
    auto owner = text_at(object, "initial");
    auto number = owner ? text_at(object, "number") : std::nullopt;
    if (!owner) {
      owner = text_at(object, "equipment_scac");
      number = text_at(object, "equipment");
    }
    if (!owner || !number) return;
    auto container = pipeline::container_of(*owner, *number);
    if (!container) container = pipeline::container_value(*owner + *number);
    if (container) return add("container", *owner + *number, container, kNamedField);
    add({"", "trailer", kGuessedField}, *number);
  }

  std::vector<pipeline::Entity> out_;
};

}  // namespace

std::vector<pipeline::Entity> stated_entities(const Document& document,
                                              const pipeline::EntityExtractor& titles) {
  Collector out;
  if (const auto metadata = parse_json(document.metadata)) {
    // Turvo's own number of a shipment is what its users call the load's.
    const auto custom_id = text_at(*metadata, "custom_id");
    if (custom_id && document.kind.starts_with("shipment")) {
      out.add({"", "load", kNamedField}, *custom_id);
    }
    out.walk(*metadata);
  }
  for (const Participant& person : document.participants) {
    if (person.handle.find('@') != person.handle.npos) {
      out.add({"", "email", kNamedField}, person.handle);
    } else {
      out.add({"", "phone", kGuessedField}, person.handle);
    }
    if (person.role != "carrier") continue;
    out.add({"", "carrier", kNamedField}, person.name);
    // An id of other letters or with digits is the vendor's own, not a SCAC.
    out.add("scac", person.external_id, pipeline::scac_value(person.external_id), kGuessedField);
  }
  if (auto found = titles.extract(document.title)) {
    for (auto& e : *found) out.add(e.kind, e.text, std::move(e.value), e.confidence);
  }
  return out.take();
}

}  // namespace gantry::activities

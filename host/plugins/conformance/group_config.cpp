#include "host/plugins/conformance/rig.hpp"

namespace gantry::plugins::conformance {
namespace {

using Kind = ConfigMutation::Kind;

Outcome accepted(const Subject& subject) {
  const Rig rig(subject);
  return passed(shown(rig.config().json));
}

bool is_at_or_below(const std::string& pointer, const std::string& field) {
  return pointer == field || pointer.starts_with(field + '/');
}

/// create never sees what the schema refuses, so there it need only live; what the schema lets
/// through it takes, or refuses with CONFIG at that field.
void judge(const ConfigMutation& mutation, const Said& said) {
  if (said.ok()) return;
  if (said.status != GANTRY_CONFIG) {
    fail("OK or CONFIG from create with " + mutation.what, said.text(),
         "check types before use; throw Failure(Status::kConfig, …).pointer(\"" + mutation.pointer +
             "\")");
  }
  if (mutation.refused && said.error.pointer.empty()) return;
  // Without one field, or with one more, another may be the one that is missing.
  const std::string& named = said.error.pointer;
  if (!named.empty() && (mutation.kind == Kind::kMissing || !has_field(mutation.json, named))) {
    return;
  }
  if (is_at_or_below(said.error.pointer, mutation.pointer)) return;
  fail("CONFIG with the pointer " + mutation.pointer + " from create with " + mutation.what,
       said.error.pointer.empty() ? "no pointer: " + said.text() : "the pointer " + said.text(),
       "name the field at fault: .pointer(\"" + mutation.pointer + "\")");
}

/// A list without elements can be as good as none: then the field that needs it is at fault, as it
/// is where the list is missing.
bool blames_as_if_absent(Rig& rig, const ConfigMutation& mutation, const Said& said) {
  if (said.status != GANTRY_CONFIG || said.error.pointer.empty()) return false;
  const Said absent = rig.try_create(without_field(mutation.json, mutation.pointer));
  return absent.status == GANTRY_CONFIG && absent.error.pointer == said.error.pointer;
}

Outcome all_of(const Subject& subject, Kind kind) {
  Rig rig(subject);
  std::size_t tried = 0;
  for (const ConfigMutation& mutation :
       mutate_config(subject.manifest.config_schema, rig.config())) {
    if (mutation.kind != kind) continue;
    const Said said = rig.try_create(mutation.json);
    ++tried;
    if (!blames_as_if_absent(rig, mutation, said)) judge(mutation, said);
  }
  return passed(std::to_string(tried) + " configurations");
}

Outcome missing(const Subject& subject) { return all_of(subject, Kind::kMissing); }
Outcome mistyped(const Subject& subject) { return all_of(subject, Kind::kMistyped); }
Outcome long_texts(const Subject& subject) { return all_of(subject, Kind::kLong); }
Outcome unknown(const Subject& subject) { return all_of(subject, Kind::kUnknown); }

Outcome garbage(const Subject& subject) {
  Rig rig(subject);
  const std::string texts[] = {"",
                               "{",
                               "null",
                               "[]",
                               "\"text\"",
                               "{}}",
                               "{\"a\":",
                               std::string(64, '\xFF'),
                               "{\"\\u0000\":1}",
                               std::string(100'000, '['),
                               std::string(100'000, '{'),
                               std::string("{}\0{}", 5)};
  for (const std::string& text : texts) {
    const Said said = rig.try_create(text);
    if (said.ok() || said.status == GANTRY_CONFIG) continue;
    return failed("OK or CONFIG from create with bytes that are no configuration", said.text(),
                  "throw Failure(Status::kConfig, …) where the configuration is no JSON object");
  }
  return passed();
}

Outcome instances(const Subject& subject) {
  Rig rig(subject);
  // One lives while others of the same plugin come and go.
  for (int i = 0; i < 3; ++i) {
    const Said said = rig.try_create(rig.config().json);
    if (!said.ok()) {
      return failed("a second instance beside the first", said.text(),
                    "keep state in the instance, not in globals");
    }
  }
  rig.renew();
  return passed();
}

}  // namespace

std::vector<Test> config_tests() {
  return {
      {4, "config.accepted", "What the schema asks for is enough.", Needs::kNothing, accepted},
      {4, "config.missing", "A missing field is named.", Needs::kNothing, missing},
      {4, "config.mistyped", "A field of the wrong type is named.", Needs::kNothing, mistyped},
      {4, "config.unknown", "An unknown field harms nobody.", Needs::kNothing, unknown},
      {4, "config.long", "A text of 1 MiB harms nobody.", Needs::kNothing, long_texts},
      {4, "config.garbage", "Bytes that are no configuration harm nobody.", Needs::kNothing,
       garbage},
      {4, "config.instances", "Several instances live side by side.", Needs::kNothing, instances},
  };
}

}  // namespace gantry::plugins::conformance

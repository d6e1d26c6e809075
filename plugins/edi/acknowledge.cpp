#include "acknowledge.hpp"

#include <algorithm>

namespace gantry::edi {
namespace {

constexpr std::size_t kCodesMax = 5;  // AK502..06, AK905..09.

/// Writes segments with one set of delimiters and counts them. A delimiter inside a value becomes
/// a blank: X12 has no release character.
class Writer {
 public:
  Writer& segment(std::string_view name) {
    end();
    out_ += name;
    open_ = true;
    ++count_;
    return *this;
  }
  Writer& element(std::string_view value) {
    ++pending_;
    if (value.empty()) return *this;
    out_.append(pending_, '*');
    pending_ = 0;
    for (const char c : value) {
      const bool control = static_cast<unsigned char>(c) < 0x20;
      out_ += c == '*' || c == '~' || c == '>' || control ? ' ' : c;
    }
    return *this;
  }
  Writer& element(std::uint64_t value) { return element(std::to_string(value)); }
  /// The one value that is a delimiter.
  Writer& component_separator() {
    out_ += "*>";
    return *this;
  }
  Writer& fixed(std::string value, std::size_t size) {
    value.resize(size, ' ');
    return element(value);
  }
  std::uint64_t count() const { return count_; }
  void restart_count() { count_ = 0; }
  std::string take() {
    end();
    return std::move(out_);
  }

 private:
  void end() {
    pending_ = 0;  // Trailing empty elements are left out.
    if (open_) out_ += '~';
    open_ = false;
  }

  std::string out_;
  std::uint64_t count_ = 0;
  std::size_t pending_ = 0;
  bool open_ = false;
};

std::string nine(std::uint64_t number) {
  std::string text = std::to_string(number);
  if (text.size() < 9) text.insert(0, 9 - text.size(), '0');
  return text;
}

/// The leading digits; a partner's number may be followed by anything.
std::string digits_of(std::string_view text) {
  std::size_t end = 0;
  while (end < text.size() && end < 9 && text[end] >= '0' && text[end] <= '9') ++end;
  return end == 0 ? "0" : std::string(text.substr(0, end));
}

bool is_answered(const Group& group) {
  return group.functional_id != "FA" && !group.implied && (group.received > 0 || group.duplicate);
}

bool as_999(const Group& group, const Settings& settings) {
  if (settings.acknowledge == Acknowledge::k997) return false;
  if (settings.acknowledge == Acknowledge::k999) return true;
  return group.version.substr(0, 6) >= "005010" && group.version.size() >= 6;
}

bool writes_ta1(const Interchange& interchange, const Settings& settings) {
  if (settings.ta1 == Ta1::kNever) return false;
  if (interchange.only_answers()) return false;
  return settings.ta1 == Ta1::kAlways || interchange.acknowledgement_requested ||
         interchange.verdict.code != 0;
}

std::uint64_t groups_answered(const Interchange& interchange, const Settings& settings) {
  if (settings.acknowledge == Acknowledge::kNone || interchange.refused) return 0;
  return static_cast<std::uint64_t>(
      std::count_if(interchange.groups.begin(), interchange.groups.end(), is_answered));
}

char verdict_of(const Group& group) {
  if (group.duplicate || (group.received > 0 && group.accepted == 0)) return 'R';
  if (group.received == 0) return group.codes.empty() ? 'A' : 'R';
  if (group.accepted < group.received) return 'P';
  return group.with_errors > 0 || !group.codes.empty() ? 'E' : 'A';
}

void write_set(Writer& out, const SetResult& result, bool new_form) {
  out.segment("AK2").element(result.set).element(result.control.substr(0, 9));
  if (new_form) out.element(result.implementation);
  for (const SegmentError& error : result.errors) {
    out.segment(new_form ? "IK3" : "AK3")
        .element(error.tag)
        .element(error.position)
        .element(error.loop)
        .element(static_cast<std::uint64_t>(error.code));
    for (const ElementError& element : error.elements) {
      out.segment(new_form ? "IK4" : "AK4")
          .element(element.position)
          .element(element.number)
          .element(static_cast<std::uint64_t>(element.code))
          .element(element.value);
    }
  }
  out.segment(new_form ? "IK5" : "AK5").element(std::string_view(&result.verdict, 1));
  for (std::size_t i = 0; i < result.codes.size() && i < kCodesMax; ++i) {
    out.element(static_cast<std::uint64_t>(result.codes[i]));
  }
}

void write_group(Writer& out, const Group& group, const Settings& settings,
                 const AckNumbers& numbers, std::uint64_t control) {
  const bool new_form = as_999(group, settings);
  out.segment("GS")
      .element("FA")
      .element(group.receiver)
      .element(group.sender)
      .element(numbers.date)
      .element(numbers.time)
      .element(control)
      .element("X")
      .element(new_form ? "005010X231A1" : "004010");
  out.restart_count();
  out.segment("ST").element(new_form ? "999" : "997").element("0001");
  if (new_form) out.element("005010X231A1");
  out.segment("AK1").element(group.functional_id.substr(0, 2)).element(digits_of(group.control));
  if (new_form) out.element(group.version);
  if (!group.duplicate) {
    group.results.each([&](const SetResult& result) { write_set(out, result, new_form); });
  }
  const char verdict = verdict_of(group);
  out.segment("AK9")
      .element(std::string_view(&verdict, 1))
      .element(group.declared.empty() ? std::to_string(group.received) : digits_of(group.declared))
      .element(group.received)
      .element(group.duplicate ? 0 : group.accepted);
  for (std::size_t i = 0; i < group.codes.size() && i < kCodesMax; ++i) {
    out.element(static_cast<std::uint64_t>(group.codes[i]));
  }
  out.segment("SE").element(out.count()).element("0001");
  out.segment("GE").element("1").element(control);
}

}  // namespace

bool is_acknowledgement(std::string_view set) {
  return set == "997" || set == "999" || set == "CONTRL";
}

std::string name_part(std::string_view text) {
  std::string out;
  for (const char c : text) {
    const bool plain = (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
    out += plain ? c : '-';
    if (out.size() == 40) break;
  }
  return out.empty() ? "none" : out;
}

bool needs_acknowledgement(const Interchange& interchange, const Settings& settings) {
  return writes_ta1(interchange, settings) || groups_answered(interchange, settings) > 0;
}

std::uint64_t control_numbers_needed(const Interchange& interchange, const Settings& settings) {
  return std::max<std::uint64_t>(1, groups_answered(interchange, settings));
}

Acknowledgement write_acknowledgement(const Interchange& interchange, const Settings& settings,
                                      const AckNumbers& numbers) {
  const std::uint64_t groups = groups_answered(interchange, settings);
  bool any_999 = false;
  for (const Group& group : interchange.groups) {
    any_999 = any_999 || (groups > 0 && is_answered(group) && as_999(group, settings));
  }
  const auto qualifier = [](const std::string& text) { return text.empty() ? "ZZ" : text; };
  Writer out;
  out.segment("ISA")
      .element("00")
      .fixed("", 10)
      .element("00")
      .fixed("", 10)
      .fixed(qualifier(interchange.receiver_qualifier), 2)
      .fixed(interchange.receiver, 15)
      .fixed(qualifier(interchange.sender_qualifier), 2)
      .fixed(interchange.sender, 15)
      .element(std::string_view(numbers.date).substr(2))
      .element(numbers.time)
      .element(any_999 ? "^" : "U")
      .element(any_999 ? "00501" : "00401")
      .element(nine(numbers.first))
      .element("0")
      .element(interchange.usage == "P" || interchange.usage == "T" ? interchange.usage : "P")
      .component_separator();
  if (writes_ta1(interchange, settings)) {
    std::string code = std::to_string(interchange.verdict.code);
    code.insert(0, 3 - std::min<std::size_t>(3, code.size()), '0');
    out.segment("TA1")
        .element(interchange.control)
        .element(interchange.date)
        .element(interchange.time)
        .element(std::string_view(&interchange.verdict.verdict, 1))
        .element(code);
  }
  std::uint64_t written = 0;
  for (const Group& group : interchange.groups) {
    if (groups == 0 || !is_answered(group)) continue;
    write_group(out, group, settings, numbers, numbers.first + written);
    ++written;
  }
  out.segment("IEA").element(written).element(nine(numbers.first));

  Acknowledgement made;
  made.name = (written == 0 ? "ta1_"
               : any_999    ? "999_"
                            : "997_") +
              name_part(interchange.sender) + '_' + name_part(interchange.control) + '_' +
              nine(numbers.first) + ".edi";
  made.content = out.take();
  return made;
}

}  // namespace gantry::edi

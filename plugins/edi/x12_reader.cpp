#include "x12_reader.hpp"

#include <gantry/sdk/text.hpp>

namespace gantry::edi {
namespace {

using sdk::Json;

// TA105 and AK905.
constexpr int kControlDiffers = 1, kBadControl = 18, kGroupCount = 21, kPrematureEnd = 23,
              kBadContent = 24;
constexpr int kGroupTrailerMissing = 3, kGroupControlDiffers = 4, kSetCount = 5,
              kBadGroupControl = 6, kGroupNotUnique = 19;
constexpr int kSetTrailerMissing = 2;
constexpr std::size_t kFunctionalIdMax = 8, kFunctionalIdsMax = 40;

/// The name that `text` begins with, up to the element separator.
Tag tag_at(std::string_view text, char separator) {
  std::size_t size = 0;
  while (size < text.size() && size < 4 && text[size] != separator) ++size;
  return tag_of(text.substr(0, size));
}

}  // namespace

void X12Reader::begin(const IsaSegment& isa, std::string_view raw) {
  interchange_ = {};
  in_group_ = in_set_ = false;
  scan_ = lead_ = 0;
  const auto field = [&](std::size_t n) { return std::string(trimmed(isa.elements[n])); };
  interchange_.sender_qualifier = field(5);
  interchange_.sender = field(6);
  interchange_.receiver_qualifier = field(7);
  interchange_.receiver = field(8);
  interchange_.date = field(9);
  interchange_.time = field(10);
  interchange_.version = field(12);
  interchange_.control = field(13);
  interchange_.acknowledgement_requested = field(14) == "1";
  interchange_.usage = field(15);
  interchange_.delimiters = isa.delimiters;
  interchange_.warnings = isa.warnings;
  interchange_.raw = raw;
  if (!is_n(interchange_.control) || interchange_.control.size() > 9) {
    interchange_.verdict.report(kBadControl, 'E');
    interchange_.warnings.add("interchange_control_is_no_number");
  }
  open_interchange(file_, interchange_);
}

Step X12Reader::read(std::string_view rest, bool last, sdk::Sink& sink, std::size_t& consumed) {
  const Delimiters& delimiters = interchange_.delimiters;
  consumed = 0;
  for (;;) {
    while (scan_ < rest.size() && is_white(rest[scan_])) {
      if (rest[scan_] == ' ' || rest[scan_] == '\t') interchange_.warnings.add("indentation");
      ++scan_;
    }
    if (rest.size() - scan_ < 4 && !last) break;
    if (scan_ == rest.size()) break;
    if (starts_isa(rest.substr(scan_))) {
      // A new interchange although this one is open: its delimiters may be others.
      consumed = scan_;
      if (!cut_off(rest.substr(0, scan_), sink)) return Step::kStop;
      return Step::kOutside;
    }
    const std::size_t limit = file_.settings.segment_bytes_max;
    const std::string_view window = rest.substr(0, std::min(rest.size(), scan_ + limit));
    std::size_t end = delimiters.find_terminator(window, scan_);
    std::size_t next = end + delimiters.terminator.size();
    if (end == std::string_view::npos) {
      if (rest.size() - scan_ >= limit + delimiters.terminator.size()) {
        return too_long(rest, sink, consumed);
      }
      if (!last || !is_whole_trailer(rest.substr(scan_))) break;
      end = next = rest.size();
    }
    const std::size_t begin = scan_;
    at_ = file_.offset + begin;
    scan_ = next;
    const Step step = segment(rest, begin, end, next, sink);
    if (step == Step::kStop) return step;
    if (step != Step::kMore) {
      consumed = scan_;
      scan_ = 0;
      return step;
    }
    if (!in_set_) continue;
    if (scan_ > file_.settings.set_bytes_max) {
      // Kept in pieces as a dead letter; its end is still looked for.
      set_too_large_ = true;
      if (!file_.intake.reject(rest.substr(0, scan_),
                               "set " + set_id_ + ' ' + set_control_ +
                                   " is larger than set_bytes_max; this is a piece of it",
                               &interchange_, sink)) {
        return Step::kStop;
      }
      consumed = scan_;
      scan_ = lead_ = 0;
      return Step::kBoundary;
    }
  }
  if (!in_set_) {
    consumed = scan_;
    scan_ = 0;
  }
  return Step::kMore;
}

bool X12Reader::is_whole_trailer(std::string_view text) {
  if (tag_at(text, interchange_.delimiters.element) != tags::kIEA) return false;
  Warnings ignored;
  tokens_.read(text, interchange_.delimiters, ignored);
  // Cut off inside IEA02 it is shorter than the number it repeats.
  const std::string_view control = tokens_.segments().front()[2];
  return !control.empty() && (same_number(control, interchange_.control) ||
                              control.size() >= interchange_.control.size());
}

Step X12Reader::segment(std::string_view rest, std::size_t begin, std::size_t end, std::size_t next,
                        sdk::Sink& sink) {
  const Tag tag = tag_at(rest.substr(begin, end - begin), interchange_.delimiters.element);
  if (in_set_) {
    if (tag == tags::kSE) return end_set(rest.substr(0, next), sink);
    const bool ends_set =
        tag == tags::kST || tag == tags::kGS || tag == tags::kGE || tag == tags::kIEA;
    if (!ends_set) return Step::kMore;
    if (lose_set(rest.substr(0, begin), "SE is missing before the next envelope segment", sink) ==
        Step::kStop) {
      return Step::kStop;
    }
  }
  const std::string_view bytes = rest.substr(begin, next - begin);
  Warnings warnings;
  tokens_.read(bytes, interchange_.delimiters, warnings);
  interchange_.warnings.add(warnings);
  if (tokens_.segments().empty()) return Step::kMore;
  return envelope(tokens_.segments().front(), bytes, begin, sink);
}

Step X12Reader::envelope(const Segment& segment, std::string_view bytes, std::size_t begin,
                         sdk::Sink& sink) {
  const std::string_view name = segment[0];
  if (!name.empty() && name[0] >= 'a' && name[0] <= 'z') interchange_.warnings.add("lower_case");
  switch (segment.tag) {
    case tags::kST:
      begin_set(segment, begin);
      return Step::kMore;
    case tags::kGS:
      if (in_group_ && !end_group(nullptr, sink)) return Step::kStop;
      begin_group(segment, bytes);
      return Step::kBoundary;
    case tags::kGE:
      if (!in_group_) return stray(bytes, "GE without its GS", sink);
      return end_group(&segment, sink) ? Step::kBoundary : Step::kStop;
    case tags::kIEA:
      return end_interchange(segment, sink);
    case tags::kTA1:
      return file_.intake.take_answer(segment, bytes, interchange_, sink) ? Step::kBoundary
                                                                          : Step::kStop;
    case tags::kISB:
    case tags::kISE:
      return Step::kMore;
    default:
      return stray(bytes, "segment outside a set", sink);
  }
}

Step X12Reader::stray(std::string_view bytes, std::string_view why, sdk::Sink& sink) {
  interchange_.verdict.report(kBadContent, interchange_.sets_accepted > 0 ? 'E' : 'R');
  interchange_.warnings.add("content_outside_its_envelope");
  interchange_.has_others = true;
  file_.breaks("interchange " + to_utf8(interchange_.control) + " of " +
               to_utf8(interchange_.sender) + ": " + std::string(why) + ", at byte " +
               std::to_string(at_));
  return file_.intake.reject(bytes, why, &interchange_, sink) ? Step::kBoundary : Step::kStop;
}

void X12Reader::begin_set(const Segment& segment, std::size_t begin) {
  in_set_ = true;
  set_too_large_ = false;
  set_id_ = segment[1];
  set_control_ = segment[2];
  // From here rest begins at the ST.
  lead_ = begin;
}

Step X12Reader::end_set(std::string_view bytes, sdk::Sink& sink) {
  in_set_ = false;
  bytes.remove_prefix(lead_);
  lead_ = 0;
  if (!in_group_) {
    return stray(bytes, "set " + set_id_ + ' ' + set_control_ + " stands outside a group", sink);
  }
  if (set_too_large_) {
    return file_.intake.give_up_set(bytes, set_id_, set_control_, {5},
                                    "larger than set_bytes_max; this is its last piece",
                                    interchange_, group_, sink)
               ? Step::kBoundary
               : Step::kStop;
  }
  return file_.intake.take_set(bytes, interchange_, group_, sink) ? Step::kBoundary : Step::kStop;
}

Step X12Reader::lose_set(std::string_view bytes, std::string_view why, sdk::Sink& sink) {
  in_set_ = false;
  bytes.remove_prefix(std::min(lead_, bytes.size()));
  lead_ = 0;
  if (!in_group_) {
    return stray(bytes, "set " + set_id_ + ' ' + set_control_ + " stands outside a group", sink);
  }
  return file_.intake.give_up_set(bytes, set_id_, set_control_, {kSetTrailerMissing}, why,
                                  interchange_, group_, sink)
             ? Step::kBoundary
             : Step::kStop;
}

void X12Reader::begin_group(const Segment& segment, std::string_view bytes) {
  group_ = {};
  in_group_ = true;
  ++interchange_.groups_opened;
  group_.functional_id = segment[1];
  group_.sender = segment[2];
  group_.receiver = segment[3];
  group_.date = segment[4];
  group_.time = segment[5];
  group_.control = segment[6];
  group_.version = segment[8];
  group_.raw = bytes;
  if (!is_n(group_.control) || group_.control.size() > 9) {
    group_.report(kBadGroupControl);
    group_.warnings.add("group_control_is_no_number");
  }
  if (!read_date(group_.date)) group_.warnings.add("group_date_unreadable");
  auto& numbers = interchange_.group_numbers;
  const std::string id = to_utf8(group_.functional_id.substr(0, kFunctionalIdMax));
  if ((numbers.size() < kFunctionalIdsMax || numbers.contains(id)) &&
      numbers[id].seen(group_.control)) {
    group_.duplicate = true;
    group_.warnings.add("group_number_repeated");
    // Before 004050 the code means something else.
    if (group_.version.substr(0, 6) >= "004050") group_.report(kGroupNotUnique);
  }
}

bool X12Reader::end_group(const Segment* trailer, sdk::Sink& sink) {
  in_group_ = false;
  if (trailer == nullptr) {
    group_.report(kGroupTrailerMissing);
    group_.warnings.add("group_trailer_missing");
  } else {
    group_.declared = (*trailer)[1];
    if (!same_number((*trailer)[2], group_.control)) {
      group_.report(kGroupControlDiffers);
      group_.warnings.add("group_control_numbers_differ");
    }
    if (!same_number(group_.declared, std::to_string(group_.received))) {
      group_.report(kSetCount);
      group_.warnings.add("set_count");
    }
  }
  const bool go_on = file_.intake.group_ended(interchange_, group_, sink);
  close_group(file_, group_);
  group_ = {};
  return go_on;
}

Step X12Reader::end_interchange(const Segment& segment, sdk::Sink& sink) {
  if (in_group_ && !end_group(nullptr, sink)) return Step::kStop;
  if (!same_number(segment[2], interchange_.control)) {
    interchange_.verdict.report(kControlDiffers, 'E');
    interchange_.warnings.add("interchange_control_numbers_differ");
  }
  if (!same_number(segment[1], std::to_string(interchange_.groups_opened))) {
    interchange_.verdict.report(kGroupCount, 'E');
    interchange_.warnings.add("group_count");
  }
  close_interchange(file_, interchange_);
  return Step::kOutside;
}

bool X12Reader::cut_off(std::string_view rest, sdk::Sink& sink) {
  std::string where = "interchange " + to_utf8(interchange_.control) + " of " +
                      to_utf8(interchange_.sender) + " ends early";
  bool go_on = true;
  if (in_set_) {
    where += " inside set " + to_utf8(set_id_) + ' ' + to_utf8(set_control_) +
             ": SE, GE and IEA are missing";
    go_on = lose_set(rest, "the interchange ends before SE", sink) != Step::kStop;
  } else {
    if (!trimmed(rest).empty()) {
      go_on =
          file_.intake.reject(rest, "the interchange ends inside a segment", &interchange_, sink);
    }
    where += in_group_ ? ": GE and IEA are missing" : ": IEA is missing";
  }
  if (go_on && in_group_) go_on = end_group(nullptr, sink);
  interchange_.verdict.report(kPrematureEnd, interchange_.sets_accepted > 0 ? 'E' : 'R');
  interchange_.warnings.add("interchange_ends_early");
  file_.breaks(where + ", at byte " + std::to_string(file_.offset + rest.size()));
  if (go_on) close_interchange(file_, interchange_);
  scan_ = lead_ = 0;
  return go_on;
}

Step X12Reader::too_long(std::string_view rest, sdk::Sink& sink, std::size_t& consumed) {
  file_.breaks("a segment of interchange " + to_utf8(interchange_.control) +
               " is longer than segment_bytes_max, at byte " +
               std::to_string(file_.offset + scan_) + "; wrong terminator or damaged file");
  // What follows is searched for the next interchange.
  consumed = scan_;
  if (!cut_off(rest.substr(0, scan_), sink)) return Step::kStop;
  return Step::kOutside;
}

Json X12Reader::state() const {
  Json out = Json::object();
  out.set("interchange", to_json(interchange_, true));
  if (in_group_) out.set("group", to_json(group_, true));
  return out;
}

void X12Reader::restore(const Json& state) {
  interchange_ = interchange_of(state["interchange"]);
  in_group_ = !state["group"].is_null();
  if (in_group_) group_ = group_of(state["group"]);
  in_set_ = false;
  scan_ = 0;
}

}  // namespace gantry::edi

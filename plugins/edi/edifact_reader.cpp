#include "edifact_reader.hpp"

#include <gantry/sdk/text.hpp>

#include "state.hpp"

namespace gantry::edi {
namespace {

using sdk::Json;

// The reader speaks in X12's codes; contrl.cpp gives each its EDIFACT one.
constexpr int kControlDiffers = 1, kGroupCount = 21, kPrematureEnd = 23, kBadContent = 24;
constexpr int kGroupTrailerMissing = 3, kGroupControlDiffers = 4, kMessageCount = 5;
constexpr int kTrailerMissing = 13;  // CONTRL: missing.
constexpr std::size_t kUnaSize = 9;

Tag tag_at(std::string_view text) { return tag_of(text.substr(0, 3)); }

}  // namespace

EdifactReader::Start EdifactReader::begin(std::string_view text, bool last, std::size_t& consumed) {
  Interchange made;
  made.standard = Standard::kEdifact;
  Delimiters& delimiters = made.delimiters;
  delimiters.component = ':';
  delimiters.element = '+';
  delimiters.release = '?';
  delimiters.terminator = "'";
  std::size_t at = 0;
  bool has_una = false;
  if (text.starts_with("UNA")) {
    if (text.size() < kUnaSize) return last ? Start::kNone : Start::kNeedMore;
    has_una = true;
    delimiters.component = text[3];
    delimiters.element = text[4];
    delimiters.release = text[6] == ' ' ? '\0' : text[6];
    delimiters.terminator = std::string(1, text[8]);
    at = kUnaSize;
    while (at < text.size() && is_white(text[at])) ++at;
  }
  const std::string_view header = text.substr(at);
  if (header.size() < 4) return last ? Start::kNone : Start::kNeedMore;
  if (!header.starts_with("UNB") || header[3] != delimiters.element) return Start::kNone;
  const std::size_t end = find_edifact_terminator(
      header.substr(0, std::min(header.size(), file_.settings.segment_bytes_max)), 0, delimiters);
  if (end == std::string_view::npos) {
    const bool too_long = header.size() >= file_.settings.segment_bytes_max;
    return last || too_long ? Start::kNone : Start::kNeedMore;
  }
  const EdifactSegment unb = read_edifact_segment(header.substr(0, end), delimiters);
  if (has_una && unb.at(1, 1) >= "4" && text[7] != ' ') delimiters.repetition = text[7];
  if (!has_una && unb.at(1, 1) >= "4") delimiters.repetition = '*';
  made.version = std::string(unb.at(1, 0)) + ':' + std::string(unb.at(1, 1));
  made.sender = unb.at(2, 0);
  made.sender_qualifier = unb.at(2, 1);
  made.receiver = unb.at(3, 0);
  made.receiver_qualifier = unb.at(3, 1);
  made.date = unb.at(4, 0);
  made.time = unb.at(4, 1);
  made.control = unb.at(5, 0);
  made.acknowledgement_requested = unb.at(9) == "1";
  made.usage = unb.at(11) == "1" ? "T" : "P";
  consumed = at + end + 1;
  made.raw = text.substr(0, consumed);
  interchange_ = std::move(made);
  group_ = {};
  in_group_ = in_message_ = false;
  scan_ = lead_ = 0;
  open_interchange(file_, interchange_);
  return Start::kDone;
}

Step EdifactReader::read(std::string_view rest, bool last, sdk::Sink& sink, std::size_t& consumed) {
  consumed = 0;
  for (;;) {
    while (scan_ < rest.size() && is_white(rest[scan_])) ++scan_;
    if (scan_ == rest.size() || (rest.size() - scan_ < 4 && !last)) break;
    if (starts_edifact(rest.substr(scan_)) || starts_isa(rest.substr(scan_))) {
      consumed = scan_;
      return cut_off(rest.substr(0, scan_), sink) ? Step::kOutside : Step::kStop;
    }
    const std::size_t limit = file_.settings.segment_bytes_max;
    const std::string_view window = rest.substr(0, std::min(rest.size(), scan_ + limit));
    std::size_t end = find_edifact_terminator(window, scan_, interchange_.delimiters);
    std::size_t next = end + 1;
    if (end == std::string_view::npos) {
      if (rest.size() - scan_ > limit) {
        file_.breaks("a segment of interchange " + to_utf8(interchange_.control) +
                     " is longer than segment_bytes_max, at byte " +
                     std::to_string(file_.offset + scan_));
        consumed = scan_;
        return cut_off(rest.substr(0, scan_), sink) ? Step::kOutside : Step::kStop;
      }
      const bool whole_unz =
          last && tag_at(rest.substr(scan_)) == tags::kUNZ &&
          read_edifact_segment(rest.substr(scan_), interchange_.delimiters).at(2) ==
              interchange_.control;
      if (!whole_unz) break;
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
    if (in_message_ && scan_ > file_.settings.set_bytes_max) {
      too_large_ = true;
      if (!file_.intake.reject(rest.substr(0, scan_),
                               "message " + message_ + ' ' + reference_ +
                                   " is larger than set_bytes_max; this is a piece of it",
                               &interchange_, sink)) {
        return Step::kStop;
      }
      consumed = scan_;
      scan_ = lead_ = 0;
      return Step::kBoundary;
    }
  }
  if (!in_message_) {
    consumed = scan_;
    scan_ = 0;
  }
  return Step::kMore;
}

Step EdifactReader::segment(std::string_view rest, std::size_t begin, std::size_t end,
                            std::size_t next, sdk::Sink& sink) {
  const std::string_view text = rest.substr(begin, end - begin);
  const std::string_view bytes = rest.substr(begin, next - begin);
  const Tag tag = tag_at(text);
  if (in_message_) {
    if (tag == tags::kUNT) {
      in_message_ = false;
      const std::string_view message = rest.substr(lead_, next - lead_);
      lead_ = 0;
      if (too_large_) {
        return file_.intake.give_up_set(message, message_, reference_, {39},
                                        "larger than set_bytes_max; this is its last piece",
                                        interchange_, group_, sink)
                   ? Step::kBoundary
                   : Step::kStop;
      }
      return file_.intake.take_message(message, interchange_, group_, sink) ? Step::kBoundary
                                                                            : Step::kStop;
    }
    const bool ends =
        tag == tags::kUNH || tag == tags::kUNE || tag == tags::kUNZ || tag == tags::kUNG;
    if (!ends) return Step::kMore;
    if (lose_message(rest.substr(0, begin), "UNT is missing before the next envelope segment",
                     sink) == Step::kStop) {
      return Step::kStop;
    }
  }
  const EdifactSegment read = read_edifact_segment(trimmed(text), interchange_.delimiters);
  switch (tag) {
    case tags::kUNH:
      if (!in_group_) begin_group(nullptr, {});
      in_message_ = true;
      too_large_ = false;
      reference_ = read.at(1);
      message_ = read.at(2);
      lead_ = begin;
      return Step::kMore;
    case tags::kUNG:
      if (in_group_ && !end_group(nullptr, sink)) return Step::kStop;
      begin_group(&read, bytes);
      return Step::kBoundary;
    case tags::kUNE:
      if (!in_group_ || group_.implied) return stray(bytes, "UNE without its UNG", sink);
      return end_group(&read, sink) ? Step::kBoundary : Step::kStop;
    case tags::kUNZ:
      return end_interchange(read, sink);
    default:
      return stray(bytes, "segment outside a message", sink);
  }
}

Step EdifactReader::stray(std::string_view bytes, std::string_view why, sdk::Sink& sink) {
  interchange_.verdict.report(kBadContent, interchange_.sets_accepted > 0 ? 'E' : 'R');
  interchange_.warnings.add("content_outside_its_envelope");
  interchange_.has_others = true;
  file_.breaks("interchange " + to_utf8(interchange_.control) + " of " +
               to_utf8(interchange_.sender) + ": " + std::string(why) + ", at byte " +
               std::to_string(at_));
  return file_.intake.reject(bytes, why, &interchange_, sink) ? Step::kBoundary : Step::kStop;
}

Step EdifactReader::lose_message(std::string_view bytes, std::string_view why, sdk::Sink& sink) {
  in_message_ = false;
  bytes.remove_prefix(std::min(lead_, bytes.size()));
  lead_ = 0;
  return file_.intake.give_up_set(bytes, message_, reference_, {kTrailerMissing}, why, interchange_,
                                  group_, sink)
             ? Step::kBoundary
             : Step::kStop;
}

void EdifactReader::begin_group(const EdifactSegment* header, std::string_view bytes) {
  group_ = {};
  in_group_ = true;
  group_.implied = header == nullptr;
  group_.date = interchange_.date;
  group_.time = interchange_.time;
  if (header == nullptr) return;
  ++interchange_.groups_opened;
  group_.functional_id = header->at(1);
  group_.sender = header->at(2);
  group_.receiver = header->at(3);
  group_.date = header->at(4, 0);
  group_.time = header->at(4, 1);
  group_.control = header->at(5);
  group_.raw = bytes;
}

bool EdifactReader::end_group(const EdifactSegment* trailer, sdk::Sink& sink) {
  in_group_ = false;
  if (!group_.implied) {
    if (trailer == nullptr) {
      group_.report(kGroupTrailerMissing);
      group_.warnings.add("group_trailer_missing");
    } else {
      group_.declared = trailer->at(1);
      if (trailer->at(2) != group_.control) {
        group_.report(kGroupControlDiffers);
        group_.warnings.add("group_control_numbers_differ");
      }
      if (group_.declared != std::to_string(group_.received)) {
        group_.report(kMessageCount);
        group_.warnings.add("set_count");
      }
    }
  }
  const bool go_on = file_.intake.group_ended(interchange_, group_, sink);
  close_group(file_, group_);
  group_ = {};
  return go_on;
}

Step EdifactReader::end_interchange(const EdifactSegment& segment, sdk::Sink& sink) {
  if (in_group_ && !end_group(nullptr, sink)) return Step::kStop;
  if (segment.at(2) != interchange_.control) {
    interchange_.verdict.report(kControlDiffers, 'E');
    interchange_.warnings.add("interchange_control_numbers_differ");
  }
  // UNZ01 counts groups where there are some, else messages.
  const auto count =
      interchange_.groups_opened > 0 ? interchange_.groups_opened : interchange_.sets_received;
  if (segment.at(1) != std::to_string(count)) {
    interchange_.verdict.report(kGroupCount, 'E');
    interchange_.warnings.add("group_count");
  }
  close_interchange(file_, interchange_);
  return Step::kOutside;
}

bool EdifactReader::cut_off(std::string_view rest, sdk::Sink& sink) {
  std::string where = "interchange " + to_utf8(interchange_.control) + " of " +
                      to_utf8(interchange_.sender) + " ends early";
  bool go_on = true;
  if (in_message_) {
    where += " inside message " + to_utf8(message_) + ' ' + to_utf8(reference_) +
             ": UNT and UNZ are missing";
    go_on = lose_message(rest, "the interchange ends before UNT", sink) != Step::kStop;
  } else {
    if (!trimmed(rest).empty()) {
      go_on =
          file_.intake.reject(rest, "the interchange ends inside a segment", &interchange_, sink);
    }
    where += ": UNZ is missing";
  }
  if (go_on && in_group_) go_on = end_group(nullptr, sink);
  interchange_.verdict.report(kPrematureEnd, interchange_.sets_accepted > 0 ? 'E' : 'R');
  interchange_.warnings.add("interchange_ends_early");
  file_.breaks(where + ", at byte " + std::to_string(file_.offset + rest.size()));
  if (go_on) close_interchange(file_, interchange_);
  scan_ = lead_ = 0;
  return go_on;
}

Json EdifactReader::state() const {
  Json out = Json::object();
  out.set("interchange", to_json(interchange_, true));
  if (in_group_) out.set("group", to_json(group_, true));
  return out;
}

void EdifactReader::restore(const Json& state) {
  interchange_ = interchange_of(state["interchange"]);
  in_group_ = !state["group"].is_null();
  if (in_group_) group_ = group_of(state["group"]);
  in_message_ = false;
  scan_ = lead_ = 0;
}

}  // namespace gantry::edi

#include "validate.hpp"

#include <map>
#include <memory>
#include <mutex>

#include "check_element.hpp"

namespace gantry::edi {
namespace {

constexpr int kUnrecognised = 1, kMissing = 3, kLoopOverMax = 4, kOverMax = 5, kNotInSet = 6,
              kOutOfSequence = 7, kElementErrors = 8;
constexpr int kElementMissing = 1, kConditionMissing = 2, kRepetition = 3;
constexpr std::size_t kShownMax = 40;
constexpr int kRoot = -1;  // As an index, plus one: 0.

/// A table with its tags packed and its loops linked; made once per set.
struct Compiled {
  struct Line {
    const Row* row;
    const SegmentRule* rule;
    Tag tag;
    int parent;  ///< The line that begins the enclosing loop, or kRoot.
  };
  std::vector<Line> lines;
  std::vector<std::vector<int>> members;  ///< Of loop i at i + 1; the root's at 0.

  explicit Compiled(const SetTable& table) : members(table.rows.size() + 1) {
    std::vector<int> open;  // Lines whose loops are open, outermost first.
    for (const Row& row : table.rows) {
      const int index = static_cast<int>(lines.size());
      const bool begins = !row.loop.empty();
      const auto inside = static_cast<std::size_t>(row.depth) - (begins ? 1u : 0u);
      open.resize(inside);
      const int parent = open.empty() ? kRoot : open.back();
      lines.push_back({&row, find_segment(row.tag), tag_of(row.tag), parent});
      members[static_cast<std::size_t>(parent) + 1].push_back(index);
      if (begins) open.push_back(index);
    }
  }
  const std::vector<int>& of(int loop) const { return members[static_cast<std::size_t>(loop) + 1]; }
  const Line& line(int index) const { return lines[static_cast<std::size_t>(index)]; }
};

const Compiled& compiled(const SetTable& table) {
  static std::mutex mutex;
  static std::map<std::string_view, std::unique_ptr<Compiled>> all;
  const std::lock_guard lock(mutex);
  auto& made = all[table.set];
  if (!made) made = std::make_unique<Compiled>(table);
  return *made;
}

class Walk {
 public:
  Walk(const Compiled& table, const Delimiters& delimiters, bool strict, Findings& out)
      : table_(table),
        delimiters_(delimiters),
        strict_(strict),
        out_(out),
        uses_(table.lines.size(), 0),
        last_(table.lines.size() + 1, kRoot) {}

  void segment(const Segment& segment, std::size_t position) {
    const int found = find(segment.tag, position);
    if (found == kRoot) {
      unexpected(segment, position);
      return;
    }
    count(found, segment, position);
    if (const SegmentRule* rule = table_.line(found).rule; rule != nullptr) {
      elements(*rule, segment, position);
    }
  }

  void end(std::size_t position) {
    while (loop_ != kRoot) leave(position);
    missing(kRoot, position);
  }

 private:
  int& last(int loop) { return last_[static_cast<std::size_t>(loop) + 1]; }
  std::uint32_t& uses(int line) { return uses_[static_cast<std::size_t>(line)]; }

  /// The member of `loop` with this tag: the next one in the table's order, else an earlier one.
  int member(int loop, Tag tag, bool& backwards) {
    int earlier = kRoot;
    for (const int index : table_.of(loop)) {
      if (table_.line(index).tag != tag) continue;
      if (index >= last(loop)) return index;
      earlier = index;
    }
    backwards = earlier != kRoot;
    return earlier;
  }

  /// Looks in the open loops from the inside out, leaving those that do not hold the segment.
  int find(Tag tag, std::size_t position) {
    for (int loop = loop_;; loop = table_.line(loop).parent) {
      bool backwards = false;
      if (const int index = member(loop, tag, backwards); index != kRoot) {
        while (loop_ != loop) leave(position);
        backwards_ = backwards;
        return index;
      }
      if (loop == kRoot) break;
    }
    return skipped_start(tag);
  }

  /// A segment whose loop was never begun, because the sender left its first segment out (LX).
  int skipped_start(Tag tag) {
    for (std::size_t i = 0; i < table_.lines.size(); ++i) {
      const auto& line = table_.lines[i];
      if (line.tag != tag || line.parent == kRoot) continue;
      if (table_.line(line.parent).parent != kRoot || loop_ != kRoot) continue;
      out_.warnings.add("loop_start_missing");
      loop_ = line.parent;
      backwards_ = false;
      reset(loop_);
      last(kRoot) = loop_;
      return static_cast<int>(i);
    }
    return kRoot;
  }

  void reset(int loop) {
    last(loop) = kRoot;
    for (const int index : table_.of(loop)) uses(index) = 0;
  }

  void leave(std::size_t position) {
    missing(loop_, position);
    loop_ = table_.line(loop_).parent;
  }

  void missing(int loop, std::size_t position) {
    for (const int index : table_.of(loop)) {
      const auto& line = table_.line(index);
      if (line.row->need == Need::kMandatory && uses(index) == 0) {
        report(line.row->tag, position, loop_id(loop), kMissing);
      }
    }
  }

  std::string_view loop_id(int loop) const {
    return loop == kRoot ? std::string_view{} : table_.line(loop).row->loop;
  }

  void count(int index, const Segment& segment, std::size_t position) {
    const auto& line = table_.line(index);
    if (backwards_) {
      if (strict_) {
        report(segment[0], position, loop_id(loop_), kOutOfSequence);
      } else {
        out_.warnings.add("segment_order");
      }
    } else {
      last(line.parent) = index;
    }
    const bool begins = !line.row->loop.empty();
    const auto max = begins ? line.row->loop_max : line.row->max;
    if (++uses(index) == max + 1) {
      report(segment[0], position, begins ? line.row->loop : loop_id(loop_),
             begins ? kLoopOverMax : kOverMax);
    }
    if (begins) {
      loop_ = index;
      reset(index);
    }
  }

  void unexpected(const Segment& segment, std::size_t position) {
    const std::string name = upper(segment[0]);
    for (const auto& line : table_.lines) {
      if (line.tag != segment.tag) continue;
      report(name, position, loop_id(loop_), kOutOfSequence);
      return;
    }
    report(name, position, loop_id(loop_),
           find_segment(name) != nullptr ? kNotInSet : kUnrecognised);
  }

  void elements(const SegmentRule& rule, const Segment& segment, std::size_t position) {
    SegmentError* error = nullptr;
    const auto add = [&](unsigned at, int code, std::string_view value) {
      if (error == nullptr) {
        error = report(segment[0], position, loop_id(loop_), kElementErrors);
      }
      if (error == nullptr) return;
      error->elements.push_back(
          {at, rule.elements[at - 1].number, code, std::string(cut(value, kShownMax))});
    };
    for (unsigned at = 1; at <= rule.elements.size(); ++at) {
      const ElementRule& element = rule.elements[at - 1];
      const std::string_view value = segment[at];
      if (value.empty()) {
        if (element.need == Need::kMandatory) add(at, kElementMissing, {});
        continue;
      }
      int code = check_element(element, value, strict_, out_.warnings);
      if (delimiters_.repetition != 0 && value.find(delimiters_.repetition) != value.npos) {
        // Kept whole: no element of these sets repeats, so the character is the partner's text.
        out_.warnings.add("repetition_in_single_element");
        code = strict_ ? kRepetition : code == 5 ? 0 : code;
      }
      if (code == 0) continue;
      const bool is_number =
          element.type == Type::kN0 || element.type == Type::kN2 || element.type == Type::kR;
      if (code == 6 && is_number) out_.unreadable_number = true;
      add(at, code, value);
    }
    conditions(rule, segment, add);
  }

  /// "R0103": at least one of the two; "P0102": both or none.
  template <class Add>
  void conditions(const SegmentRule& rule, const Segment& segment, const Add& add) {
    if (rule.syntax.size() != 5) return;
    const auto number = [&](std::size_t at) {
      return static_cast<unsigned>((rule.syntax[at] - '0') * 10 + (rule.syntax[at + 1] - '0'));
    };
    const unsigned first = number(1);
    const unsigned second = number(3);
    const bool has_first = !segment[first].empty();
    const bool has_second = !segment[second].empty();
    if (rule.syntax[0] == 'R' && !has_first && !has_second) add(first, kConditionMissing, {});
    if (rule.syntax[0] == 'P' && has_first != has_second) {
      add(has_first ? second : first, kConditionMissing, {});
    }
  }

  SegmentError* report(std::string_view tag, std::size_t position, std::string_view loop,
                       int code) {
    if (out_.errors.size() == Findings::kErrorsMax) return nullptr;
    return &out_.errors.emplace_back(
        SegmentError{std::string(cut(tag, 3)), position, loop, code, {}});
  }

  const Compiled& table_;
  const Delimiters& delimiters_;
  const bool strict_;
  Findings& out_;
  std::vector<std::uint32_t> uses_;
  std::vector<int> last_;  ///< The line last matched in each loop, for the order.
  int loop_ = kRoot;
  bool backwards_ = false;
};

}  // namespace

void validate(const SetTable& table, const std::vector<Segment>& segments,
              const Delimiters& delimiters, bool strict, Findings& findings) {
  Walk walk(compiled(table), delimiters, strict, findings);
  for (std::size_t i = 1; i + 1 < segments.size(); ++i) walk.segment(segments[i], i + 1);
  walk.end(segments.size());
}

}  // namespace gantry::edi

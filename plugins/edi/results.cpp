#include "results.hpp"

#include "text.hpp"

namespace gantry::edi {
namespace {

bool is_digits(std::string_view text) {
  for (const char c : text) {
    if (c < '0' || c > '9') return false;
  }
  return !text.empty() && text.size() <= 18;
}

/// Between two fields; DEL, because it needs no escape in a cursor's JSON and no partner sends it.
constexpr char kFieldEnd = '\x7f';

void field(std::string& out, std::string_view value) {
  out += kFieldEnd;
  for (const char c : value) out += c == kFieldEnd || c == '\n' || c == '\r' ? ' ' : c;
}
void field(std::string& out, std::uint64_t value) { field(out, std::to_string(value)); }

/// For a control number that is none: 19 digits (FNV-1a), where numbers have at most 18.
std::uint64_t stand_in(std::string_view control) {
  constexpr std::uint64_t kEighteen = 1'000'000'000'000'000'000;
  std::uint64_t hash = 0xcbf29ce484222325;
  for (const char c : control) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3;
  return kEighteen + hash % kEighteen;
}

std::string_view loop_named(std::string_view id) {
  // Loop ids live in the tables; a cursor only knows their text.
  static constexpr std::string_view kIds[] = {
      "0100", "0150", "0200", "0205", "0210", "0215", "0220", "0230", "0231", "0233",
      "0240", "0250", "0260", "0300", "0310", "0320", "0325", "0330", "0350", "0360",
      "0365", "0370", "0400", "0430", "0460", "HL",   "CLD",  "N1",   "AK2",  "AK3",
      "IK3",  "IK4",  "ENT",  "RMR",  "IT1",  "ADX",  "NM",   "OTI",  "TED",  "LM"};
  for (const auto known : kIds) {
    if (known == id) return known;
  }
  return {};
}

}  // namespace

std::string control_plus(std::string_view control, std::uint64_t step) {
  if (!is_digits(control)) return {};
  std::string next = std::to_string(number_in(control) + step);
  if (next.size() < control.size()) next.insert(0, control.size() - next.size(), '0');
  return next;
}

void SetResults::close_run() {
  if (run_ == 0) return;
  lines_ += '+';
  field(lines_, run_first_.set);
  field(lines_, run_first_.control);
  field(lines_, run_first_.implementation);
  field(lines_, run_);
  lines_ += '\n';
  run_ = 0;
}

void SetResults::add(const SetResult& result) {
  if (result.verdict == 'A') {
    if (run_ > 0 && run_first_.set == result.set &&
        run_first_.implementation == result.implementation &&
        control_plus(run_last_, 1) == result.control) {
      ++run_;
      run_last_ = result.control;
      return;
    }
    close_run();
    run_first_ = result;
    run_last_ = result.control;
    run_ = 1;
    return;
  }
  close_run();
  lines_ += '=';
  field(lines_, result.set);
  field(lines_, result.control);
  field(lines_, result.implementation);
  field(lines_, std::string_view(&result.verdict, 1));
  std::string codes;
  for (const int code : result.codes) codes += (codes.empty() ? "" : " ") + std::to_string(code);
  field(lines_, codes);
  lines_ += '\n';
  if (written_ + lines_.size() > kDetailMax) return;
  for (const SegmentError& error : result.errors) {
    lines_ += 'S';
    field(lines_, error.tag);
    field(lines_, error.position);
    field(lines_, error.loop);
    field(lines_, static_cast<std::uint64_t>(error.code));
    lines_ += '\n';
    for (const ElementError& element : error.elements) {
      lines_ += 'E';
      field(lines_, element.position);
      field(lines_, element.number);
      field(lines_, static_cast<std::uint64_t>(element.code));
      field(lines_, element.value);
      lines_ += '\n';
    }
  }
}

std::string SetResults::text() const {
  SetResults closed = *this;
  closed.close_run();
  return closed.lines_;
}

SetResults SetResults::of(std::string text, std::uint64_t written) {
  SetResults out;
  out.written_ = written;
  // The last run may go on: it is opened again.
  const auto last = text.size() < 2 ? 0 : text.rfind('\n', text.size() - 2);
  const auto begin = last == std::string::npos || text.size() < 2 ? 0 : last == 0 ? 0 : last + 1;
  if (text.substr(begin).starts_with('+')) {
    std::string_view line = std::string_view(text).substr(begin);
    take_until(line, kFieldEnd);
    out.run_first_.set = take_until(line, kFieldEnd);
    out.run_first_.control = take_until(line, kFieldEnd);
    out.run_first_.implementation = take_until(line, kFieldEnd);
    out.run_ = number_in(take_until(line, '\n'));
    out.run_last_ = control_plus(out.run_first_.control, out.run_ - 1);
    if (out.run_last_.empty()) out.run_last_ = out.run_first_.control;
    text.resize(begin);
  }
  out.lines_ = std::move(text);
  return out;
}

void SetResults::each(const std::function<void(const SetResult&)>& visit) const {
  const std::string all = text();
  std::string_view rest = all;
  SetResult open;
  bool is_open = false;
  const auto flush = [&] {
    if (is_open) visit(open);
    is_open = false;
  };
  while (!rest.empty()) {
    std::string_view line = take_until(rest, '\n');
    const char kind = line.empty() ? ' ' : line[0];
    take_until(line, kFieldEnd);
    if (kind == '+') {
      flush();
      SetResult one;
      one.set = take_until(line, kFieldEnd);
      const std::string_view first = take_until(line, kFieldEnd);
      one.implementation = take_until(line, kFieldEnd);
      const std::uint64_t count = number_in(line);
      for (std::uint64_t i = 0; i < count; ++i) {
        one.control = i == 0 ? std::string(first) : control_plus(first, i);
        visit(one);
      }
    } else if (kind == '=') {
      flush();
      open = {};
      is_open = true;
      open.set = take_until(line, kFieldEnd);
      open.control = take_until(line, kFieldEnd);
      open.implementation = take_until(line, kFieldEnd);
      const std::string_view verdict = take_until(line, kFieldEnd);
      open.verdict = verdict.empty() ? 'R' : verdict[0];
      while (!line.empty())
        open.codes.push_back(static_cast<int>(number_in(take_until(line, ' '))));
    } else if (kind == 'S' && is_open) {
      SegmentError error;
      error.tag = take_until(line, kFieldEnd);
      error.position = number_in(take_until(line, kFieldEnd));
      error.loop = loop_named(take_until(line, kFieldEnd));
      error.code = static_cast<int>(number_in(line));
      open.errors.push_back(std::move(error));
    } else if (kind == 'E' && is_open && !open.errors.empty()) {
      ElementError element;
      element.position = static_cast<unsigned>(number_in(take_until(line, kFieldEnd)));
      element.number = static_cast<std::uint16_t>(number_in(take_until(line, kFieldEnd)));
      element.code = static_cast<int>(number_in(take_until(line, kFieldEnd)));
      element.value = line;
      open.errors.back().elements.push_back(std::move(element));
    }
  }
  flush();
}

bool NumbersSeen::seen(std::string_view control) {
  const std::uint64_t value = is_digits(control) ? number_in(control) : stand_in(control);
  for (const auto& [low, high] : ranges_) {
    if (value >= low && value <= high) return true;
  }
  if (!ranges_.empty() && ranges_.back().second + 1 == value) {
    ranges_.back().second = value;
  } else if (ranges_.size() < kRangesMax) {
    ranges_.emplace_back(value, value);
  }
  return false;
}

std::string NumbersSeen::text() const {
  std::string out;
  for (const auto& [low, high] : ranges_) {
    if (!out.empty()) out += ' ';
    out += std::to_string(low) + '-' + std::to_string(high);
  }
  return out;
}

NumbersSeen NumbersSeen::of(std::string_view text) {
  NumbersSeen out;
  while (!text.empty()) {
    std::string_view range = take_until(text, ' ');
    const std::uint64_t low = number_in(take_until(range, '-'));
    out.ranges_.emplace_back(low, number_in(range));
  }
  return out;
}

}  // namespace gantry::edi

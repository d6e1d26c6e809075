#include "answers.hpp"

#include <algorithm>

#include "acknowledge.hpp"
#include "contrl.hpp"
#include "control_numbers.hpp"
#include "state.hpp"
#include "times.hpp"

namespace gantry::edi {
namespace {

constexpr int kDuplicate = 25;
constexpr std::size_t kBatch = 256;  // Interchanges whose numbers are stored in one go.

/// What is remembered of an interchange: which file and place it came in, and its answer's numbers.
struct Remembered {
  std::string file;
  std::uint64_t ordinal = 0;
  AckNumbers numbers;  ///< first 0: there was nothing to answer.

  std::string text() const {
    return file + ' ' + std::to_string(ordinal) + ' ' + std::to_string(numbers.first) + ' ' +
           numbers.date + ' ' + numbers.time;
  }
};

Remembered remembered_of(std::string_view text) {
  std::string_view parts[5];
  for (auto& part : parts) part = take_until(text, ' ');
  Remembered out;
  out.file = parts[0];
  out.ordinal = number_in(parts[1]);
  out.numbers.first = number_in(parts[2]);
  out.numbers.date = parts[3];
  out.numbers.time = parts[4];
  return out;
}

class Answers {
 public:
  Answers(FileContext& file, sdk::Outbox& outbox) : file_(file), outbox_(outbox) {
    const std::string now = rfc3339(file.host.now_ns());
    date_ = now.substr(0, 4) + now.substr(5, 2) + now.substr(8, 2);
    time_ = now.substr(11, 2) + now.substr(14, 2);
  }

  void add(Interchange interchange) {
    const std::string identity = identity_of(file_.host, interchange);
    std::string id = sub_identity(identity, interchange.content);
    auto known = file_.interchanges.get(id);
    if (known && !is_here(remembered_of(*known), interchange)) {
      mark_duplicate(interchange);
      id = sub_identity(id, file_.file + std::to_string(interchange.ordinal));
      known = file_.interchanges.get(id);
    } else {
      note_reuse(identity, interchange);
    }
    // Known from here on, so that a second one in this file is seen; stored with its numbers.
    if (!known) {
      file_.interchanges.put(id, Remembered{file_.file, interchange.ordinal, {}}.text());
    }
    waiting_.push_back({std::move(interchange), std::move(id), {}});
    if (known) waiting_.back().remembered = remembered_of(*known);
    if (waiting_.size() == kBatch) write();
  }

  void write() {
    std::uint64_t needed = 0;
    for (const Waiting& one : waiting_) needed += missing(one);
    std::uint64_t next = needed == 0 ? 0 : take_control_numbers(file_.host, needed);
    for (Waiting& one : waiting_) {
      const std::uint64_t count = missing(one);
      if (one.remembered.file.empty()) {
        one.remembered.file = file_.file;
        one.remembered.ordinal = one.interchange.ordinal;
      }
      if (count > 0) {
        one.remembered.numbers = {next, date_, time_};
        next += count;
      }
      file_.interchanges.put(one.id, one.remembered.text());
    }
    file_.interchanges.flush();
    for (Waiting& one : waiting_) {
      if (!needs_answer(one.interchange)) continue;
      for (Group& group : one.interchange.groups) {
        group.results = SetResults::of(file_.journal.range(group.results_from, group.results_to));
      }
      const Acknowledgement made = answer(one.interchange, one.remembered.numbers);
      outbox_.put(made.name, made.content);
      one.interchange.groups.clear();
    }
    waiting_.clear();
  }

 private:
  struct Waiting {
    Interchange interchange;
    std::string id;
    Remembered remembered;
  };

  std::string sub_identity(std::string_view identity, std::string_view what) const {
    const auto digest = file_.host.digest(sdk::Hash::kSha256, {identity, "|", what});
    return sdk::to_hex(digest.view().substr(0, 8));
  }

  bool is_here(const Remembered& remembered, const Interchange& interchange) const {
    return remembered.file == file_.file && remembered.ordinal == interchange.ordinal;
  }

  void mark_duplicate(Interchange& interchange) const {
    // TA1 alone speaks of it: its groups were answered when it first came.
    interchange.verdict.report(kDuplicate, 'R');
    interchange.refused = true;
    file_.host.log(sdk::LogLevel::kWarn, "edi_duplicate_interchange",
                   {{"sender", interchange.sender}, {"interchange", interchange.control}});
  }

  void note_reuse(const std::string& identity, const Interchange& interchange) {
    const std::string now = interchange.content + ' ' + file_.file;
    const auto before = file_.interchanges.get(identity);
    if (before && !before->starts_with(interchange.content)) {
      file_.host.log(sdk::LogLevel::kWarn, "edi_interchange_number_reused",
                     {{"sender", interchange.sender}, {"interchange", interchange.control}});
    }
    if (before != now) file_.interchanges.put(identity, now);
  }

  bool needs_answer(const Interchange& interchange) const {
    return interchange.standard == Standard::kX12
               ? needs_acknowledgement(interchange, file_.settings)
               : needs_contrl(interchange, file_.settings);
  }

  std::uint64_t missing(const Waiting& one) const {
    if (one.remembered.numbers.first != 0 || !needs_answer(one.interchange)) return 0;
    return one.interchange.standard == Standard::kX12
               ? control_numbers_needed(one.interchange, file_.settings)
               : 1;
  }

  Acknowledgement answer(const Interchange& interchange, const AckNumbers& numbers) const {
    return interchange.standard == Standard::kX12
               ? write_acknowledgement(interchange, file_.settings, numbers)
               : write_contrl(interchange, numbers);
  }

  FileContext& file_;
  sdk::Outbox& outbox_;
  std::string date_, time_;
  std::vector<Waiting> waiting_;
};

/// What waited in the key-value store stays until eight later files have ended: a host that died
/// between the answers and its own note of them takes the file up at its last checkpoint again.
void retire(const FileContext& file) {
  constexpr std::string_view kKey = "answered";
  constexpr std::size_t kKept = 8;
  constexpr int kAttemptsMax = 100;
  if (file.pending.pieces() + file.journal.pieces() == 0) return;
  const std::string line = file.file + ' ' + std::to_string(file.pending.pieces()) + ' ' +
                           std::to_string(file.journal.pieces());
  for (int attempt = 0; attempt < kAttemptsMax; ++attempt) {
    auto [text, revision] = file.host.kv_get(kKey);
    std::vector<std::string> files;
    for (std::string_view rest = text; !rest.empty();) {
      const std::string_view one = take_until(rest, '\n');
      if (!one.starts_with(file.file)) files.emplace_back(one);
    }
    files.push_back(line);
    const std::size_t old = files.size() - std::min(files.size(), kKept);
    std::string kept;
    for (std::size_t i = old; i < files.size(); ++i) kept += files[i] + '\n';
    if (!file.host.kv_put(kKey, kept, revision)) continue;
    for (std::size_t i = 0; i < old; ++i) {
      std::string_view rest = files[i];
      const std::string_view name = take_until(rest, ' ');
      for (const char* prefix : {"pending", "results"}) {
        Spool spool(file.host, prefix, name);
        spool.restore(number_in(take_until(rest, ' ')), {});
        spool.clear();
      }
    }
    return;
  }
  throw sdk::Failure(sdk::Status::kTransient, "the list of answered files keeps changing");
}

}  // namespace

void write_answers(FileContext& file, sdk::Outbox& outbox) {
  Answers answers(file, outbox);
  std::vector<Group> groups;
  file.pending.each([&](std::string_view line) {
    const sdk::Json json = sdk::Json::parse(line.substr(1));
    if (line.front() == kGroupLine) {
      groups.push_back(group_of(json));
      return;
    }
    Interchange interchange = interchange_of(json);
    interchange.groups = std::exchange(groups, {});
    answers.add(std::move(interchange));
  });
  answers.write();
  retire(file);
}

}  // namespace gantry::edi

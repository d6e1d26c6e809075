#include <nlohmann/json.hpp>
#include <thread>

#include "host/base/encoding.hpp"
#include "host/cli/admin_client.hpp"
#include "host/cli/command.hpp"
#include "host/cli/progress.hpp"
#include "host/cli/table.hpp"

namespace gantry::cli {
namespace {

constexpr std::chrono::milliseconds kAskAgain{200};
constexpr std::size_t kReasonColumns = 100;

std::string path_of(const std::string& id) { return "/dlq/" + percent_encoded(id); }

std::string text(const Json& object, const char* key) { return text_at(object, key).value_or(""); }

std::string age(const Json& object, const char* key) {
  const auto found = object.find(key);
  return found != object.end() && found->is_number_integer()
             ? short_time(found->get<std::int64_t>())
             : "-";
}

/// The first line's worth of a reason.
std::string shortened(std::string words) {
  if (words.size() <= kReasonColumns) return words;
  std::size_t end = kReasonColumns;
  while (end > 0 && (static_cast<unsigned char>(words[end]) & 0xC0u) == 0x80u) --end;
  return words.substr(0, end) + "…";
}

/// Which letters are meant; what list and retry have in common.
struct Filter {
  std::string source;
  std::string kind;
  int limit = 100;

  void declare(Arguments& arguments) {
    arguments.option("--source", source, "ID", "Only of this source.");
    arguments.option("--kind", kind, "KIND", "Only of this kind: record, delivery, part, undo.");
    arguments.option("--limit", limit, 1, 1'000, "How many at most.");
  }
  std::string path() const {
    return with_query("/dlq",
                      {{"limit", std::to_string(limit)}, {"source", source}, {"kind", kind}});
  }
};

class DlqList : public Command {
 public:
  void declare(Arguments& arguments) override { filter_.declare(arguments); }

  int run(Context& context) override {
    const auto url = context.admin_url();
    if (!url) return 1;
    const Result<Json> answer = AdminClient(*url).get(filter_.path());
    if (!answer) return context.fail(answer.error());
    if (context.options.json) return context.print(*answer);
    const Json letters = answer->value("letters", Json::array());
    if (letters.empty()) {
      context.err() << "no dead letters\n";
      return 0;
    }
    std::vector<std::vector<std::string>> rows = {
        {"ID", "KIND", "SOURCE", "SUBJECT", "PRIORITY", "ATTEMPTS", "AGE", "REASON"}};
    for (const Json& letter : letters) {
      rows.push_back({text(letter, "id"), text(letter, "kind"), text(letter, "source"),
                      text(letter, "subject"), text(letter, "priority"), text(letter, "attempts"),
                      age(letter, "age_s"), shortened(text(letter, "reason"))});
    }
    print_table(context.out(), rows);
    context.err() << letters.size() << " of " << text(*answer, "total") << " dead letters\n";
    return 0;
  }

 private:
  Filter filter_;
};

class DlqStats : public Command {
 public:
  int run(Context& context) override {
    const auto url = context.admin_url();
    if (!url) return 1;
    Result<Json> answer = AdminClient(*url).get("/dlq?limit=0");
    if (!answer) return context.fail(answer.error());
    answer->erase("letters");
    if (context.options.json) return context.print(*answer);
    std::vector<std::vector<std::string>> rows = {{"SOURCE", "KIND", "COUNT", "OLDEST"}};
    for (const Json& one : answer->value("counts", Json::array())) {
      rows.push_back(
          {text(one, "source"), text(one, "kind"), text(one, "count"), age(one, "oldest_age_s")});
    }
    rows.push_back({"all", "", text(*answer, "total"), ""});
    print_table(context.out(), rows);
    return 0;
  }
};

class DlqShow : public Command {
 public:
  void declare(Arguments& arguments) override {
    arguments.positional("ID", id_, "Of the dead letter.", true);
    arguments.flag("--payload", payload_,
                   "Print the bytes that were given up on, and nothing else.");
  }

  int run(Context& context) override {
    const auto url = context.admin_url();
    if (!url) return 1;
    const Result<Json> letter =
        AdminClient(*url).get(path_of(id_) + (payload_ ? "?payload=1" : ""));
    if (!letter) return context.fail(letter.error());
    if (context.options.json) return context.print(*letter);
    if (payload_) {
      const auto bytes = from_base64(text(*letter, "payload"));
      if (!bytes) return context.fail(bytes.error());
      context.out() << *bytes;
      return 0;
    }
    print(context, *letter);
    return 0;
  }

 private:
  static void print(Context& context, const Json& letter) {
    std::vector<std::vector<std::string>> rows;
    for (const char* name : {"id", "kind", "source", "subject", "priority", "attempts", "first_at",
                             "last_at", "payload_bytes"}) {
      rows.push_back({name, text(letter, name)});
    }
    add_reason(rows, "reason", letter);
    for (const Json& one : letter.value("earlier", Json::array())) {
      add_reason(rows, "before, " + text(one, "at"), one);
    }
    print_table(context.out(), rows);
  }

  /// Upstream words come from outside and may say anything: quoted, and marked.
  static void add_reason(std::vector<std::vector<std::string>>& rows, std::string name,
                         const Json& from) {
    rows.push_back({std::move(name), text(from, "reason")});
    const std::string upstream = text(from, "upstream");
    if (!upstream.empty()) rows.push_back({"  upstream (untrusted)", '"' + upstream + '"'});
  }

  std::string id_;
  bool payload_ = false;
};

class DlqResolve : public Command {
 public:
  void declare(Arguments& arguments) override {
    arguments.positional("ID", id_, "Of the dead letter.", true);
    arguments.option("--note", note_, "TEXT", "Why; kept in the host's log.");
  }

  int run(Context& context) override {
    const auto url = context.admin_url();
    if (!url) return 1;
    const Result<Json> answer = AdminClient(*url).post(
        path_of(id_) + "/resolve", "application/json", dump_json({{"note", note_}}));
    if (!answer) return context.fail(answer.error());
    if (context.options.json) return context.print(*answer);
    context.err() << escape_control(id_) << ": resolved\n";
    return 0;
  }

 private:
  std::string id_;
  std::string note_;
};

class DlqRetry : public Command {
 public:
  void declare(Arguments& arguments) override {
    arguments.positionals("ID", ids_, "Of the dead letters.", false);
    arguments.flag("--all", all_, "Every letter that --source, --kind and --limit leave.");
    filter_.declare(arguments);
    arguments.flag("--no-wait", no_wait_, "Start only; do not wait for the end.");
    arguments.option("--timeout", timeout_s_, 1, 86'400, "Seconds to wait for each.");
  }

  int run(Context& context) override {
    if (all_ == !ids_.empty()) {
      context.terminal.fail("want the ids of dead letters, or --all");
      return 2;
    }
    const auto url = context.admin_url();
    if (!url) return 1;
    const AdminClient admin(*url);
    if (all_) {
      const Result<Json> answer = admin.get(filter_.path());
      if (!answer) return context.fail(answer.error());
      for (const Json& letter : answer->value("letters", Json::array())) {
        ids_.push_back(text(letter, "id"));
      }
    }
    Json report = Json::array();
    {
      Progress progress(context.terminal, "trying again", ids_.size());
      for (const std::string& id : ids_) {
        report.push_back(retry(admin, id));
        progress.advance(report.size());
      }
    }
    int code = 0;
    for (const Json& row : report) {
      const std::string state = text(row, "state");
      if (state != "resolved" && state != "started") code = 1;
      if (!context.options.json) tell(context, row);
    }
    return context.options.json ? context.print({{"letters", report}}, code) : code;
  }

 private:
  static void tell(Context& context, const Json& row) {
    std::string line = text(row, "id") + ": " + text(row, "state");
    if (const std::string reason = text(row, "reason"); !reason.empty()) line += ": " + reason;
    context.err() << escape_control(line) << '\n';
  }

  /// state: "started", "resolved", "failed again", "waiting" (the time is up), "refused".
  Json retry(const AdminClient& admin, const std::string& id) const {
    Json row{{"id", id}};
    const Result<Json> told = admin.post(path_of(id) + "/retry", "application/json", "");
    if (!told) {
      row["state"] = "refused";
      row["reason"] = told.error().message();
      return row;
    }
    if (const std::string workflow = text(*told, "workflow"); !workflow.empty()) {
      row["workflow"] = workflow;
    }
    if (told->value("resolved", false)) {
      row["state"] = "resolved";
    } else if (no_wait_) {
      row["state"] = "started";
    } else {
      wait(admin, id, told->value("attempts", std::int64_t{0}), row);
    }
    return row;
  }

  /// A letter that is gone was answered; one with more attempts has failed again.
  void wait(const AdminClient& admin, const std::string& id, std::int64_t attempts,
            Json& row) const {
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(timeout_s_);
    for (;;) {
      const Result<Json> now = admin.get(path_of(id));
      if (!now && now.error().kind == ErrorKind::kNotFound) {
        row["state"] = "resolved";
        return;
      }
      if (now && now->value("attempts", std::int64_t{0}) > attempts) {
        row["state"] = "failed again";
        row["reason"] = text(*now, "reason");
        return;
      }
      if (std::chrono::steady_clock::now() >= deadline) {
        row["state"] = "waiting";
        row["reason"] = now ? "not done after " + std::to_string(timeout_s_) +
                                  " s; gantry status " + text(*now, "subject") + " says for what"
                            : now.error().message();
        return;
      }
      std::this_thread::sleep_for(kAskAgain);
    }
  }

  std::vector<std::string> ids_;
  Filter filter_;
  bool all_ = false;
  bool no_wait_ = false;
  int timeout_s_ = 60;
};

}  // namespace

std::unique_ptr<Command> make_dlq_list() { return std::make_unique<DlqList>(); }
std::unique_ptr<Command> make_dlq_show() { return std::make_unique<DlqShow>(); }
std::unique_ptr<Command> make_dlq_retry() { return std::make_unique<DlqRetry>(); }
std::unique_ptr<Command> make_dlq_resolve() { return std::make_unique<DlqResolve>(); }
std::unique_ptr<Command> make_dlq_stats() { return std::make_unique<DlqStats>(); }

}  // namespace gantry::cli

#include "host/cli/status_view.hpp"

#include <nlohmann/json.hpp>
#include <optional>
#include <thread>
#include <vector>

#include "host/base/encoding.hpp"
#include "host/base/time.hpp"
#include "host/cli/table.hpp"

namespace gantry::cli {
namespace {

constexpr std::chrono::milliseconds kAskAgain{200};

std::string since(Instant first, Instant at) {
  const auto ms = std::chrono::duration_cast<std::chrono::milliseconds>(at - first).count();
  return (ms < 0 ? "" : "+") + std::to_string(ms) + " ms";
}

/// Adds the steps of one object; `first` is the earliest time seen so far.
void add_steps(const Json& status, const std::string& indent, std::optional<Instant>& first,
               std::vector<std::vector<std::string>>& rows) {
  for (const Json& step : status.value("steps", Json::array())) {
    const std::string at = text_at(step, "at").value_or("");
    const Result<Instant> instant = parse_rfc3339(at);
    std::string delta = "-";
    if (instant) {
      if (!first) first = *instant;
      delta = since(*first, *instant);
    }
    rows.push_back({indent + text_at(step, "name").value_or("?"), at.empty() ? "-" : at, delta,
                    text_at(step, "detail").value_or("")});
  }
}

std::string headline(const Json& status) {
  std::string line = text_at(status, "id").value_or("?") + "  " +
                     text_at(status, "kind").value_or("?") + "  " +
                     text_at(status, "state").value_or("?");
  const auto workflow = status.find("workflow");
  if (workflow != status.end() && workflow->is_object()) {
    line += "  " + text_at(*workflow, "id").value_or("") + ' ' +
            text_at(*workflow, "status").value_or("");
  }
  return escape_control(line);
}

/// What brought a document, and what each store holds of it.
void print_origin(std::ostream& out, const Json& status) {
  if (const auto by = text_at(status, "brought_by")) {
    out << "  brought by " << escape_control(*by) << '\n';
  }
  for (const Json& store : status.value("stores", Json::array())) {
    std::string line = text_at(store, "name").value_or("?") + ": ";
    if (const auto error = text_at(store, "error")) {
      line += "not known, " + *error;
    } else if (!store.value("present", false)) {
      line += "none";
    } else {
      line += "version " + text_at(store, "version").value_or("?");
      if (const auto state = text_at(store, "state")) line += ", " + *state;
    }
    out << "  in " << escape_control(line) << '\n';
  }
}

}  // namespace

Result<Json> read_status(const AdminClient& admin, const std::string& id) {
  return admin.get("/status/" + percent_encoded(id));
}

Result<Json> wait_status(const AdminClient& admin, const std::string& id,
                         std::chrono::milliseconds timeout) {
  const auto deadline = std::chrono::steady_clock::now() + timeout;
  for (;;) {
    Result<Json> status = read_status(admin, id);
    if (status && status->value("done", false)) return status;
    if (!status && status.error().kind != ErrorKind::kNotFound) return status;
    if (std::chrono::steady_clock::now() >= deadline) {
      return Error{ErrorKind::kTimeout,
                   id + " is not done after " + std::to_string(timeout.count() / 1000) +
                       " s; it stands at " +
                       (status ? text_at(*status, "state").value_or("?") : std::string("unknown")) +
                       "; ask again with `gantry status`"};
    }
    std::this_thread::sleep_for(kAskAgain);
  }
}

bool ended_well(const Json& status) {
  const std::string state = text_at(status, "state").value_or("");
  return status.value("done", false) && state != "failed" && state != "dead_letter";
}

void print_status(Terminal& terminal, const Json& status) {
  std::ostream& out = terminal.out();
  out << headline(status) << '\n';
  std::optional<Instant> first;
  std::vector<std::vector<std::string>> rows;
  add_steps(status, "  ", first, rows);
  print_table(out, rows);
  print_origin(out, status);
  const auto error = status.find("error");
  if (error != status.end() && error->is_object()) {
    out << "  error: " << escape_control(text_at(*error, "what").value_or("")) << '\n';
  }
  for (const Json& document : status.value("documents", Json::array())) {
    out << headline(document) << '\n';
    rows.clear();
    add_steps(document, "  ", first, rows);
    print_table(out, rows);
  }
}

}  // namespace gantry::cli

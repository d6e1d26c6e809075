#include <nlohmann/json.hpp>

#include "host/cli/admin_client.hpp"
#include "host/cli/command.hpp"
#include "host/cli/table.hpp"

namespace gantry::cli {
namespace {

std::string cell(const Json& workflow, const char* key) {
  const std::string text = text_at(workflow, key).value_or("");
  return text.empty() ? "-" : text;
}

class Workflows : public Command {
 public:
  void declare(Arguments& arguments) override {
    arguments.option("--source", source_, "ID", "Only of this source.");
    arguments.option("--status", status_, "WORD",
                     "Only with this Status: pending, waiting, completed, failed, paused, …");
    arguments.option("--state", state_, "WORD",
                     "Only in this state of Temporal: running, completed, failed, …");
    arguments.option("--priority", priority_, "WORD", "Only with this Priority.");
    arguments.option("--document", document_, "ID", "Only about this document.");
    arguments.option("--type", type_, "NAME", "Only of this type: DocumentIngestionWorkflow, …");
    arguments.option("--query", query_, "FILTER", "And this list filter of Temporal.");
    arguments.option("--limit", limit_, 1, 1'000, "How many at most.");
  }

  int run(Context& context) override {
    const auto url = context.admin_url();
    if (!url) return 1;
    const std::string path = with_query("/workflows", {{"limit", std::to_string(limit_)},
                                                       {"source", source_},
                                                       {"status", status_},
                                                       {"state", state_},
                                                       {"priority", priority_},
                                                       {"document", document_},
                                                       {"type", type_},
                                                       {"query", query_}});
    const Result<Json> answer = AdminClient(*url).get(path);
    if (!answer) return context.fail(answer.error());
    if (context.options.json) return context.print(*answer);

    const Json found = answer->value("workflows", Json::array());
    if (found.empty()) {
      context.err() << "no workflow is like that\n";
      return 0;
    }
    std::vector<std::vector<std::string>> rows = {
        {"WORKFLOW", "TYPE", "STATE", "STATUS", "SOURCE", "PRIORITY", "STARTED", "CLOSED"}};
    for (const Json& one : found) {
      rows.push_back({cell(one, "id"), cell(one, "type"), cell(one, "state"), cell(one, "status"),
                      cell(one, "source"), cell(one, "priority"), to_second(cell(one, "started")),
                      to_second(cell(one, "closed"))});
    }
    print_table(context.out(), rows);
    const auto total = answer->value("total", std::size_t{0});
    if (total > found.size()) {
      context.err() << "the newest " << found.size() << " of " << total << "; --limit shows more\n";
    }
    return 0;
  }

 private:
  std::string source_;
  std::string status_;
  std::string state_;
  std::string priority_;
  std::string document_;
  std::string type_;
  std::string query_;
  int limit_ = 20;
};

}  // namespace

std::unique_ptr<Command> make_workflows() { return std::make_unique<Workflows>(); }

}  // namespace gantry::cli

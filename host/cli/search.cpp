#include <cstdio>
#include <nlohmann/json.hpp>

#include "host/base/encoding.hpp"
#include "host/cli/admin_client.hpp"
#include "host/cli/command.hpp"

namespace gantry::cli {
namespace {

class Search : public Command {
 public:
  void declare(Arguments& arguments) override {
    arguments.positional("QUERY", query_, "Words to look for.", true);
    arguments.option("--limit", limit_, 1, 100, "How many at most.");
    arguments.option("--source", source_, "ID", "Only of this source.");
    arguments.option("--kind", kind_, "KIND", "Only of this kind: message, file, …");
    arguments.option("--from", from_, "TIME", "Only what occurred then or later: a day or a time.");
    arguments.option("--to", to_, "TIME", "Only what occurred by that day, or before that time.");
    arguments.option("--entity", entity_, "KIND:VALUE", "Only what names this: load:4711.");
  }

  int run(Context& context) override {
    const auto url = context.admin_url();
    if (!url) return 1;
    const std::string path = with_query("/search", {{"q", query_},
                                                    {"limit", std::to_string(limit_)},
                                                    {"source", source_},
                                                    {"kind", kind_},
                                                    {"from", from_},
                                                    {"to", to_},
                                                    {"entity", entity_}});
    const Result<Json> answer = AdminClient(*url).get(path);
    if (!answer) return context.fail(answer.error());
    if (context.options.json) return context.print(*answer);

    const Json hits = answer->value("hits", Json::array());
    int number = 0;
    for (const Json& hit : hits) {
      char head[48];
      std::snprintf(head, sizeof head, "%2d. %.3f  ", ++number, hit.value("score", 0.0));
      context.out() << head << escape_control(text_at(hit, "id").value_or("")) << "  "
                    << escape_control(text_at(hit, "title").value_or("")) << '\n';
      const std::string snippet = text_at(hit, "snippet").value_or("");
      if (!snippet.empty()) context.out() << "    " << escape_control(snippet) << '\n';
      std::string why;
      for (const Json& leg : hit.value("why", Json::array())) {
        if (leg.is_string()) why += (why.empty() ? "" : ", ") + leg.get<std::string>();
      }
      if (!why.empty()) context.out() << "    found by " << escape_control(why) << '\n';
    }
    if (hits.empty()) context.err() << "nothing found\n";
    return 0;
  }

 private:
  std::string query_;
  int limit_ = 10;
  std::string source_;
  std::string kind_;
  std::string from_;
  std::string to_;
  std::string entity_;
};

}  // namespace

std::unique_ptr<Command> make_search() { return std::make_unique<Search>(); }

}  // namespace gantry::cli

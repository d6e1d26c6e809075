#include <nlohmann/json.hpp>
#include <optional>

#include "host/base/encoding.hpp"
#include "host/cli/command.hpp"
#include "host/cli/progress.hpp"
#include "host/cli/table.hpp"

namespace gantry::cli {
namespace {

std::string documents(std::size_t count) {
  return std::to_string(count) + (count == 1 ? " document" : " documents");
}

class Reembed : public Command {
 public:
  void declare(Arguments& arguments) override {
    arguments.flag("--drop-refused", drop_refused_,
                   "Take the vectors of documents away that the model refuses.");
  }

  int run(Context& context) override {
    if (!context.hooks.reembed) return context.terminal.fail("this build cannot embed");
    const auto config = context.load();
    if (!config) return 1;
    std::optional<Progress> bar;
    const auto done =
        context.hooks.reembed(*config, {drop_refused_, [&](std::size_t at, std::size_t total) {
                                          if (!bar)
                                            bar.emplace(context.terminal, "embedding", total);
                                          bar->advance(at);
                                        }});
    bar.reset();
    if (!done) {
      return context.terminal.fail(done.error().message() +
                                   "; what is done is done, gantry reembed goes on from there");
    }
    return report(context, *done);
  }

 private:
  int report(Context& context, const ReembedReport& done) const {
    const int code = done.refused.empty() || drop_refused_ ? 0 : 1;
    if (context.options.json) {
      Json refused = Json::array();
      for (const auto& one : done.refused) {
        refused.push_back({{"document", one.document_id}, {"reason", one.reason}});
      }
      return context.print({{"store", done.store},
                            {"model", done.model},
                            {"embedded", done.embedded},
                            {"dropped", done.dropped},
                            {"refused", std::move(refused)}},
                           code);
    }
    if (!done.refused.empty()) {
      std::vector<std::vector<std::string>> rows = {{"REFUSED", "REASON"}};
      for (const auto& one : done.refused) rows.push_back({one.document_id, one.reason});
      print_table(context.out(), rows);
    }
    context.err() << documents(done.embedded) << " embedded by " << escape_control(done.model)
                  << " in " << done.store;
    if (done.dropped > 0)
      context.err() << ", " << documents(done.dropped) << " without vectors now";
    context.err() << '\n';
    if (code != 0) {
      return context.terminal.fail(documents(done.refused.size()) +
                                   " still have vectors of another model: mend the model, or run "
                                   "gantry reembed --drop-refused");
    }
    return 0;
  }

  bool drop_refused_ = false;
};

}  // namespace

std::unique_ptr<Command> make_reembed() { return std::make_unique<Reembed>(); }

}  // namespace gantry::cli

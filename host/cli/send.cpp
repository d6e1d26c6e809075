#include <algorithm>
#include <fstream>
#include <map>
#include <nlohmann/json.hpp>
#include <sstream>

#include "host/base/clock.hpp"
#include "host/base/digest.hpp"
#include "host/base/encoding.hpp"
#include "host/cli/admin_client.hpp"
#include "host/cli/command.hpp"
#include "host/cli/progress.hpp"
#include "host/cli/sample.hpp"

namespace gantry::cli {
namespace {

struct Tally {
  std::map<long, int> answers;
  int duplicates = 0;
  std::vector<std::string> deliveries;
  HttpAnswer last;
};

class Send : public Command {
 public:
  void declare(Arguments& arguments) override {
    arguments.positional("SOURCE", source_, "A configured source.", true);
    arguments.positional("FILE", file_, "The sample: the body as the vendor would send it.", true);
    arguments.option("--url", url_, "URL",
                     "Post here instead of to ingress.listen of the configuration.");
    arguments.option("--count", count_, 1, 1'000'000, "Send it so many times.");
    arguments.flag("--unique", unique_,
                   "Make each a delivery of its own: a fresh suffix on every id in the JSON.");
    arguments.flag("--tamper", tamper_,
                   "Change the body after it was signed; done if the host answers 401.");
  }

  int run(Context& context) override {
    auto config = context.load();
    if (!config) return 1;
    const std::shared_ptr<const plugins::Source> source = find(context, *config);
    if (source == nullptr) return 1;
    std::ifstream in(file_, std::ios::binary);
    std::ostringstream sample;
    if (!in || !(sample << in.rdbuf())) {
      return context.terminal.fail(file_ + " cannot be read, or is empty");
    }
    if (url_.empty()) {
      std::string address = config->host.ingress.listen;
      if (address.starts_with("0.0.0.0:")) address.replace(0, 7, "127.0.0.1");
      if (address.starts_with("[::]:")) address.replace(0, 4, "[::1]");
      url_ = "http://" + address + "/webhooks/" + source_;
    }
    // Some vendors sign the URL: then it must be the one that the host takes for its own.
    const std::string& own = config->host.ingress.public_url;
    signed_url_ = own.empty() ? url_ : own + "/webhooks/" + source_;
    Tally tally;
    {
      Progress progress(context.terminal, "sending", static_cast<std::uint64_t>(count_));
      for (int i = 0; i < count_; ++i) {
        const Result<void> sent = send_one(*source, sample.str(), tally);
        if (!sent) return context.fail(sent.error());
        progress.advance(static_cast<std::uint64_t>(i) + 1);
      }
    }
    return report(context, tally);
  }

 private:
  std::shared_ptr<const plugins::Source> find(Context& context, config::Config& config) const {
    std::erase_if(config.sources, [&](const auto& source) { return source.id != source_; });
    if (config.sources.empty()) {
      context.terminal.fail("no source is called " + source_ +
                            "; `gantry sources --offline` lists them");
      return nullptr;
    }
    config.sources[0].enabled = true;
    if (!context.hooks.load_sources) {
      context.terminal.fail("this build cannot load plugins");
      return nullptr;
    }
    const auto loaded = context.hooks.load_sources(config);
    if (loaded.empty() || loaded[0].source == nullptr) {
      context.terminal.fail("source " + source_ + " was refused");
      for (const auto& one : loaded) {
        for (const std::string& problem : one.problems) context.err() << "  " << problem << '\n';
      }
      return nullptr;
    }
    return loaded[0].source;
  }

  Result<void> send_one(const plugins::Source& source, const std::string& sample,
                        Tally& tally) const {
    InboundRequest request;
    request.method = "POST";
    request.target = "/webhooks/" + source_;
    request.url = signed_url_;
    request.headers = {{"Content-Type", "application/json"}};
    request.received_at = system_clock().now();
    request.body = sample;
    if (unique_) {
      const auto body = with_unique_ids(sample, '_' + to_hex(random_bytes(6)));
      if (!body) return body.error();
      request.body = *body;
    }
    const auto signature = source.sign(request);
    if (!signature) return Error(signature.error());
    request.headers.insert(request.headers.end(), signature->begin(), signature->end());
    if (tamper_) request.body += ' ';  // Still the same JSON: only the signature can tell.

    Result<HttpAnswer> answer = http_exchange("POST", url_, request.headers, request.body);
    if (!answer) {
      Error error = answer.error();
      error.what += "; is `gantry run` up, and is this its door?";
      return error;
    }
    ++tally.answers[answer->status];
    if (const auto json = parse_json(answer->body); json && json->is_object()) {
      if (const auto id = text_at(*json, "delivery")) tally.deliveries.push_back(*id);
      if (json->value("duplicate", false)) ++tally.duplicates;
    }
    tally.last = std::move(*answer);
    return {};
  }

  int report(Context& context, const Tally& tally) const {
    const bool good = std::all_of(tally.answers.begin(), tally.answers.end(), [&](auto& answer) {
      return tamper_ ? answer.first == 401 : answer.first >= 200 && answer.first < 300;
    });
    if (context.options.json) {
      Json answers = Json::object();
      for (const auto& [status, times] : tally.answers) answers[std::to_string(status)] = times;
      return context.print({{"url", url_},
                            {"sent", count_},
                            {"answers", answers},
                            {"duplicates", tally.duplicates},
                            {"deliveries", tally.deliveries},
                            {"last", {{"status", tally.last.status}, {"body", tally.last.body}}}},
                           good ? 0 : 1);
    }
    if (count_ == 1) {
      context.out() << tally.last.status << ' ' << escape_control(tally.last.body) << '\n';
    } else {
      for (const auto& [status, times] : tally.answers) {
        context.out() << status << " x " << times << '\n';
      }
      context.out() << "duplicates " << tally.duplicates << '\n';
    }
    return good ? 0 : 1;
  }

  std::string source_;
  std::string file_;
  std::string url_;
  std::string signed_url_;
  int count_ = 1;
  bool unique_ = false;
  bool tamper_ = false;
};

}  // namespace

std::unique_ptr<Command> make_send() { return std::make_unique<Send>(); }

}  // namespace gantry::cli

#include <chrono>
#include <csignal>
#include <cstdio>
#include <filesystem>
#include <iostream>
#include <nlohmann/json.hpp>
#include <thread>

#include "host/app/hooks.hpp"
#include "host/app/scratch.hpp"
#include "host/app/service.hpp"
#include "host/app/signals.hpp"
#include "host/base/digest.hpp"
#include "host/base/encoding.hpp"
#include "host/config/secrets.hpp"
#include "host/net/http_client.hpp"

namespace gantry::app {
namespace {

constexpr std::chrono::seconds kEnginePatience{60};
constexpr std::chrono::seconds kStoredPatience{30};
constexpr std::string_view kSource = "frontapp";

/// Messages of an invented carrier, in the shape of Front's application webhook.
struct Message {
  std::string_view id;
  std::string_view subject;
  std::string_view text;
};
constexpr Message kMessages[] = {
    {"1001", "Late at Joliet",
     "Driver at gate in Joliet, IL for load LD-88231, PRO 7712043. Detention starts at 16:00."},
    {"1002", "Rate confirmation LD-88240",
     "Please confirm $2,150.00 all-in, Chicago, IL to Dallas, TX, reefer at 34 F, pickup Friday."},
    {"1003", "POD missing", "We still miss the signed POD for LD-88199, BOL 55120. Billing waits."},
};

std::string event_of(const Message& message, double at) {
  const std::string id(message.id);
  return dump_json(
      {{"type", "inbound_received"},
       {"authorization", {{"id", "cmp_demo"}}},
       {"payload",
        {{"id", "evt_" + id},
         {"type", "inbound"},
         {"emitted_at", at},
         {"conversation",
          {{"id", "cnv_" + id},
           {"subject", message.subject},
           {"status", "unassigned"},
           {"assignee", nullptr},
           {"tags", Json::array()}}},
         {"source", {{"_meta", {{"type", "inboxes"}}}, {"data", Json::array()}}},
         {"target",
          {{"_meta", {{"type", "message"}}},
           {"data",
            {{"id", "msg_" + id},
             {"type", "email"},
             {"is_inbound", true},
             {"created_at", at},
             {"text", message.text},
             {"recipients",
              {{{"handle", "dispatch@carrier.example"}, {"name", "Dee"}, {"role", "from"}}}},
             {"attachments", Json::array()}}}}}}}});
}

/// What a user would do by hand, against the doors of the service.
class Tour {
 public:
  Tour(const Service& service, bool json)
      : service_(service),
        json_(json),
        ingress_("http://127.0.0.1:" + std::to_string(service.ingress_port())),
        admin_("http://127.0.0.1:" + std::to_string(service.admin_port())),
        egress_(net::EgressList::parse({"127.0.0.1:" + std::to_string(service.ingress_port()),
                                        "127.0.0.1:" + std::to_string(service.admin_port())})
                    .value()) {}

  Result<Json> walk() {
    const auto now = std::chrono::system_clock::now().time_since_epoch();
    const double at = std::chrono::duration<double>(now).count();
    for (const Message& message : kMessages) {
      auto posted = post(event_of(message, at), false);
      if (!posted) return posted.error();
      if (!posted->starts_with("202 ")) {
        return Error{ErrorKind::kInternal, "the door did not accept a signed delivery", *posted};
      }
      say("posted  evt_" + std::string(message.id) + "  → " + *posted);
    }
    auto again = post(event_of(kMessages[0], at), false);
    if (!again) return again.error();
    say("again   evt_1001  → " + *again);
    auto tampered = post(event_of(kMessages[0], at), true);
    if (!tampered) return tampered.error();
    say("tampered evt_1001 → " + *tampered);

    for (const Message& message : kMessages) {
      auto stored = wait_done("frontapp%2Fevt_" + std::string(message.id));
      if (!stored) return stored.error();
    }
    auto way = get("/status/frontapp%2Fevt_1001");
    if (!way) return way.error();
    say("");
    say("the way of frontapp/evt_1001: " + text_at(*way, "state").value_or("?"));
    show_steps(*way);
    for (const Json& document : way->value("documents", Json::array())) show_steps(document);

    auto found = get("/search?q=detention%20joliet&limit=2");
    if (!found) return found.error();
    say("");
    say("search \"detention joliet\":");
    for (const Json& hit : (*found)["hits"]) {
      say("  " + text_at(hit, "id").value_or("") + "  " + text_at(hit, "title").value_or(""));
    }
    return Json{{"status", *way}, {"search", *found}};
  }

 private:
  void say(const std::string& line) const {
    if (!json_) std::cout << line << '\n' << std::flush;
  }

  void show_steps(const Json& status) const {
    for (const Json& step : status.value("steps", Json::array())) {
      char line[256];
      std::snprintf(
          line, sizeof line, "  %-18s %-30s %s", text_at(step, "name").value_or("").c_str(),
          text_at(step, "at").value_or("-").c_str(), text_at(step, "detail").value_or("").c_str());
      std::string text = escape_control(line);
      text.erase(text.find_last_not_of(' ') + 1);
      say(text);
    }
  }

  Result<std::string> post(std::string body, bool tamper) const {
    InboundRequest request;
    request.method = "POST";
    request.target = "/webhooks/" + std::string(kSource);
    request.body = body;
    request.received_at = system_clock().now();
    const auto headers = service_.sources().get(kSource)->sign(request);
    if (!headers) return headers.error();
    net::HttpRequest out;
    out.method = "POST";
    out.url = ingress_ + request.target;
    out.headers = *headers;
    out.body = tamper ? body + " " : body;
    const auto answer = http_.send(out, egress_);
    if (!answer) return answer.error();
    return std::to_string(answer->status) + " " + answer->body;
  }

  Result<Json> get(const std::string& path) const {
    net::HttpRequest request;
    request.url = admin_ + path;
    const auto answer = http_.send(request, egress_);
    if (!answer) return answer.error();
    if (answer->status == 404) return Error{ErrorKind::kNotFound, path + " is not there yet"};
    if (answer->status != 200) {
      return Error{ErrorKind::kUnavailable, path + " answers " + std::to_string(answer->status)};
    }
    return parse_json(answer->body);
  }

  Result<void> wait_done(const std::string& id) const {
    const auto deadline = std::chrono::steady_clock::now() + kStoredPatience;
    for (;;) {
      const auto status = get("/status/" + id);
      if (status && status->value("done", false)) return {};
      if (std::chrono::steady_clock::now() > deadline) {
        return Error{ErrorKind::kTimeout, id + " is not done after 30 s; see gantry status"};
      }
      std::this_thread::sleep_for(std::chrono::milliseconds(50));
    }
  }

  const Service& service_;
  const bool json_;
  const std::string ingress_;
  const std::string admin_;
  net::HttpClient http_;
  const net::EgressList egress_;
};

config::Config demo_config(const config::Config& from) {
  config::Config config = from;
  config.host.ingress.listen = "127.0.0.1:0";
  config.host.admin_listen = "127.0.0.1:0";
  config.host.temporal.address.clear();
  config.host.temporal.metrics_port = 0;
  config.host.log.level = "warn";
  config::SourceConfig source;
  source.id = kSource;
  source.plugin = kSource;
  source.library = (std::filesystem::path(from.host.plugin_dir) / "frontapp.so").string();
  source.limits.body_bytes_max = config.host.ingress.body_bytes_max;
  source.limits.call_timeout = std::chrono::seconds(30);
  source.settings = R"({"signing_key":"env:GANTRY_DEMO_KEY"})";
  source.file = "the demo";
  config.sources = {source};
  config.environment["GANTRY_DEMO_KEY"] = to_hex(random_bytes(16));
  config.environment.erase(config::webhook_secret_variable(source.id));
  return config;
}

}  // namespace

int demo(const config::Config& from, const cli::DemoOptions& options) {
  Signals signals({SIGINT, SIGTERM});
  config::Config config = demo_config(from);
  const Scratch scratch(config);
  if (!options.directory.empty()) {
    config.host.state_dir = std::filesystem::absolute(options.directory).string();
  }
  observe::LogOptions log_options;
  log_options.level = observe::Level::kWarn;
  observe::Log log(std::move(log_options));

  const auto fail = [](const Error& error) {
    std::cerr << "gantry: demo: " << error.message() << '\n';
    return 1;
  };
  auto service = Service::open(config, log);
  if (!service) return fail(service.error());
  if (const auto sources = (*service)->sources().now(); !sources->refusals().empty()) {
    return fail({ErrorKind::kInvalid, sources->refusals().front().message});
  }
  if (auto started = (*service)->start(); !started) return fail(started.error());
  std::cerr << "demo: starting the embedded engine (a Temporal server of its own)…\n";
  if (auto up = (*service)->wait_serving(kEnginePatience); !up) return fail(up.error());
  std::cerr << "demo: webhooks at http://127.0.0.1:" << (*service)->ingress_port() << "/webhooks/"
            << kSource << ", operators at http://127.0.0.1:" << (*service)->admin_port()
            << ", Temporal at " << (*service)->temporal_address() << '\n';
  const auto result = Tour(**service, options.json).walk();
  if (!result) return fail(result.error());
  if (options.json) std::cout << result->dump(2) << '\n';
  if (options.keep) {
    std::cerr << "demo: serving until interrupted (Ctrl-C)\n";
    signals.wait();
  }
  (*service)->stop();
  return 0;
}

}  // namespace gantry::app

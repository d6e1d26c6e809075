#include <algorithm>
#include <csignal>
#include <iostream>

#include "host/app/hooks.hpp"
#include "host/app/scratch.hpp"
#include "host/app/service.hpp"
#include "host/app/service_manager.hpp"
#include "host/app/signals.hpp"
#include "host/base/digest.hpp"
#include "host/base/encoding.hpp"
#include "host/contracts/ingestion.hpp"
#include "host/temporal/client/client.hpp"

namespace gantry::app {
namespace {

constexpr std::chrono::seconds kHelloPatience{60};
/// Between looks at connectors that a reload replaced, and at a part that does not turn.
constexpr std::chrono::milliseconds kLookAgain{1'000};

observe::LogOptions log_options(const config::LogConfig& from) {
  observe::LogOptions options;
  if (from.format == "json") options.format = observe::Format::kJson;
  if (from.format == "console") options.format = observe::Format::kConsole;
  options.level = observe::parse_level(from.level).value();
  for (const auto& [module, level] : from.module_levels) {
    options.module_levels[module] = observe::parse_level(level).value();
  }
  return options;
}

/// One line for a configuration that is not taken; the running one stays.
void reload(Service& service, const config::Inputs& inputs, observe::Log& log) {
  const auto loaded = config::load(inputs);
  std::string reason;
  std::size_t more = 0;
  if (!loaded) {
    reason = loaded.error().items.front().text();
    more = loaded.error().items.size() - 1;
  } else if (auto done = service.reload(*loaded); !done) {
    reason = done.error().message();
  } else {
    return;
  }
  if (more > 0) reason += " (and " + std::to_string(more) + " more: gantry check)";
  log.write("host", observe::Level::kError, "reload_refused",
            {{"reason", reason}, {"kept", "the configuration that runs"}});
}

/// Tells the service manager how the host is. True where it is alive, which is then said.
bool report(const Service& service, ServiceManager& manager, observe::Log& log) {
  manager.status(service.headline());
  const std::string stuck = service.stuck();
  if (stuck.empty()) {
    manager.beat();
    return true;
  }
  log.write("host", observe::Level::kError, "event_loop_stuck", {{"server", stuck}});
  return false;
}

}  // namespace

int run_host(const config::Config& config, const cli::RunOptions& options) {
  ServiceManager manager = ServiceManager::from_environment();
  Signals signals({SIGINT, SIGTERM, SIGHUP});
  observe::Log log(log_options(config.host.log));
  auto service = Service::open(config, log);
  if (!service) {
    std::cerr << "gantry: " << service.error().message() << '\n';
    return 1;
  }
  std::atomic<bool> failed = false;
  (*service)->on_failed([&](const Error&) {
    failed = true;
    signals.wake();
  });
  if (auto started = (*service)->start(); !started) {
    std::cerr << "gantry: " << started.error().message() << '\n';
    (*service)->stop();
    return 1;
  }
  // The door is open. Temporal may come later, and a start that waits for it would be given up.
  manager.ready();
  if (!manager.problem().empty()) {
    log.write("host", observe::Level::kWarn, "service_manager_untold",
              {{"reason", manager.problem()}});
  }
  while (!failed) {
    const bool alive = report(**service, manager, log);
    const bool tidy = (*service)->tidy();
    const auto pause = manager.pause();
    const int signal =
        signals.wait({}, alive && tidy ? pause.value_or(Signals::kForEver)
                                       : std::min(kLookAgain, pause.value_or(kLookAgain)));
    if (signal == SIGINT || signal == SIGTERM) break;
    if (signal == SIGHUP) {
      manager.reloading();
      reload(**service, options.inputs, log);
      manager.ready();
    }
  }
  manager.stopping();
  manager.status("draining");
  // The second signal comes while this thread drains.
  std::jthread second([&](const std::stop_token& stop) {
    for (int signal = signals.wait(stop); signal != 0; signal = signals.wait(stop)) {
      if (signal != SIGHUP) return (*service)->hurry();
    }
  });
  (*service)->stop();
  return failed ? 1 : 0;
}

Result<std::string> hello(const config::Config& config, const std::string& name) {
  observe::Log log(log_options(config.host.log));
  config::Config own = config;
  own.host.ingress.listen = "127.0.0.1:0";
  own.host.admin_listen = "127.0.0.1:0";
  own.host.temporal.metrics_port = 0;
  own.host.temporal.task_queue += "-hello";
  own.sources.clear();
  const Scratch scratch(own);
  auto service = Service::open(own, log);
  if (!service) return service.error();
  if (auto started = (*service)->start(); !started) return started.error();
  if (auto serving = (*service)->wait_serving(kHelloPatience); !serving) return serving.error();
  temporal::StartOptions options;
  options.id = "greeting-" + to_hex(random_bytes(8));
  options.task_queue = own.host.temporal.task_queue;
  temporal::Client& client = *(*service)->client();
  const auto handle = client.start(kGreeting, name, options);
  if (!handle) return handle.error();
  const auto outcome = client.result(kGreeting, *handle, kHelloPatience);
  if (!outcome) return outcome.error();
  if (!outcome->value) return Error{ErrorKind::kInternal, outcome->failure->message};
  return *outcome->value;
}

}  // namespace gantry::app

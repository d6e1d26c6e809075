#include <csignal>
#include <iostream>

#include "host/app/hooks.hpp"
#include "host/app/scratch.hpp"
#include "host/app/service.hpp"
#include "host/app/signals.hpp"
#include "host/base/digest.hpp"
#include "host/base/encoding.hpp"
#include "host/contracts/ingestion.hpp"
#include "host/temporal/client/client.hpp"

namespace gantry::app {
namespace {

constexpr std::chrono::seconds kHelloPatience{60};

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

}  // namespace

int run_host(const config::Config& config, const cli::RunOptions&) {
  Signals signals({SIGINT, SIGTERM});
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
  signals.wait();
  // The second signal comes while this thread drains.
  std::jthread second([&](const std::stop_token& stop) {
    if (signals.wait(stop)) (*service)->hurry();
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

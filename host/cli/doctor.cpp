#include <nlohmann/json.hpp>

#include "host/cli/admin_client.hpp"
#include "host/cli/command.hpp"
#include "host/cli/doctor_rows.hpp"

namespace gantry::cli {
namespace {

using State = DoctorRow::State;

const char* word(State state) {
  switch (state) {
    case State::kPass:
      return "pass";
    case State::kWarn:
      return "warn";
    case State::kFail:
      return "fail";
  }
  return "fail";
}

std::string sign(const Terminal& terminal, State state) {
  switch (state) {
    case State::kPass:
      return terminal.pass_sign();
    case State::kWarn:
      return terminal.warn_sign();
    case State::kFail:
      return terminal.fail_sign();
  }
  return terminal.fail_sign();
}

class Doctor : public Command {
 public:
  int run(Context& context) override {
    std::vector<DoctorRow> rows;
    const config::LoadResult config = config::load(context.inputs());
    if (!config) {
      for (const config::Problem& problem : config.error().items) {
        rows.push_back({State::kFail, "configuration", problem.text(), ""});
      }
      // Without a configuration nobody knows which ports and folders to look at.
      return report(context, rows);
    }
    rows.push_back({State::kPass, "configuration",
                    config->directory.empty() ? "defaults, no conf.d" : config->directory, ""});
    for (const config::Problem& warning : config->warnings) {
      rows.push_back({State::kWarn, "configuration", warning.text(), ""});
    }
    if (context.hooks.doctor) {
      for (DoctorRow& row : context.hooks.doctor(*config)) rows.push_back(std::move(row));
    }
    const config::HostConfig& host = config->host;
    const bool running = is_running(context);
    rows.push_back(port_row("ingress port", host.ingress.listen, "ingress.listen", running));
    rows.push_back(port_row("admin port", host.admin_listen, "admin.listen", running));
    const auto port = [&](const char* name, int number, const char* key) {
      if (number == 0) return;
      rows.push_back(port_row(name, "127.0.0.1:" + std::to_string(number), key, running));
    };
    port("metrics port", host.temporal.metrics_port, "temporal.metrics_port");
    if (host.temporal.address.empty()) {
      port("engine port", host.temporal.engine_port, "temporal.engine_port");
      port("engine UI port", host.temporal.ui_port, "temporal.ui_port");
    }
    rows.push_back(plugin_dir_row(host.plugin_dir));
    for (DoctorRow& row : state_dir_rows(host.state_dir)) rows.push_back(std::move(row));
    rows.push_back(descriptor_row(host));
    return report(context, rows);
  }

 private:
  static bool is_running(const Context& context) {
    const auto url = context.admin_url();
    if (!url) return false;
    const Result<Json> version = AdminClient(*url).get("/version");
    return version && version->is_object() && version->contains("abi");
  }

  static int report(Context& context, const std::vector<DoctorRow>& rows) {
    bool ok = true;
    Json list = Json::array();
    for (const DoctorRow& row : rows) {
      ok &= row.state != State::kFail;
      list.push_back({{"name", row.name},
                      {"state", word(row.state)},
                      {"detail", row.detail},
                      {"remedy", row.remedy}});
      if (context.options.json) continue;
      context.out() << sign(context.terminal, row.state) << ' ' << row.name << ": " << row.detail
                    << (row.remedy.empty() ? "" : "; " + row.remedy) << '\n';
    }
    if (context.options.json) context.print({{"ok", ok}, {"rows", list}});
    return ok ? 0 : 1;
  }
};

}  // namespace

std::unique_ptr<Command> make_doctor() { return std::make_unique<Doctor>(); }

}  // namespace gantry::cli

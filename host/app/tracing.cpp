#include "host/app/tracing.hpp"

#include <unistd.h>

#include <array>

#include "host/base/digest.hpp"
#include "host/base/encoding.hpp"
#include "host/net/span_sender.hpp"

namespace gantry::app {
namespace {

observe::SpanExporterOptions exporter_options() {
  observe::SpanExporterOptions options;
  options.resource.version = GANTRY_VERSION;
  options.resource.instance = to_hex(random_bytes(8));
  std::array<char, 256> host{};
  if (::gethostname(host.data(), host.size() - 1) == 0) options.resource.host = host.data();
  return options;
}

}  // namespace

Result<std::unique_ptr<Tracing>> Tracing::open(const config::Tracing& config, observe::Log& log) {
  auto send = net::span_sender(config.endpoint);
  if (!send) return send.error();
  log.write("tracing", observe::Level::kInfo, "tracing",
            {{"endpoint", net::traces_url(config.endpoint)}, {"sample", config.sample}});
  return std::unique_ptr<Tracing>(new Tracing(config, std::move(*send), log));
}

Tracing::Tracing(const config::Tracing& config, observe::SendSpans send, observe::Log& log)
    : exporter_(exporter_options(), std::move(send), log),
      tracer_(config.sample,
              [this](observe::SpanRecord&& span) { exporter_.take(std::move(span)); }) {}

}  // namespace gantry::app

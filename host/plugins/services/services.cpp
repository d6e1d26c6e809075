#include "host/plugins/services/services.hpp"

namespace gantry::plugins::services {

const void* find(std::string_view id, const HostPorts& ports) noexcept {
  if (id == GANTRY_SERVICE_LOG) return &log();
  if (id == GANTRY_SERVICE_CLOCK) return &clock();
  if (id == GANTRY_SERVICE_CRYPTO) return &crypto();
  if (id == GANTRY_SERVICE_SECRETS && ports.secrets != nullptr) return &secrets();
  if (id == GANTRY_SERVICE_KV && ports.kv != nullptr) return &kv();
  if (id == GANTRY_SERVICE_HTTP && ports.http != nullptr) return &http();
  return nullptr;
}

}  // namespace gantry::plugins::services

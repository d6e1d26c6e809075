#pragma once

#include <cstdint>
#include <map>
#include <string>

#include "tests/support/servers/server_program.hpp"

namespace gantry::test {

/// Doors in front of servers that fail to order, by Shopify's toxiproxy 2.5
/// (https://github.com/Shopify/toxiproxy/tree/v2.5.0#toxics). A fault holds for connections that
/// are open and for new ones, until heal(). Throws where the proxy does not obey. [blocking]
class FaultProxy final : public ServerProgram {
 public:
  FaultProxy() : ServerProgram("fault_proxy.py") {}

  /// A door to a loopback port; the port it listens on.
  std::uint16_t open_door(const std::string& name, std::uint16_t to);

  void refuse(const std::string& door);  ///< Connections end; new ones are refused.
  void swallow_requests(const std::string& door);
  void swallow_answers(const std::string& door);  ///< Requests arrive; then silence.
  /// Requests arrive; a connection ends after so many bytes of answers.
  void cut_answers(const std::string& door, int bytes);
  void delay_answers(const std::string& door, int milliseconds);
  void heal();

 private:
  std::string send(const std::string& method, const std::string& path, const std::string& body);
  void poison(const std::string& door, const std::string& stream, const std::string& toxic);
};

}  // namespace gantry::test

#include "tests/support/servers/qdrant.hpp"

#include <stdexcept>

#include "host/net/http_client.hpp"

namespace gantry::test {

void QdrantStandIn::fail(const std::string& text, int times, int status, bool before) {
  net::HttpRequest request;
  request.method = "POST";
  request.url = url() + "/stand-in/fault";
  request.body = R"({"text":")" + text + R"(","times":)" + std::to_string(times) + R"(,"status":)" +
                 std::to_string(status) + R"(,"before":)" + (before ? "true}" : "false}");
  const auto allowed = net::EgressList::parse({"127.0.0.1:" + std::to_string(port())}).value();
  if (!net::HttpClient().send(request, allowed)) throw std::runtime_error("no stand-in");
}

}  // namespace gantry::test

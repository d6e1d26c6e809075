#include "tests/support/servers/fault_proxy.hpp"

#include <nlohmann/json.hpp>
#include <stdexcept>

#include "host/net/http_client.hpp"

namespace gantry::test {

using nlohmann::json;

std::uint16_t FaultProxy::open_door(const std::string& name, std::uint16_t to) {
  const json made = json::parse(send("POST", "/proxies",
                                     json{{"name", name},
                                          {"listen", "127.0.0.1:0"},
                                          {"upstream", "127.0.0.1:" + std::to_string(to)},
                                          {"enabled", true}}
                                         .dump()));
  const std::string listen = made.at("listen");
  return static_cast<std::uint16_t>(std::stoi(listen.substr(listen.rfind(':') + 1)));
}

void FaultProxy::refuse(const std::string& door) {
  send("POST", "/proxies/" + door, R"({"enabled":false})");
}

void FaultProxy::swallow_requests(const std::string& door) {
  poison(door, "upstream", R"("type":"timeout","attributes":{"timeout":0})");
}

void FaultProxy::swallow_answers(const std::string& door) {
  poison(door, "downstream", R"("type":"timeout","attributes":{"timeout":0})");
}

void FaultProxy::cut_answers(const std::string& door, int bytes) {
  poison(door, "downstream",
         R"("type":"limit_data","attributes":{"bytes":)" + std::to_string(bytes) + "}");
}

void FaultProxy::delay_answers(const std::string& door, int milliseconds) {
  poison(door, "downstream",
         R"("type":"latency","attributes":{"latency":)" + std::to_string(milliseconds) + "}");
}

void FaultProxy::heal() { send("POST", "/reset", ""); }

void FaultProxy::poison(const std::string& door, const std::string& stream,
                        const std::string& toxic) {
  send("POST", "/proxies/" + door + "/toxics", R"({"stream":")" + stream + "\"," + toxic + "}");
}

std::string FaultProxy::send(const std::string& method, const std::string& path,
                             const std::string& body) {
  net::HttpRequest request;
  request.method = method;
  request.url = "http://127.0.0.1:" + std::to_string(port()) + path;
  request.body = body;
  const auto allowed = net::EgressList::parse({"127.0.0.1:" + std::to_string(port())}).value();
  const auto answer = net::HttpClient().send(request, allowed);
  if (!answer) throw std::runtime_error("fault proxy: " + answer.error().message());
  if (answer->status >= 300) throw std::runtime_error("fault proxy: " + path + ": " + answer->body);
  return answer->body;
}

}  // namespace gantry::test

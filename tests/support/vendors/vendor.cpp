#include "tests/support/vendors/vendor.hpp"

#include <fcntl.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdio>
#include <nlohmann/json.hpp>
#include <stdexcept>

#include "host/net/http_client.hpp"

namespace gantry::test {
namespace {

/// Both ends close on exec: a second simulator must not hold the first one's standard input open.
struct Pipe {
  int ends[2] = {-1, -1};
  Pipe() {
    if (pipe2(ends, O_CLOEXEC) != 0) throw std::runtime_error("pipe2 failed");
  }
  ~Pipe() {
    close_end(0);
    close_end(1);
  }
  void close_end(int which) {
    if (ends[which] >= 0) ::close(ends[which]);
    ends[which] = -1;
  }
};

std::string read_line(int from) {
  std::string line;
  for (char c = 0; ::read(from, &c, 1) == 1 && c != '\n';) line += c;
  return line;
}

}  // namespace

struct Vendor::Impl {
  std::string name;
  pid_t pid = -1;
  Pipe input, output;
  std::string url;
  net::EgressList egress;
  net::HttpClient client;

  Result<net::HttpResponse> send(const net::HttpRequest& request) const {
    return client.send(request, egress);
  }
  std::string admin(const std::string& method, const std::string& action,
                    const std::string& body) const {
    net::HttpRequest request;
    request.method = method;
    request.url = url + "/_sim/" + action;
    request.body = body;
    const auto answer = send(request);
    if (!answer) throw std::runtime_error(name + ": " + answer.error().what);
    if (answer->status != 200) throw std::runtime_error(name + ": " + answer->body);
    return answer->body;
  }
};

Vendor::Vendor(const std::string& name, const std::vector<std::string>& arguments)
    : impl_(std::make_unique<Impl>()) {
  impl_->name = name;
  const std::string script = std::string(GANTRY_VENDORS_DIR) + '/' + name + ".py";
  std::vector<std::string> words{"python3", "-B", "-E", "-S", script};
  words.insert(words.end(), arguments.begin(), arguments.end());
  std::vector<char*> argv;
  for (auto& word : words) argv.push_back(word.data());
  argv.push_back(nullptr);

  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_adddup2(&actions, impl_->input.ends[0], 0);
  posix_spawn_file_actions_adddup2(&actions, impl_->output.ends[1], 1);
  const int failed = posix_spawnp(&impl_->pid, "python3", &actions, nullptr, argv.data(), environ);
  posix_spawn_file_actions_destroy(&actions);
  if (failed != 0) throw std::runtime_error("python3 does not start: " + script);
  impl_->input.close_end(0);
  impl_->output.close_end(1);

  const std::string line = read_line(impl_->output.ends[0]);
  const auto hello = nlohmann::json::parse(line, nullptr, false);
  if (!hello.is_object()) {
    impl_->input.close_end(1);
    waitpid(impl_->pid, nullptr, 0);
    throw std::runtime_error(script + " did not name its port");
  }
  impl_->url = "http://127.0.0.1:" + std::to_string(hello.at("port").get<int>());
  impl_->egress = net::EgressList::parse({authority()}).value();
}

Vendor::~Vendor() {
  impl_->input.close_end(1);  // The simulator ends when its standard input does.
  waitpid(impl_->pid, nullptr, 0);
}

const std::string& Vendor::url() const { return impl_->url; }
std::string Vendor::authority() const { return impl_->url.substr(std::string("http://").size()); }

std::string Vendor::ask(const std::string& name) const { return impl_->admin("GET", name, ""); }
std::string Vendor::tell(const std::string& name, const std::string& json) const {
  return impl_->admin("POST", name, json);
}

int Vendor::count(const std::string& method_and_path) const {
  return nlohmann::json::parse(ask("counts")).value(method_and_path, 0);
}

void Vendor::advance(std::int64_t seconds, World* world) const {
  tell("clock", nlohmann::json({{"advance_s", seconds}}).dump());
  if (world != nullptr) world->now_ns += seconds * 1'000'000'000;
}

std::function<HttpAnswer(const HttpExchange&)> Vendor::http() const {
  return [impl = impl_.get()](const HttpExchange& exchange) {
    net::HttpRequest request;
    request.method = exchange.method;
    request.url = exchange.url;
    request.headers = exchange.headers;
    request.body = exchange.body;
    const auto answer = impl->send(request);
    HttpAnswer out;
    if (!answer) {
      const bool refused =
          answer.error().kind == ErrorKind::kDenied || answer.error().kind == ErrorKind::kInvalid;
      out.status = refused ? GANTRY_CONFIG : GANTRY_TRANSIENT;
      return out;
    }
    out.http_status = answer->status;
    out.headers = answer->headers;
    out.body = answer->body;
    out.retry_after_ns = answer->retry_after ? answer->retry_after->count() : 0;
    return out;
  };
}

}  // namespace gantry::test

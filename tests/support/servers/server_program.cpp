#include "tests/support/servers/server_program.hpp"

#include <arpa/inet.h>
#include <fcntl.h>
#include <spawn.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <nlohmann/json.hpp>
#include <stdexcept>

namespace gantry::test {

ServerProgram::ServerProgram(const std::string& file, const std::vector<std::string>& arguments)
    : file_(file) {
  int input[2], output[2];
  if (::pipe2(input, O_CLOEXEC) != 0 || ::pipe2(output, O_CLOEXEC) != 0) {
    throw std::runtime_error("pipe2 failed");
  }
  std::vector<std::string> words = {"python3", "-B", "-E", "-S", GANTRY_SERVERS_DIR "/" + file};
  words.insert(words.end(), arguments.begin(), arguments.end());
  std::vector<char*> argv;
  for (std::string& word : words) argv.push_back(word.data());
  argv.push_back(nullptr);
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_adddup2(&actions, input[0], 0);
  posix_spawn_file_actions_adddup2(&actions, output[1], 1);
  const int failed = posix_spawnp(&pid_, "python3", &actions, nullptr, argv.data(), environ);
  posix_spawn_file_actions_destroy(&actions);
  ::close(input[0]);
  ::close(output[1]);
  to_ = input[1];
  from_ = output[0];
  if (failed != 0) throw std::runtime_error("python3 does not start: " + file_);
  hello_ = read_line();
  const auto hello = nlohmann::json::parse(hello_, nullptr, false);
  if (!hello.is_object()) {
    ::close(to_);
    ::waitpid(pid_, nullptr, 0);
    throw std::runtime_error(file_ + " did not name its port");
  }
  port_ = hello.at("port");
}

ServerProgram::~ServerProgram() {
  ::close(to_);  // the program ends with its standard input
  ::waitpid(pid_, nullptr, 0);
  ::close(from_);
}

void ServerProgram::tell(const std::string& word) {
  const std::string line = word + "\n";
  if (::write(to_, line.data(), line.size()) != static_cast<ssize_t>(line.size()) ||
      read_line() != "ok") {
    throw std::runtime_error(file_ + " did not " + word);
  }
}

std::string ServerProgram::read_line() {
  std::string line;
  for (char c = 0; ::read(from_, &c, 1) == 1 && c != '\n';) line += c;
  return line;
}

std::uint16_t free_loopback_port() {
  const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  ::sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  ::socklen_t size = sizeof address;
  const bool bound = ::bind(fd, reinterpret_cast<::sockaddr*>(&address), size) == 0 &&
                     ::getsockname(fd, reinterpret_cast<::sockaddr*>(&address), &size) == 0;
  ::close(fd);
  if (!bound) throw std::runtime_error("no free loopback port");
  return ntohs(address.sin_port);
}

}  // namespace gantry::test

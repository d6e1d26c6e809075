#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <nlohmann/json.hpp>

#include "host/cli/doctor_rows.hpp"
#include "tests/unit/cli/cli_fixture.hpp"

namespace gantry::cli {
namespace {

using State = DoctorRow::State;
using testing::HasSubstr;
using Json = nlohmann::json;

/// A loopback port that somebody listens on.
class Taken {
 public:
  Taken() : socket_(::socket(AF_INET, SOCK_STREAM, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    EXPECT_EQ(::bind(socket_, reinterpret_cast<sockaddr*>(&address), size), 0);
    EXPECT_EQ(::listen(socket_, 1), 0);
    ::getsockname(socket_, reinterpret_cast<sockaddr*>(&address), &size);
    port_ = ntohs(address.sin_port);
  }
  ~Taken() { ::close(socket_); }
  std::string address() const { return "127.0.0.1:" + std::to_string(port_); }
  int port() const { return port_; }

 private:
  int socket_;
  int port_ = 0;
};

TEST(DoctorRows, AFreePortPassesATakenOneFailsWithARemedy) {
  EXPECT_EQ(port_row("x", "127.0.0.1:0", "k", false).state, State::kPass);
  EXPECT_EQ(port_row("x", "[::]:0", "k", false).state, State::kPass);
  const Taken taken;
  const DoctorRow row = port_row("ingress port", taken.address(), "ingress.listen", false);
  EXPECT_EQ(row.state, State::kFail);
  EXPECT_THAT(row.remedy, HasSubstr("ss -ltnp 'sport = :" + std::to_string(taken.port()) + "'"));
  EXPECT_THAT(row.remedy, HasSubstr("ingress.listen"));
}

TEST(DoctorRows, APortOfTheRunningHostIsFine) {
  const Taken taken;
  EXPECT_EQ(port_row("x", taken.address(), "k", true).state, State::kPass);
}

TEST(DoctorRows, AnAddressOfAnotherMachineFails) {
  // TEST-NET-1 (RFC 5737): no machine has it.
  const DoctorRow row = port_row("x", "192.0.2.1:0", "k", false);
  EXPECT_EQ(row.state, State::kFail);
  EXPECT_THAT(row.remedy, HasSubstr("no such address"));
}

TEST(DoctorRows, APluginDirectoryThatOthersMayWriteFails) {
  config::ConfDir dir;
  const std::string path = dir.path("conf.d");
  for (const mode_t mode : {0755u, 0700u, 0555u}) {
    ::chmod(path.c_str(), mode);
    EXPECT_EQ(plugin_dir_row(path).state, State::kPass) << std::oct << mode;
  }
  for (const mode_t mode : {0775u, 0757u, 0777u}) {
    ::chmod(path.c_str(), mode);
    EXPECT_EQ(plugin_dir_row(path).state, State::kFail) << std::oct << mode;
    EXPECT_THAT(plugin_dir_row(path).remedy, HasSubstr("chmod go-w " + path));
  }
  EXPECT_EQ(plugin_dir_row(dir.path("none")).state, State::kFail);
  EXPECT_EQ(plugin_dir_row(dir.write("file", "")).state, State::kFail);
}

TEST(DoctorRows, AStateDirectoryThatDoesNotExistYetIsJudgedByItsParent) {
  config::ConfDir dir;
  const auto rows = state_dir_rows(dir.path("a/b/c"));
  EXPECT_EQ(rows.at(0).state, State::kPass);
  EXPECT_THAT(rows.at(0).detail, HasSubstr("will be created"));
  EXPECT_THAT(rows.at(1).detail, HasSubstr("MiB free"));
  const auto under_file = state_dir_rows(dir.write("file", "") + "/state");
  EXPECT_EQ(under_file.at(0).state, State::kFail);
}

TEST(DoctorRows, TooFewDescriptorsForTheConnectionsIsAWarningWithTheNumber) {
  config::HostConfig host;
  host.ingress.connections_max = 1;
  EXPECT_EQ(descriptor_row(host).state, State::kPass);
  host.ingress.connections_max = 1'999'999'488;  // + 512 = 2'000'000'000
  const DoctorRow row = descriptor_row(host);
  EXPECT_EQ(row.state, State::kWarn);
  EXPECT_THAT(row.remedy, HasSubstr("ulimit -n 2000000000"));
}

class Doctor : public CliTest {
 protected:
  Doctor() {
    dir.conf("00-host.toml",
             "plugin_dir = \"" + dir.path("conf.d") + "\"\nstate_dir = \"" + dir.path("state") +
                 "\"\n[ingress]\nlisten = \"127.0.0.1:0\"\nconnections_max = 10\n"
                 "[admin]\nlisten = \"127.0.0.1:0\"\n[temporal]\nmetrics_port = 0\n");
  }
};

TEST_F(Doctor, AHealthyMachineExits0WithOneLinePerRow) {
  hooks.doctor = [](const config::Config&) {
    return std::vector<DoctorRow>{{State::kPass, "temporal", "127.0.0.1:7233, server 1.32", ""}};
  };
  const Outcome outcome = gantry_here({"doctor"});
  EXPECT_EQ(outcome.code, 0) << outcome.out;
  EXPECT_THAT(outcome.out, HasSubstr("ok   temporal: 127.0.0.1:7233, server 1.32\n"));
  for (const char* row : {"configuration", "ingress port", "admin port", "plugin directory",
                          "state directory", "disk space", "file descriptors"}) {
    EXPECT_THAT(outcome.out, HasSubstr(row + std::string(": ")));
  }
}

TEST(DoctorRows, AClockIsComparedWithTheServersAndWithTheKernelsWord) {
  using std::chrono::milliseconds;
  const DoctorRow fine = clock_row(true, {{"a", milliseconds(12)}, {"b", milliseconds(-999)}});
  EXPECT_EQ(fine.state, State::kPass);
  EXPECT_EQ(fine.detail, "a 12 ms ahead, b 999 ms behind, kept by a time service");
  const DoctorRow off = clock_row(true, {{"a", milliseconds(0)}, {"b", milliseconds(-1'000)}});
  EXPECT_EQ(off.state, State::kWarn);
  EXPECT_THAT(off.remedy, HasSubstr("timedatectl"));
  EXPECT_EQ(clock_row(true, {{"a", milliseconds(60'000)}}).state, State::kFail);
  EXPECT_EQ(clock_row(std::nullopt, {{"a", milliseconds(-60'000)}}).state, State::kFail);
  EXPECT_EQ(clock_row(std::nullopt, {}).state, State::kPass);
  const DoctorRow alone = clock_row(false, {});
  EXPECT_EQ(alone.state, State::kWarn);
  EXPECT_THAT(alone.remedy, HasSubstr("set-ntp"));
}

TEST_F(Doctor, OneFailureExits1AndJsonSaysWhich) {
  hooks.doctor = [](const config::Config&) {
    return std::vector<DoctorRow>{{State::kFail, "temporal", "no answer", "start it"}};
  };
  const Outcome outcome = gantry_here({"doctor", "--json"});
  EXPECT_EQ(outcome.code, 1);
  const Json json = Json::parse(outcome.out);
  EXPECT_EQ(json["ok"], false);
  EXPECT_EQ(json["rows"][1], Json::parse(R"({"name":"temporal","state":"fail",
                                             "detail":"no answer","remedy":"start it"})"));
  EXPECT_THAT(gantry_here({"doctor"}).out, HasSubstr("FAIL temporal: no answer; start it\n"));
}

TEST_F(Doctor, ABrokenConfigurationIsARowAndEndsIt) {
  const auto file = dir.conf("05-x.toml", "rollout = 101\n");
  const Outcome outcome = gantry_here({"doctor"});
  EXPECT_EQ(outcome.code, 1);
  EXPECT_THAT(outcome.out, testing::StartsWith("FAIL configuration: " + file + ":1: rollout"));
  EXPECT_EQ(std::count(outcome.out.begin(), outcome.out.end(), '\n'), 1);
}

TEST_F(Doctor, ThePortsOfARunningHostAreItsOwn) {
  FakeHost host([](const FakeHost::Request&) {
    return FakeHost::Answer{200, R"({"version":"0.1.0","abi":"1.0"})"};
  });
  dir.conf("90-x.toml", "[admin]\nlisten = \"" + host.address() + "\"\n");
  const Outcome outcome = gantry_here({"doctor"});
  EXPECT_EQ(outcome.code, 0) << outcome.out;
  EXPECT_THAT(outcome.out, HasSubstr("is held by the running host"));
}

TEST_F(Doctor, AStrangerOnThePortIsAFailure) {
  FakeHost stranger([](const FakeHost::Request&) { return FakeHost::Answer{200, "{}"}; });
  dir.conf("90-x.toml", "[admin]\nlisten = \"" + stranger.address() + "\"\n");
  EXPECT_EQ(gantry_here({"doctor"}).code, 1);
}

}  // namespace
}  // namespace gantry::cli

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "tests/unit/config/conf_dir.hpp"

namespace gantry::config {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using Json = nlohmann::json;

TEST(Sources, AFileNameGivesTheIdAndTheIdThePluginAndItsLibrary) {
  ConfDir dir;
  const auto file = dir.conf("50-frontapp.toml", "# x\n[source]\n");
  const auto config = load(dir.inputs());
  ASSERT_TRUE(config) << config.error().text();
  ASSERT_EQ(config->sources.size(), 1u);
  const SourceConfig& source = config->sources[0];
  EXPECT_EQ(source.id, "frontapp");
  EXPECT_EQ(source.plugin, "frontapp");
  EXPECT_EQ(source.library, "/opt/plugins/frontapp.so");
  EXPECT_TRUE(source.enabled);
  EXPECT_EQ(source.placement, Placement::kInProcess);
  EXPECT_EQ(source.fanout, Fanout::kAuto);
  EXPECT_EQ(source.poll_interval, std::chrono::seconds(900));
  EXPECT_EQ(source.expected_every, std::chrono::seconds(0));
  EXPECT_EQ(source.settings, "{}");
  EXPECT_EQ(source.file, file);
  EXPECT_EQ(source.line, 2);
}

TEST(Sources, EveryKeyOfASourceIsRead) {
  ConfDir dir;
  dir.conf("60-x.toml", R"([source]
id = "front-ops"
plugin = "frontapp"
library = "/srv/p.so"
enabled = false
placement = "runner"
sha256 = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
egress = ["api2.frontapp.com", "localhost:8443", "*.turvo.com", "[::1]:9"]
fanout = "batch"
poll_interval = "1m"
expected_every = "24h"
[source.limits]
body_bytes_max = "5MiB"
call_timeout = "5s"
[settings]
rules = ["a"]
)");
  const auto config = load(dir.inputs());
  ASSERT_TRUE(config) << config.error().text();
  const SourceConfig& source = config->sources.at(0);
  EXPECT_EQ(source.id, "front-ops");
  EXPECT_EQ(source.plugin, "frontapp");
  EXPECT_EQ(source.library, "/srv/p.so");
  EXPECT_FALSE(source.enabled);
  EXPECT_EQ(source.placement, Placement::kRunner);
  EXPECT_EQ(source.sha256.size(), 64u);
  EXPECT_THAT(source.egress,
              ElementsAre("api2.frontapp.com", "localhost:8443", "*.turvo.com", "[::1]:9"));
  EXPECT_EQ(source.fanout, Fanout::kBatch);
  EXPECT_EQ(source.poll_interval, std::chrono::minutes(1));
  EXPECT_EQ(source.expected_every, std::chrono::hours(24));
  EXPECT_EQ(source.limits.body_bytes_max, 5u * 1024 * 1024);
  EXPECT_EQ(source.limits.call_timeout, std::chrono::seconds(5));
  EXPECT_EQ(Json::parse(source.settings), Json::parse(R"({"rules":["a"]})"));
}

// The TOML texts are from the specification (https://toml.io/en/v1.0.0).
TEST(Sources, TomlValuesBecomeTheJsonOfTheSameMeaning) {
  ConfDir dir;
  dir.conf("50-x.toml", R"([source]
[settings]
text = "Jos\u00E9\tx"
path = 'C:\x'
hex = 0xDEADBEEF
large = 9223372036854775807
pi = 3.5
yes = true
odt1 = 1979-05-27T07:32:00Z
odt2 = 1979-05-27T00:32:00-07:00
ldt = 1979-05-27T07:32:00
ld = 1979-05-27
lt = 07:32:00
list = [1, [2, "x"], {a = 1}]
[settings.deep."a/b"]
k = 1
[[settings.rule]]
name = "one"
[[settings.rule]]
name = "two"
[settings.empty]
)");
  const auto config = load(dir.inputs());
  ASSERT_TRUE(config) << config.error().text();
  EXPECT_EQ(Json::parse(config->sources.at(0).settings), Json::parse(R"({
    "text": "José\tx", "path": "C:\\x", "hex": 3735928559, "large": 9223372036854775807,
    "pi": 3.5, "yes": true, "odt1": "1979-05-27T07:32:00Z", "odt2": "1979-05-27T00:32:00-07:00",
    "ldt": "1979-05-27T07:32:00", "ld": "1979-05-27", "lt": "07:32:00",
    "list": [1, [2, "x"], {"a": 1}], "deep": {"a/b": {"k": 1}},
    "rule": [{"name": "one"}, {"name": "two"}], "empty": {}})"));
}

TEST(Sources, ASettingsLineIsFoundByItsJsonPointer) {
  ConfDir dir;
  const auto file = dir.conf("50-x.toml", R"([source]

[settings]
a = 1
list = [
  "x",
  "y",
]
[settings.deep."a/b"]
k = 1
[[settings.rule]]
name = "one"
)");
  const auto config = load(dir.inputs());
  ASSERT_TRUE(config) << config.error().text();
  const SourceConfig& source = config->sources.at(0);
  EXPECT_EQ(source.origin("").text(), file + ":3");
  EXPECT_EQ(source.origin("/a").text(), file + ":4");
  EXPECT_EQ(source.origin("/list/1").text(), file + ":7");
  EXPECT_EQ(source.origin("/deep/a~1b/k").text(), file + ":10");
  EXPECT_EQ(source.origin("/rule/0/name").text(), file + ":12");
  EXPECT_EQ(source.origin("/a/not/there").text(), file + ":4");
  EXPECT_EQ(source.origin("/absent").text(), file + ":3");
}

struct Refusal {
  const char* file;
  const char* toml;
  int line;
  const char* says;
};
class SourceRefuses : public testing::TestWithParam<Refusal> {};

TEST_P(SourceRefuses, AndNamesFileAndLine) {
  ConfDir dir;
  const auto file = dir.conf(GetParam().file, GetParam().toml);
  const auto config = load(dir.inputs());
  ASSERT_FALSE(config);
  ASSERT_EQ(config.error().items.size(), 1u) << config.error().text();
  const std::string text = config.error().items[0].text();
  EXPECT_THAT(text, testing::StartsWith(file + ":" + std::to_string(GetParam().line) + ": "));
  EXPECT_THAT(text, HasSubstr(GetParam().says));
}

INSTANTIATE_TEST_SUITE_P(
    Files, SourceRefuses,
    testing::Values(
        Refusal{"50-x.toml", "[source]\nplugn = \"a\"", 2, "did you mean \"source.plugin\"?"},
        Refusal{"50-x.toml", "[source]\nid = \"Front\"", 2, "source.id"},
        Refusal{"50-Front App.toml", "\n[source]\n", 2, "which is no source id; set source.id"},
        Refusal{"50-x.toml", "[source]\nsha256 = \"abc\"", 2, "source.sha256"},
        Refusal{"50-x.toml", "[source]\negress = \"a\"", 2, "want a list of texts"},
        Refusal{"50-x.toml", "[source]\negress = [\"https://a\"]", 2, "source.egress"},
        Refusal{"50-x.toml", "[source]\nenabled = \"no\"", 2, "want true or false"},
        Refusal{"50-x.toml", "[source]\nfanout = \"all\"", 2, "one of auto|record|batch|inline"},
        Refusal{"50-x.toml", "[source]\npoll_interval = \"10ms\"", 2, "source.poll_interval"},
        Refusal{"50-x.toml", "[source.limits]\ncall_timeout = \"1ms\"", 2, "from 100ms"},
        Refusal{"50-x.toml", "rollout = 5\n[source]\n", 1, "host settings belong in a file"},
        Refusal{"50-x.toml", "settings = 5\n[source]\n", 1, "settings: want a table"},
        Refusal{"50-x.toml", "[source]\n[settings]\nx = inf\n", 3, "settings.x: infinity and NaN"},
        Refusal{"50-x.toml", "source = 1", 1, "unknown key source"}));

TEST(Sources, TwoFilesWithOneIdAreRefusedAndBothAreNamed) {
  ConfDir dir;
  const auto first = dir.conf("50-front.toml", "[source]\n");
  const auto second = dir.conf("60-front.toml", "\n[source]\n");
  const auto config = load(dir.inputs());
  ASSERT_FALSE(config);
  EXPECT_EQ(config.error().text(), second + ":2: source front is already configured in " + first +
                                       "; give one of them another source.id");
}

TEST(Sources, ExplainMasksWhatIsNamedLikeASecretAndShowsReferences) {
  ConfDir dir;
  const auto file = dir.conf("50-x.toml", R"([source]
[settings]
signing_key = "hunter2"
api_token = "env:FRONT_TOKEN"
keys = ["a"]
subject = "ops"
)");
  const auto config = load(dir.inputs());
  ASSERT_TRUE(config) << config.error().text();
  std::map<std::string, std::pair<std::string, std::string>> rows;
  for (const auto& row : config->explain) rows[row.key] = {row.value, row.origin};
  EXPECT_EQ(rows["x.settings.signing_key"], std::pair(std::string("***"), file + ":3"));
  EXPECT_EQ(rows["x.settings.api_token"].first, "env:FRONT_TOKEN");
  EXPECT_EQ(rows["x.settings.subject"].first, "ops");
  EXPECT_EQ(rows["x.source.fanout"], std::pair(std::string("auto"), std::string("default")));
}

}  // namespace
}  // namespace gantry::config

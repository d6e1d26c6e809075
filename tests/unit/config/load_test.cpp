#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/unit/config/conf_dir.hpp"

namespace gantry::config {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

std::vector<std::string> texts(const LoadResult& result) {
  std::vector<std::string> lines;
  if (!result) {
    for (const Problem& problem : result.error().items) lines.push_back(problem.text());
  }
  return lines;
}

const ExplainRow& row(const Config& config, std::string_view key) {
  for (const ExplainRow& row : config.explain) {
    if (row.key == key) return row;
  }
  throw std::runtime_error("no row " + std::string(key));
}

// The values of the design: section 9 and the roadmap's sections 3, 6 and 9.
TEST(Load, WithoutAnyFileTheDefaultsOfTheDesignHold) {
  ConfDir dir;
  const auto config = load(dir.inputs());
  ASSERT_TRUE(config) << config.error().text();
  EXPECT_EQ(config->host.temporal.address, "");
  EXPECT_EQ(config->host.temporal.namespace_, "default");
  EXPECT_EQ(config->host.temporal.task_queue, "gantry-ingestion");
  EXPECT_EQ(config->host.temporal.metrics_port, 8078);
  EXPECT_EQ(config->host.temporal.drain_timeout, std::chrono::seconds(30));
  EXPECT_EQ(config->host.ingress.body_bytes_max, 1'048'576u);
  EXPECT_EQ(config->host.ingress.header_bytes_max, 8'192u);
  EXPECT_EQ(config->host.tracing.enabled, false);
  EXPECT_EQ(config->host.plugin_dir, "/opt/plugins");
  EXPECT_EQ(row(*config, "plugin_dir").value, "/opt/plugins");
  EXPECT_EQ(config->host.stores.embedded_path, ".gantry/stores.db");
  EXPECT_EQ(row(*config, "stores.embedded.path").origin, "default");
  EXPECT_TRUE(config->sources.empty());
}

TEST(Load, EveryEnvironmentNameOfTheRoadmapIsHonoured) {
  ConfDir dir;
  const std::string pem = dir.write("a.pem", "x");
  Inputs inputs = dir.inputs();
  inputs.environment = {
      {"TEMPORAL_HOST", "temporal.example:7233"},
      {"TEMPORAL_NAMESPACE", "freight"},
      {"TEMPORAL_TASK_QUEUE", "other-queue"},
      {"TEMPORAL_WORKER_BUILD_ID", "2026.1"},
      {"TEMPORAL_DEPLOYMENT_NAME", "blue"},
      {"TEMPORAL_TLS_SERVER_CA_CERT_PATH", pem},
      {"TEMPORAL_TLS_CLIENT_CERT_PATH", pem},
      {"TEMPORAL_TLS_CLIENT_KEY_PATH", pem},
      {"TEMPORAL_TLS_SERVER_NAME", "cloud.example"},
      {"TEMPORAL_METRICS_PORT", "9100"},
      {"TEMPORAL_ENABLE_TRACING", "true"},
      {"TEMPORAL_OTEL_ENDPOINT", "http://collector:4317"},
      {"TEMPORAL_ROLLOUT", "10"},
  };
  const auto config = load(inputs);
  ASSERT_TRUE(config) << config.error().text();
  const Temporal& temporal = config->host.temporal;
  EXPECT_EQ(temporal.address, "temporal.example:7233");
  EXPECT_EQ(temporal.namespace_, "freight");
  EXPECT_EQ(temporal.task_queue, "other-queue");
  EXPECT_EQ(temporal.build_id, "2026.1");
  EXPECT_EQ(temporal.deployment_name, "blue");
  EXPECT_TRUE(temporal.tls.enabled);
  EXPECT_EQ(temporal.tls.ca_file, pem);
  EXPECT_EQ(temporal.tls.cert_file, pem);
  EXPECT_EQ(temporal.tls.key_file, pem);
  EXPECT_EQ(temporal.tls.server_name, "cloud.example");
  EXPECT_EQ(temporal.metrics_port, 9100);
  EXPECT_TRUE(config->host.tracing.enabled);
  EXPECT_EQ(config->host.tracing.endpoint, "http://collector:4317");
  EXPECT_EQ(config->host.rollout, 10);
}

TEST(Load, RolloutTakes0And100AndNothingOutside) {
  for (const auto& [text, good] : {std::pair{"0", true},
                                   {"100", true},
                                   {"50", true},
                                   {"-1", false},
                                   {"101", false},
                                   {"50.5", false},
                                   {"half", false}}) {
    ConfDir dir;
    Inputs inputs = dir.inputs();
    inputs.environment = {{"TEMPORAL_ROLLOUT", text}};
    const auto config = load(inputs);
    EXPECT_EQ(config.has_value(), good) << text;
    if (good) {
      EXPECT_EQ(config->host.rollout, std::stoi(text));
      EXPECT_EQ(config->host.use_temporal(), std::string_view(text) != "0");
    } else {
      EXPECT_THAT(texts(config),
                  ElementsAre(testing::AllOf(HasSubstr("environment TEMPORAL_ROLLOUT: rollout: "),
                                             HasSubstr("0 to 100"))));
    }
  }
}

TEST(Load, FlagBeatsEnvironmentBeatsEnvFileBeatsConfBeatsDefault) {
  // Each step adds one stronger origin; the answer must be its value.
  const std::string key = "temporal.namespace";
  for (int strongest = 0; strongest <= 4; ++strongest) {
    ConfDir dir;
    Inputs inputs = dir.inputs();
    std::string want = "default", from = "default";
    if (strongest >= 1) {
      const auto file = dir.conf("10-temporal.toml", "[temporal]\nnamespace = \"conf\"\n");
      want = "conf";
      from = file + ":2";
    }
    if (strongest >= 2) {
      const auto file = dir.write(".env.temporal", "# x\n\nTEMPORAL_NAMESPACE=envfile\n");
      want = "envfile";
      from = file + ":3";
    }
    if (strongest >= 3) {
      inputs.environment["TEMPORAL_NAMESPACE"] = "environment";
      want = "environment";
      from = "environment TEMPORAL_NAMESPACE";
    }
    if (strongest >= 4) {
      inputs.flags.push_back({"--namespace", key, "flag"});
      want = "flag";
      from = "flag --namespace";
    }
    const auto config = load(inputs);
    ASSERT_TRUE(config) << config.error().text();
    EXPECT_EQ(config->host.temporal.namespace_, want);
    EXPECT_EQ(row(*config, key).value, want);
    EXPECT_EQ(row(*config, key).origin, from);
    const auto& overrides = row(*config, key).overrides;
    EXPECT_EQ(std::count(overrides.begin(), overrides.end(), ','), std::max(0, strongest - 2));
  }
}

TEST(Load, ALaterFileWinsPerKeyAndExplainNamesBoth) {
  ConfDir dir;
  const auto first = dir.conf("00-host.toml", "rollout = 10\nstate_dir = \"/a\"\n");
  const auto second = dir.conf("90-mine.local.toml", "\nrollout = 20\n");
  const auto config = load(dir.inputs());
  ASSERT_TRUE(config) << config.error().text();
  EXPECT_EQ(config->host.rollout, 20);
  EXPECT_EQ(config->host.state_dir, "/a");
  EXPECT_EQ(row(*config, "rollout").origin, second + ":2");
  EXPECT_EQ(row(*config, "rollout").overrides, first + ":1");
}

TEST(Load, AllProblemsOfAllFilesAreReportedAtOnce) {
  ConfDir dir;
  const auto host =
      dir.conf("00-host.toml", "rolout = 10\nstrict = \"yes\"\n[ingress]\nlisten = \"8080\"\n");
  const auto broken = dir.conf("05-broken.toml", "a = 1\nb = = 2\n");
  const auto temporal = dir.conf("10-temporal.toml", "[temporal]\nmetrics_port = 70000\n");
  const auto source = dir.conf("50-x.toml", "[source]\nplacement = \"moon\"\n");
  const auto lines = texts(load(dir.inputs()));
  EXPECT_THAT(lines, testing::UnorderedElementsAre(
                         HasSubstr(host + ":1: unknown key rolout; did you mean \"rollout\"?"),
                         HasSubstr(host + ":2: strict: want true or false, not a text"),
                         HasSubstr(host + ":4: ingress.listen: want host:port"),
                         HasSubstr(broken + ":2: not TOML"),
                         HasSubstr(temporal + ":2: temporal.metrics_port: want a whole number "
                                              "from 0 to 65535, got \"70000\""),
                         HasSubstr(source + ":2: source.placement: want one of "
                                            "in-process|runner, got \"moon\"")));
}

struct Refusal {
  const char* toml;
  int line;
  const char* says;
};
class LoadRefuses : public testing::TestWithParam<Refusal> {};

TEST_P(LoadRefuses, AndNamesFileAndLine) {
  ConfDir dir;
  const auto file = dir.conf("00-host.toml", GetParam().toml);
  EXPECT_THAT(texts(load(dir.inputs())),
              ElementsAre(testing::AllOf(
                  testing::StartsWith(file + ":" + std::to_string(GetParam().line) + ": "),
                  HasSubstr(GetParam().says))));
}

INSTANTIATE_TEST_SUITE_P(
    Settings, LoadRefuses,
    testing::Values(
        Refusal{"rollout = 101", 1, "0 to 100"},
        Refusal{"rollout = \"50\"", 1, "want a whole number from 0 to 100, not a text"},
        Refusal{"rollout = 1.5", 1, "not a number with a fraction"},
        Refusal{"strict = 1", 1, "strict: want true or false"},
        Refusal{"state_dir = \"\"", 1, "state_dir: want a value such as"},
        Refusal{"plugin_dir = \"/nonexistent/x\"", 1, "/nonexistent/x is no directory"},
        Refusal{"[ingress]\nlisten = \"host\"", 2, "host:port"},
        Refusal{"[ingress]\nlisten = \"host:65536\"", 2, "host:port"},
        Refusal{"[ingress]\nlisten = \":80\"", 2, "host:port"},
        Refusal{"[ingress]\nlisten = \"\"", 2,
                "ingress.listen: want a value such as \"127.0.0.1:8080\""},
        Refusal{"[ingress]\npublic_url = \"ftp://x\"", 2, "http:// or https://"},
        Refusal{"[ingress]\npublic_url = \"https://u:p@x/\"", 2, "http:// or https://"},
        Refusal{"[ingress]\nbody_bytes_max = \"1MB\"", 2, "\"1MiB\""},
        Refusal{"[ingress]\nbody_bytes_max = 10", 2, "from 1024 to"},
        Refusal{"[ingress]\nidle_timeout = 30", 2,
                "a duration such as \"30s\", not a whole number"},
        Refusal{"[ingress]\nidle_timeout = \"30\"", 2, "a duration such as"},
        Refusal{"[ingress]\nidle_timeout = \"10ms\"", 2, "from 100ms"},
        Refusal{"[ingress]\nlisten = \"0.0.0.0:8081\"\n[admin]\nlisten = \"127.0.0.1:8081\"", 4,
                "is taken by ingress.listen"},
        Refusal{"[temporal]\nmetrics_port = 8080", 2, "8080 is taken by ingress.listen"},
        Refusal{"[temporal]\naddress = \"server:0\"", 2, "port 0 is no server"},
        Refusal{"[temporal]\nnamespace = \"a b\"", 2, "temporal.namespace"},
        Refusal{"[temporal.tls]\nca_file = \"/nonexistent.pem\"", 2, "exists and is readable"},
        Refusal{"[temporal.tls]\ncert_file = \"/dev/null\"", 2, "set both or none"},
        Refusal{"[temporal]\naddress = \"a:1\"\n[temporal.tls]\nkey_file = \"/dev/null\"", 4,
                "set both or none"},
        Refusal{"[temporal]\napi_key = \"ey123\"", 2, "\"env:NAME\" or \"file:PATH\""},
        Refusal{"[temporal]\nsticky_cache_size = -1", 2, "from 0 to"},
        Refusal{"[log]\nlevel = \"loud\"", 2, "trace|debug|info|warn|error|off"},
        Refusal{"[log]\nformat = \"xml\"", 2, "auto|console|json"},
        Refusal{"[log.levels]\ningress = \"loud\"", 2, "log.levels.ingress: want one of"},
        Refusal{"[tracing]\nendpoint = \"collector\"", 2, "http:// or https://"},
        Refusal{"[embedding]\nembedder = \"gpt\"", 2, "one of auto|minilm|hashing|openai"},
        Refusal{"[settings]\na = 1", 2, "add a [source] table"},
        Refusal{"[temporall]\naddress = \"a:1\"", 2,
                "unknown key temporall.address; did you mean \"temporal.address\"?"},
        Refusal{"[nothing.like.it]", 1, "unknown key nothing.like.it"},
        Refusal{"temporal = 5", 1, "unknown key temporal"}));

TEST(Load, ALiteralApiKeyIsRefusedWithoutBeingShown) {
  ConfDir dir;
  dir.conf("10-temporal.toml", "[temporal]\napi_key = \"ey-very-secret\"\n");
  const auto config = load(dir.inputs());
  ASSERT_FALSE(config);
  EXPECT_THAT(config.error().text(), testing::Not(HasSubstr("ey-very-secret")));
}

TEST(Load, AnApiKeyFromTheEnvironmentIsKeptAsAReference) {
  ConfDir dir;
  Inputs inputs = dir.inputs();
  inputs.environment = {{"TEMPORAL_API_KEY", "ey-very-secret"}, {"TEMPORAL_HOST", "cloud:7233"}};
  const auto config = load(inputs);
  ASSERT_TRUE(config) << config.error().text();
  EXPECT_EQ(config->host.temporal.api_key, "env:TEMPORAL_API_KEY");
  EXPECT_TRUE(config->host.temporal.tls.enabled);
  for (const ExplainRow& line : config->explain) {
    EXPECT_THAT(line.value, testing::Not(HasSubstr("ey-very-secret")));
  }
}

TEST(Load, TlsWithoutAnAddressIsAWarningNotAnError) {
  ConfDir dir;
  const auto file = dir.conf("10-temporal.toml", "[temporal.tls]\nenabled = true\n");
  const auto config = load(dir.inputs());
  ASSERT_TRUE(config) << config.error().text();
  ASSERT_EQ(config->warnings.size(), 1u);
  EXPECT_EQ(config->warnings[0].text(),
            file + ":2: temporal.tls.enabled has no effect without temporal.address");
}

TEST(Load, AVariableSetToNothingCountsAsNotSet) {
  ConfDir dir;
  dir.conf("10-temporal.toml", "[temporal]\nnamespace = \"conf\"\n");
  Inputs inputs = dir.inputs();
  inputs.environment = {{"TEMPORAL_NAMESPACE", ""}};
  EXPECT_EQ(load(inputs)->host.temporal.namespace_, "conf");
}

TEST(Load, ModuleLevelsCarryTheModuleName) {
  ConfDir dir;
  dir.conf("00-host.toml", "[log.levels]\ningress = \"debug\"\n\"temporal.worker\" = \"warn\"\n");
  const auto config = load(dir.inputs());
  ASSERT_TRUE(config) << config.error().text();
  EXPECT_THAT(
      config->host.log.module_levels,
      ElementsAre(testing::Pair("ingress", "debug"), testing::Pair("temporal.worker", "warn")));
}

TEST(Load, BytesTakeUnits) {
  ConfDir dir;
  dir.conf("00-host.toml", "[ingress]\nbody_bytes_max = \"2MiB\"\nheader_bytes_max = 4096\n");
  const auto config = load(dir.inputs());
  ASSERT_TRUE(config) << config.error().text();
  EXPECT_EQ(config->host.ingress.body_bytes_max, 2u * 1024 * 1024);
  EXPECT_EQ(config->host.ingress.header_bytes_max, 4096u);
}

TEST(Load, AConfigDirectoryThatWasAskedForMustExist) {
  ConfDir dir;
  Inputs inputs = dir.inputs();
  inputs.directory = dir.path("nowhere");
  EXPECT_THAT(texts(load(inputs)), ElementsAre(HasSubstr("flag --config: ")));
}

TEST(Load, WithoutAFlagTheWorkingDirectorysConfDIsRead) {
  ConfDir dir;
  dir.conf("00-host.toml", "rollout = 7\n");
  Inputs inputs = dir.inputs();
  inputs.directory.clear();
  EXPECT_EQ(load(inputs)->host.rollout, 7);
}

TEST(EnvFile, ReadsQuotesCommentsAndExport) {
  ConfDir dir;
  dir.write(".env.temporal",
            "# comment\r\n"
            "export TEMPORAL_NAMESPACE=\"with quotes\"\n"
            "TEMPORAL_TASK_QUEUE='queue' # why\n"
            "FRONTAPP_WEBHOOK_SECRET=a#b=c # the secret\n");
  Inputs inputs = dir.inputs();
  inputs.environment = {{"TEMPORAL_NAMESPACE", "real"}};
  const auto config = load(inputs);
  ASSERT_TRUE(config) << config.error().text();
  EXPECT_EQ(config->host.temporal.task_queue, "queue");
  EXPECT_EQ(config->environment.at("FRONTAPP_WEBHOOK_SECRET"), "a#b=c");
  EXPECT_EQ(config->environment.at("TEMPORAL_NAMESPACE"), "real");
}

TEST(EnvFile, IsAlsoReadFromTheConfigDirectory) {
  ConfDir dir;
  dir.conf(".env.temporal", "TEMPORAL_ROLLOUT=3\n");
  EXPECT_EQ(load(dir.inputs())->host.rollout, 3);
}

TEST(EnvFile, BadLinesAreNamedAndNeverShown) {
  ConfDir dir;
  const auto file = dir.write(".env.temporal",
                              "hunter2\n"
                              "TEMPORAL_ROLOUT=5\n"
                              "FRONT_SECRET=\"hunter2\n"
                              "TEMPORAL_ROLLOUT=500\n");
  const auto lines = texts(load(dir.inputs()));
  EXPECT_THAT(lines,
              ElementsAre(file + ":1: not NAME=VALUE; comment it out with #",
                          file + ":2: unknown variable TEMPORAL_ROLOUT; did you mean "
                                 "\"TEMPORAL_ROLLOUT\"?",
                          file + ":3: FRONT_SECRET: the quote does not end on this line",
                          HasSubstr(file + ":4: rollout: want a whole number from 0 to 100")));
  for (const auto& line : lines) EXPECT_THAT(line, testing::Not(HasSubstr("hunter2")));
}

TEST(Load, ATruncatedFileIsReadOrRefusedButNeverMisread) {
  const std::string whole =
      "# \xC3\xA9\n[source]\nplugin = \"front\"\n[settings]\na = [1, {b = 'x'}]\nd = 1979-05-27\n";
  const std::string env = "export A=\"b\"\nTEMPORAL_ROLLOUT=5 # x\n";
  for (std::size_t size = 0; size <= whole.size(); ++size) {
    ConfDir dir;
    const auto file = dir.conf("50-x.toml", whole.substr(0, size));
    dir.write(".env.temporal", env.substr(0, std::min(size, env.size())));
    const auto config = load(dir.inputs());
    if (config) {
      for (const auto& source : config->sources) EXPECT_EQ(source.file, file);
      continue;
    }
    for (const Problem& problem : config.error().items) {
      EXPECT_THAT(problem.text(), testing::ContainsRegex("(50-x.toml|[.]env[.]temporal):[0-9]+: "));
    }
  }
}

TEST(Load, TheSameFilesGiveTheSameAnswerAndAnErrorLeavesNothingHalfDone) {
  ConfDir dir;
  dir.conf("00-host.toml", "rollout = 10\n");
  const Inputs inputs = dir.inputs();
  const auto before = load(inputs);
  dir.conf("00-host.toml", "rollout = 20\nstate_dirr = \"x\"\n");
  EXPECT_FALSE(load(inputs));
  EXPECT_EQ(before->host.rollout, 10);
}

}  // namespace
}  // namespace gantry::config

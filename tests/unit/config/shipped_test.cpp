// The files that are shipped say what the option tables say.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <regex>
#include <sstream>

#include "host/config/option.hpp"
#include "host/config/render.hpp"
#include "tests/unit/config/conf_dir.hpp"

namespace gantry::config {
namespace {

std::string shipped(const std::string& name) {
  const char* root = std::getenv("GANTRY_TEST_ROOT");
  std::ifstream file(std::string(root == nullptr ? "." : root) + '/' + name, std::ios::binary);
  EXPECT_TRUE(file) << name;
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

/// Takes the # from every line that is a commented-out setting.
std::string uncommented(const std::string& text) {
  return std::regex_replace(text, std::regex("(^|\n)#([A-Za-z_][A-Za-z_0-9]* ?=)"), "$1$2");
}

constexpr const char* kHostFiles[] = {"00-host.toml", "10-temporal.toml", "20-stores.toml",
                                      "30-models.toml"};

TEST(Shipped, HostFilesAreTheOptionTablesWrittenOut) {
  for (const char* name : kHostFiles) {
    EXPECT_EQ(shipped(std::string("conf.d/") + name), render_defaults(name))
        << "renew it: gantry check --defaults " << name << " > conf.d/" << name;
  }
  EXPECT_EQ(shipped(".env.temporal.example"), render_defaults(".env.temporal"));
}

TEST(Shipped, EveryKeyIsInTheFilesAndTakingAllCommentsAwayChangesNothing) {
  ConfDir plain, full;
  for (const char* name : kHostFiles) {
    full.conf(name, uncommented(shipped(std::string("conf.d/") + name)));
  }
  const auto defaults = load(plain.inputs());
  const auto config = load(full.inputs());
  ASSERT_TRUE(defaults) << defaults.error().text();
  ASSERT_TRUE(config) << config.error().text();
  ASSERT_EQ(config->explain.size(), defaults->explain.size());
  for (std::size_t i = 0; i < config->explain.size(); ++i) {
    EXPECT_EQ(config->explain[i].key, defaults->explain[i].key);
    EXPECT_EQ(config->explain[i].value, defaults->explain[i].value) << config->explain[i].key;
    EXPECT_THAT(config->explain[i].origin, testing::HasSubstr(".toml:")) << config->explain[i].key;
  }
}

TEST(Shipped, TheFilesAsTheyAreChangeNothing) {
  ConfDir dir;
  for (const char* name : kHostFiles) dir.conf(name, shipped(std::string("conf.d/") + name));
  const auto config = load(dir.inputs());
  ASSERT_TRUE(config) << config.error().text();
  for (const auto& row : config->explain) EXPECT_EQ(row.origin, "default") << row.key;
}

TEST(Shipped, EveryExampleSourceNamesEveryKeyOfASourceAndLoads) {
  for (const std::string id :
       {"frontapp", "hubspot", "plaid", "quickbooks", "samsara", "sonar", "stripe", "turvo"}) {
    const std::string text = shipped("conf.d/50-" + id + ".toml.example");
    EXPECT_THAT(text, testing::HasSubstr(render_defaults("source"))) << id;
    ConfDir dir;
    dir.conf("50-" + id + ".toml", text);
    const auto config = load(dir.inputs());
    ASSERT_TRUE(config) << id << ": " << config.error().text();
    EXPECT_EQ(config->sources.at(0).id, id);
  }
}

TEST(Shipped, TheExampleOfFilesNamesEveryKeyAndLoadsWithItsColumns) {
  std::string text = shipped("conf.d/50-csv.toml.example");
  EXPECT_THAT(text, testing::HasSubstr(render_defaults("source")));
  EXPECT_THAT(text, testing::HasSubstr(render_defaults("source.files")));
  ConfDir dir;
  dir.conf("50-csv.toml", text);
  auto config = load(dir.inputs());
  ASSERT_TRUE(config) << config.error().text();
  EXPECT_EQ(config->sources.at(0).plugin, "csv");
  text = std::regex_replace(uncommented(text), std::regex("\n#(\\[\\[)"), "\n$1");
  ConfDir full;
  full.conf("50-csv.toml", text);
  config = load(full.inputs());
  ASSERT_TRUE(config) << config.error().text();
  const std::string& settings = config->sources.at(0).settings;
  EXPECT_THAT(settings, testing::HasSubstr(R"("file_kind":"load")"));
  EXPECT_THAT(settings, testing::HasSubstr(R"("target":"pickup_at")"));
}

TEST(Shipped, TheExampleOfEdiFilesNamesEveryKeyAndLoads) {
  const std::string text = shipped("conf.d/50-edi.toml.example");
  EXPECT_THAT(text, testing::HasSubstr(render_defaults("source")));
  EXPECT_THAT(text, testing::HasSubstr(render_defaults("source.files")));
  for (const std::string& each : {text, uncommented(text)}) {
    ConfDir dir;
    dir.conf("50-edi.toml", each);
    const auto config = load(dir.inputs());
    ASSERT_TRUE(config) << config.error().text();
    EXPECT_EQ(config->sources.at(0).id, "edi");
  }
}

TEST(Shipped, TheEnvironmentExampleUncommentedChangesNothing) {
  ConfDir dir;
  dir.write(".env.temporal", uncommented(shipped(".env.temporal.example")));
  const auto config = load(dir.inputs());
  ASSERT_TRUE(config) << config.error().text();
  ConfDir plain;
  const auto defaults = load(plain.inputs());
  for (std::size_t i = 0; i < config->explain.size(); ++i) {
    EXPECT_EQ(config->explain[i].value, defaults->explain[i].value) << config->explain[i].key;
  }
}

TEST(Shipped, GitIgnoresEnvTemporalAndNotItsExample) {
  const std::string ignore = shipped(".gitignore");
  EXPECT_TRUE(std::regex_search(ignore, std::regex("(^|\n)/?\\.env\\.temporal(\n|$)")));
  EXPECT_FALSE(std::regex_search(ignore, std::regex("\\.env\\.temporal(\\*|\\.example)")));
}

TEST(Options, EveryOneHasAHelpAndADefaultThatIsValid) {
  for (const auto& option : host_options()) {
    EXPECT_FALSE(option.spec.help.empty()) << option.spec.key;
    if (option.spec.key.ends_with('*')) continue;
    EXPECT_TRUE(read_text(option.spec, option.spec.fallback)) << option.spec.key;
  }
  for (const auto& option : source_options()) {
    EXPECT_FALSE(option.spec.help.empty()) << option.spec.key;
    EXPECT_TRUE(read_text(option.spec, option.spec.fallback)) << option.spec.key;
  }
}

}  // namespace
}  // namespace gantry::config

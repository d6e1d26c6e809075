#include <gmock/gmock.h>

#include "tests/unit/config/conf_dir.hpp"

namespace gantry::config {
namespace {

using testing::HasSubstr;
using testing::Not;

LoadResult load_stores(ConfDir& dir, const std::string& text) {
  dir.conf("20-stores.toml", text);
  return load(dir.inputs());
}

TEST(StoreSettings, WithoutThemEverythingIsInTheEmbeddedFile) {
  ConfDir dir;
  const auto config = load(dir.inputs());
  ASSERT_TRUE(config) << config.error().text();
  const Stores& stores = config->host.stores;
  for (const StorePort* port : {&stores.documents, &stores.vectors, &stores.graph, &stores.cache}) {
    EXPECT_EQ(port->url + port->password, "");
  }
  EXPECT_EQ(stores.pool_size, 8);
  EXPECT_EQ(stores.timeout, std::chrono::seconds(30));
}

TEST(StoreSettings, TakeAServerPerPort) {
  ConfDir dir;
  const auto config =
      load_stores(dir,
                  "[stores]\npool_size = 3\ntimeout = \"5s\"\n"
                  "[stores.documents]\n"
                  "url = \"postgresql://gantry@db:5432/gantry?sslmode=verify-full\"\n"
                  "password = \"env:DB_PASSWORD\"\n"
                  "[stores.vectors]\nurl = \"postgres://[::1]:5433/v\"\n");
  ASSERT_TRUE(config) << config.error().text();
  EXPECT_EQ(config->host.stores.documents.url,
            "postgresql://gantry@db:5432/gantry?sslmode=verify-full");
  EXPECT_EQ(config->host.stores.documents.password, "env:DB_PASSWORD");
  EXPECT_EQ(config->host.stores.vectors.url, "postgres://[::1]:5433/v");
  EXPECT_EQ(config->host.stores.pool_size, 3);
}

TEST(StoreSettings, TakeVectorsGraphAndCacheOnServersOfTheirOwn) {
  ConfDir dir;
  const auto config = load_stores(dir,
                                  "[stores]\nca_file = \"/etc/gantry/ca.pem\"\n"
                                  "[stores.vectors]\nurl = \"qdrant+https://vectors:6333\"\n"
                                  "password = \"env:QDRANT_KEY\"\n"
                                  "[stores.graph]\nurl = \"neo4j+https://ann@graph:7473/freight\"\n"
                                  "[stores.cache]\nurl = \"rediss://cache:6379/0\"\n");
  ASSERT_TRUE(config) << config.error().text();
  const Stores& stores = config->host.stores;
  EXPECT_EQ(stores.vectors.url, "qdrant+https://vectors:6333");
  EXPECT_EQ(stores.vectors.password, "env:QDRANT_KEY");
  EXPECT_EQ(stores.graph.url, "neo4j+https://ann@graph:7473/freight");
  EXPECT_EQ(stores.cache.url, "rediss://cache:6379/0");
  EXPECT_EQ(stores.ca_file, "/etc/gantry/ca.pem");
}

TEST(StoreSettings, TheDriversOwnSchemeOfNeo4jIsRefusedWithTheRightOne) {
  ConfDir dir;
  const auto config = load_stores(dir, "[stores.graph]\nurl = \"neo4j+s://graph\"\n");
  ASSERT_FALSE(config);
  EXPECT_THAT(config.error().text(), HasSubstr("neo4j+https:// or neo4j+http://, not neo4j+s://"));
}

TEST(StoreSettings, AnUnknownSchemeIsNamedWithFileAndLineAndTheKnownOnes) {
  ConfDir dir;
  const auto config = load_stores(dir, "[stores.documents]\n\nurl = \"mysql://db/gantry\"\n");
  ASSERT_FALSE(config);
  EXPECT_THAT(config.error().text(), HasSubstr("20-stores.toml:3"));
  EXPECT_THAT(config.error().text(), HasSubstr("stores.documents.url"));
  EXPECT_THAT(config.error().text(), HasSubstr("postgresql:// or postgres://, not mysql://"));
}

TEST(StoreSettings, APasswordInAUrlIsRefusedAndNotRepeated) {
  for (const char* url :
       {"postgresql://ann:hunter2@db/x", "postgresql://:hunter2@db/x", "hunter2",
        "postgresql://db/x?password=hunter2", "postgresql://db/x?a=b&sslpassword=hunter2",
        "postgresql://db/x?PASSWORD=hunter2", "postgresql://db x?hunter2",
        "mysql://a:hunter2@db/"}) {
    ConfDir dir;
    const auto config =
        load_stores(dir, "[stores.documents]\nurl = \"" + std::string(url) + "\"\n");
    ASSERT_FALSE(config) << url;
    EXPECT_THAT(config.error().text(), Not(HasSubstr("hunter2"))) << url;
  }
  ConfDir dir;
  const auto literal = load_stores(
      dir, "[stores.documents]\nurl = \"postgresql://ann@db/x\"\npassword = \"hunter2\"\n");
  ASSERT_FALSE(literal);
  EXPECT_THAT(literal.error().text(), HasSubstr("20-stores.toml:3"));
  EXPECT_THAT(literal.error().text(), Not(HasSubstr("hunter2")));
}

TEST(StoreSettings, AVariableMayHoldThePasswordItself) {
  ConfDir dir;
  Inputs inputs = dir.inputs();
  inputs.environment["GANTRY_DOCUMENTS_URL"] = "postgresql://ann@db/x";
  inputs.environment["GANTRY_DOCUMENTS_PASSWORD"] = "hunter2";
  const auto config = load(inputs);
  ASSERT_TRUE(config) << config.error().text();
  EXPECT_EQ(config->host.stores.documents.password, "env:GANTRY_DOCUMENTS_PASSWORD");
  for (const ExplainRow& row : config->explain) EXPECT_THAT(row.value, Not(HasSubstr("hunter2")));
}

}  // namespace
}  // namespace gantry::config

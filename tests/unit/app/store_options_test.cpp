#include "host/app/store_options.hpp"

#include <gmock/gmock.h>
#include <unistd.h>

#include <filesystem>

#include "host/config/option.hpp"

namespace gantry::app {
namespace {

using testing::HasSubstr;

config::Config chosen(std::string url, std::string password) {
  config::Config config;
  config.host.stores.embedded_path = "/var/lib/gantry/stores.db";
  config.host.stores.documents = {std::move(url), std::move(password)};
  config.host.stores.pool_size = 3;
  config.environment = {{"DB_PASSWORD", "hunter2"}};
  return config;
}

TEST(StoreOptions, ResolveThePasswordOfEachPort) {
  const auto options = store_options(chosen("postgresql://ann@db/x", "env:DB_PASSWORD")).value();
  EXPECT_EQ(options.documents.url, "postgresql://ann@db/x");
  EXPECT_EQ(options.documents.password, "hunter2");
  EXPECT_EQ(options.vectors.url + options.graph.url + options.cache.url, "");
  EXPECT_EQ(options.pool_size, 3);
  EXPECT_EQ(options.embedded.file, "/var/lib/gantry/stores.db");
}

TEST(StoreOptions, NameTheKeyOfAPasswordThatIsNotThere) {
  const auto options = store_options(chosen("postgresql://ann@db/x", "env:NOBODY"));
  ASSERT_FALSE(options.has_value());
  EXPECT_THAT(options.error().what, HasSubstr("stores.documents.password"));
  EXPECT_THAT(options.error().what, HasSubstr("NOBODY"));
}

TEST(StoreOptions, APortWithoutAUrlNeedsNoPassword) {
  EXPECT_TRUE(store_options(chosen("", "env:NOBODY")).has_value());
}

/// What `gantry check` lets through, the host can open.
TEST(StoreOptions, EverySchemeThatConfigurationKnowsHasAnAdapter) {
  char name[] = "/tmp/gantry-store-options-XXXXXX";
  const std::filesystem::path folder = ::mkdtemp(name);
  int schemes = 0;
  for (const auto& option : config::host_options()) {
    if (option.spec.type != config::OptionType::kStoreUrl) continue;
    for (std::size_t at = 0; at < option.spec.choices.size();) {
      const std::size_t end =
          std::min(option.spec.choices.find('|', at), option.spec.choices.size());
      const std::string scheme(option.spec.choices.substr(at, end - at));
      at = end + 1;
      ++schemes;
      config::Config config;
      config.host.stores.embedded_path = folder / "stores.db";
      config.host.stores.pool_size = 1;
      const auto value = config::read_text(option.spec, scheme + "://127.0.0.1:1/7");
      ASSERT_TRUE(value.has_value()) << scheme;
      option.set(config.host, *value);
      const auto opened = stores::OpenedStores::open(store_options(config).value());
      ASSERT_TRUE(opened.has_value()) << scheme << ": " << opened.error().message();
      EXPECT_TRUE((*opened)->uses_servers()) << option.spec.key << ": " << scheme;
    }
  }
  EXPECT_GE(schemes, 10);
  std::filesystem::remove_all(folder);
}

}  // namespace
}  // namespace gantry::app

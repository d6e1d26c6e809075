#include "host/plugins/loader.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <algorithm>
#include <cctype>
#include <cstdlib>

#include "host/base/digest.hpp"
#include "host/base/encoding.hpp"
#include "host/plugins/inspect.hpp"
#include "host/plugins/plugin_file.hpp"
#include "tests/unit/plugins/fixture.hpp"

namespace gantry::plugins {
namespace {

using test::Host;
using test::request;
using test::TempDir;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

/// Asserts that one source is refused with one line that names origin, file, reason and remedy, and
/// that the source beside it runs.
void expect_refused(const SourceRequest& bad, RefusalKind kind, const std::string& reason,
                    const std::string& remedy) {
  const TempDir dir;
  Host host;
  Loader loader(host.ports());
  const SourceRequest healthy = request("healthy", dir.install("good_without_note"));

  const LoadOutcome outcome = loader.load_all({bad, healthy});

  ASSERT_EQ(outcome.refusals.size(), 1U);
  const Refusal& refusal = outcome.refusals.front();
  EXPECT_EQ(to_string(refusal.kind), to_string(kind)) << refusal.message;
  EXPECT_EQ(refusal.source_id, bad.source_id);
  EXPECT_EQ(refusal.file, bad.file.string());
  EXPECT_THAT(refusal.message, StartsWith(bad.origin + ": source " + bad.source_id));
  EXPECT_THAT(refusal.message, HasSubstr(bad.file.string()));
  EXPECT_THAT(refusal.message, HasSubstr(reason));
  EXPECT_THAT(refusal.message, HasSubstr("; "));
  EXPECT_THAT(refusal.message, HasSubstr(remedy));
  EXPECT_THAT(refusal.message, Not(HasSubstr("\n")));
  EXPECT_THAT(host.log.text(), HasSubstr("plugin_refused source=" + bad.source_id));
  EXPECT_THAT(host.log.text(), HasSubstr("kind=" + std::string(to_string(kind))));

  ASSERT_TRUE(outcome.registry);
  EXPECT_EQ(outcome.registry->find(bad.source_id), nullptr);
  ASSERT_NE(outcome.registry->find("healthy"), nullptr);
  EXPECT_TRUE(outcome.registry->find("healthy")->has("gantry.webhook/1"));
}

class LoaderRefuses : public ::testing::Test {
 protected:
  void SetUp() override { ::unsetenv("GANTRY_FIXTURE_RAN"); }
  TempDir dir_;
};

TEST_F(LoaderRefuses, AMissingFile) {
  expect_refused(request("front", dir_.path() / "nowhere.so"), RefusalKind::kMissingFile,
                 "does not exist", "correct the path");
}

TEST_F(LoaderRefuses, ARelativePath) {
  expect_refused(request("front", "plugins/front.so"), RefusalKind::kMissingFile,
                 "is not an absolute path", "write the whole path");
}

TEST_F(LoaderRefuses, AFolder) {
  expect_refused(request("front", dir_.path()), RefusalKind::kNotRegularFile,
                 "is not a regular file", "name the plugin's .so file");
}

TEST_F(LoaderRefuses, AFifoWithoutHanging) {
  const auto fifo = dir_.path() / "fifo.so";
  ASSERT_EQ(::mkfifo(fifo.c_str(), 0600), 0);
  expect_refused(request("front", fifo), RefusalKind::kNotRegularFile, "is not a regular file",
                 "name the plugin's .so file");
}

TEST_F(LoaderRefuses, ATextFile) {
  expect_refused(request("front", dir_.write("front.so", "#!/bin/sh\necho no\n")),
                 RefusalKind::kNotElf, "is not an ELF file", "name the plugin's .so file");
}

TEST_F(LoaderRefuses, AnEmptyFile) {
  expect_refused(request("front", dir_.write("front.so", "")), RefusalKind::kNotElf,
                 "is not an ELF file", "name the plugin's .so file");
}

TEST_F(LoaderRefuses, AFileForAnotherMachine) {
  std::string bytes = test::read_fixture("good");
  bytes[18] = static_cast<char>(0xf3);  // e_machine: EM_RISCV, 243 (ELF specification)
  bytes[19] = 0;
  expect_refused(request("front", dir_.write("front.so", bytes)), RefusalKind::kWrongArchitecture,
                 "is built for another machine (ELF machine 243", "install the build for");
}

TEST_F(LoaderRefuses, AnObjectFileThatIsNotShared) {
  std::string bytes = test::read_fixture("good");
  bytes[16] = 1;  // e_type: ET_REL
  expect_refused(request("front", dir_.write("front.so", bytes)), RefusalKind::kNotElf,
                 "not a shared object", "build it again");
}

TEST_F(LoaderRefuses, AWorldWritableFile) {
  const auto file = dir_.install("good");
  ::chmod(file.c_str(), 0646);
  expect_refused(request("front", file), RefusalKind::kUnsafePermissions,
                 "is writable by everybody (mode 0646)", "chmod go-w " + file.string());
}

TEST_F(LoaderRefuses, AGroupWritableFile) {
  const auto file = dir_.install("good");
  ::chmod(file.c_str(), 0664);
  expect_refused(request("front", file), RefusalKind::kUnsafePermissions,
                 "is writable by its group (mode 0664)", "chmod go-w " + file.string());
}

TEST_F(LoaderRefuses, AFileInAWorldWritableFolder) {
  const auto file = dir_.install("good");
  ::chmod(dir_.path().c_str(), 01777);
  expect_refused(request("front", file), RefusalKind::kUnsafePermissions,
                 "its folder is writable by everybody (mode 1777)",
                 "chmod go-w " + dir_.path().string());
}

TEST_F(LoaderRefuses, AFileBehindALinkByTheRulesOfItsTarget) {
  const TempDir target;
  const auto file = target.install("good");
  ::chmod(file.c_str(), 0646);
  const auto link = dir_.path() / "link.so";
  std::filesystem::create_symlink(file, link);
  expect_refused(request("front", link), RefusalKind::kUnsafePermissions,
                 "is writable by everybody", "chmod go-w " + file.string());
}

TEST(UnsafeBecause, AnOwnerWhoIsNeitherRootNorUsIsNamed) {
  EXPECT_EQ(unsafe_because(0100644, 1001, 1000),
            "belongs to user 1001, who is neither root nor the user that runs gantry");
  EXPECT_EQ(unsafe_because(0100644, 1000, 1000), "");
  EXPECT_EQ(unsafe_because(0100755, 0, 1000), "");
}

TEST_F(LoaderRefuses, AFileWhoseHashIsNotThePinnedOne) {
  SourceRequest bad = request("front", dir_.install("good"));
  bad.sha256 = std::string(64, 'a');
  expect_refused(bad, RefusalKind::kSha256Mismatch,
                 "has SHA-256 " + to_hex(sha256(test::read_fixture("good"))),
                 "install the pinned build");
  EXPECT_EQ(std::getenv("GANTRY_FIXTURE_RAN"), nullptr);
}

TEST_F(LoaderRefuses, ASharedObjectThatIsNoPluginWithoutLoadingIt) {
  expect_refused(request("front", dir_.install("plain")), RefusalKind::kNoEntrySymbol,
                 "exports no symbol gantry_plugin_entry_v1", "name a Gantry plugin");
}

TEST_F(LoaderRefuses, AnEntryOfAnotherMajorWithoutRunningItsConstructors) {
  const auto file = dir_.install("entry_v2");
  const TempDir other;
  Host host;
  Loader loader(host.ports());
  const LoadOutcome outcome = loader.load_all({request("front", file)});
  ASSERT_EQ(outcome.refusals.size(), 1U);
  EXPECT_EQ(outcome.refusals[0].kind, RefusalKind::kAbiMajor);
  EXPECT_THAT(outcome.refusals[0].message,
              HasSubstr(file.string() +
                        " exports gantry_plugin_entry_v2, this host speaks plugin ABI 1; update "
                        "gantry"));
  EXPECT_EQ(std::getenv("GANTRY_FIXTURE_RAN"), nullptr);
}

TEST_F(LoaderRefuses, AnUnresolvedSymbolInTheLoadersWords) {
  expect_refused(request("front", dir_.install("unresolved")), RefusalKind::kLoadFailed,
                 "undefined symbol: gantry_fixture_symbol_that_nobody_has",
                 "install what it needs");
}

TEST_F(LoaderRefuses, AWrongMagicNumber) {
  expect_refused(request("front", dir_.install("bad_magic")), RefusalKind::kBadMagic,
                 "wrong magic number", "build it against this host's plugin-api");
}

TEST_F(LoaderRefuses, AStructThatIsTooShort) {
  expect_refused(request("front", dir_.install("short_struct")), RefusalKind::kStructSize,
                 "has 40 bytes of at least", "set struct_size to sizeof(gantry_plugin)");
}

TEST_F(LoaderRefuses, AnEntryThatReturnsNothing) {
  expect_refused(request("front", dir_.install("null_entry")), RefusalKind::kStructSize,
                 "its entry returned nothing", "build it against");
}

TEST_F(LoaderRefuses, AnEntryWithoutCreate) {
  expect_refused(request("front", dir_.install("without_create")), RefusalKind::kStructSize,
                 "lacks a function", "build it against");
}

TEST_F(LoaderRefuses, AnotherAbiMajorInTheEntry) {
  expect_refused(request("front", dir_.install("abi_major")), RefusalKind::kAbiMajor,
                 "speaks plugin ABI 2, this host speaks 1", "build it against");
}

TEST_F(LoaderRefuses, AnotherAbiTag) {
  expect_refused(request("front", dir_.install("abi_tag")), RefusalKind::kAbiTag, "has ABI tag",
                 "build it for this machine");
}

TEST_F(LoaderRefuses, APluginThatNeedsANewerHost) {
  expect_refused(request("front", dir_.install("host_minor")), RefusalKind::kHostTooOld,
                 "needs plugin ABI 1.7, this host has 1.0", "update gantry");
}

TEST_F(LoaderRefuses, AManifestThatIsNotJson) {
  expect_refused(request("front", dir_.install("manifest_no_json")), RefusalKind::kManifestInvalid,
                 "its manifest is not JSON", "ask the plugin's author");
}

TEST_F(LoaderRefuses, AManifestWithoutASchema) {
  expect_refused(request("front", dir_.install("manifest_no_schema")),
                 RefusalKind::kManifestInvalid, "lacks \"config_schema\"",
                 "ask the plugin's author");
}

TEST_F(LoaderRefuses, ANoteThatDiffersFromTheEntry) {
  expect_refused(request("front", dir_.install("note_differs")), RefusalKind::kManifestDiffers,
                 "different manifests", "clean build");
}

TEST_F(LoaderRefuses, AnEntryIdThatDiffersFromTheManifest) {
  expect_refused(request("front", dir_.install("id_differs")), RefusalKind::kManifestDiffers,
                 "its entry says somebody 1.2.3, its manifest fixture 1.2.3", "clean build");
}

TEST_F(LoaderRefuses, AnotherPluginThanTheConfigurationAsksForWithoutLoadingIt) {
  SourceRequest bad = request("front", dir_.install("good"));
  bad.expected_plugin_id = "frontapp";
  Host host;
  Loader loader(host.ports());
  const LoadOutcome outcome = loader.load_all({bad});
  ASSERT_EQ(outcome.refusals.size(), 1U);
  EXPECT_EQ(outcome.refusals[0].kind, RefusalKind::kIdMismatch);
  EXPECT_THAT(outcome.refusals[0].message,
              HasSubstr("is plugin fixture, the configuration asks for frontapp; correct"));
}

TEST_F(LoaderRefuses, ASecondFileOfOnePluginAndNamesBoth) {
  const auto first = dir_.install("good", "one.so");
  const auto second = dir_.install("good_build2", "two.so");
  Host host;
  Loader loader(host.ports());
  const LoadOutcome outcome = loader.load_all({request("a", first), request("b", second)});
  ASSERT_EQ(outcome.refusals.size(), 1U);
  EXPECT_EQ(outcome.refusals[0].source_id, "b");
  EXPECT_EQ(outcome.refusals[0].kind, RefusalKind::kDuplicatePlugin);
  EXPECT_THAT(outcome.refusals[0].message, HasSubstr(first.string()));
  EXPECT_THAT(outcome.refusals[0].message, HasSubstr(second.string()));
  EXPECT_THAT(outcome.refusals[0].message,
              HasSubstr("let all sources of one plugin name one file"));
  EXPECT_NE(outcome.registry->find("a"), nullptr);
}

TEST_F(LoaderRefuses, ASecondSourceOfOneName) {
  const auto file = dir_.install("good");
  Host host;
  Loader loader(host.ports());
  const LoadOutcome outcome = loader.load_all({request("a", file), request("a", file)});
  ASSERT_EQ(outcome.refusals.size(), 1U);
  EXPECT_EQ(outcome.refusals[0].kind, RefusalKind::kDuplicateSource);
  EXPECT_EQ(outcome.registry->all().size(), 1U);
}

TEST_F(LoaderRefuses, AServiceThatThisHostDoesNotOffer) {
  expect_refused(request("front", dir_.install("service_unknown")), RefusalKind::kServiceUnknown,
                 "requires the service gantry.telepathy/1", "update gantry");
}

TEST_F(LoaderRefuses, ACapabilityThatTheConfigurationNeedsAndThePluginLacks) {
  SourceRequest bad = request("front", dir_.install("good"));
  bad.capabilities = {"gantry.webhook/1", "gantry.stream/1"};
  expect_refused(bad, RefusalKind::kCapabilityMissing, "has no gantry.stream/1",
                 "remove that part of the source");
}

TEST_F(LoaderRefuses, ACapabilityThatTheManifestPromisesAndThePluginLacks) {
  expect_refused(request("front", dir_.install("capability_absent")),
                 RefusalKind::kCapabilityMissing, "promises gantry.poller/1",
                 "ask the plugin's author");
}

TEST_F(LoaderRefuses, ACapabilityStructThatIsTooShort) {
  expect_refused(request("front", dir_.install("capability_short")),
                 RefusalKind::kCapabilityMissing, "gives a struct that is too short",
                 "ask the plugin's author");
}

TEST_F(LoaderRefuses, AnEgressPatternThatIsNone) {
  SourceRequest bad = request("front", dir_.install("good"));
  bad.egress = {"https://api2.frontapp.com"};
  expect_refused(bad, RefusalKind::kConfigInvalid, "egress pattern",
                 "correct the source's `egress`");
}

TEST_F(LoaderRefuses, AConfigurationOfTheWrongTypeAndPointsAtTheField) {
  expect_refused(request("front", dir_.install("good"), R"({"limits":{"rate":"fast"}})"),
                 RefusalKind::kConfigInvalid, "\"/limits/rate\": ", "correct that field");
}

TEST_F(LoaderRefuses, AnUnknownConfigurationField) {
  expect_refused(request("front", dir_.install("good"), R"({"colour":"red"})"),
                 RefusalKind::kConfigInvalid, "colour", "correct that field");
}

TEST_F(LoaderRefuses, ASecretWrittenOutWithoutRepeatingIt) {
  const TempDir dir;
  Host host;
  Loader loader(host.ports());
  const LoadOutcome outcome = loader.load_all(
      {request("front", dir.install("good"), R"({"signing_key":"hunter2hunter2"})")});
  ASSERT_EQ(outcome.refusals.size(), 1U);
  EXPECT_EQ(outcome.refusals[0].kind, RefusalKind::kConfigInvalid);
  EXPECT_THAT(outcome.refusals[0].message,
              HasSubstr("\"/signing_key\": is a secret: write env:NAME or file:PATH"));
  EXPECT_THAT(outcome.refusals[0].message, Not(HasSubstr("hunter2")));
  EXPECT_THAT(host.log.text(), Not(HasSubstr("hunter2")));
}

TEST_F(LoaderRefuses, AConfigurationThatThePluginItselfRefuses) {
  expect_refused(request("front", dir_.install("good"), R"({"color":"mauve"})"),
                 RefusalKind::kConfigInvalid,
                 "/color: source front: create failed with CONFIG: "
                 "mauve is no color",
                 "correct the source's configuration");
}

TEST_F(LoaderRefuses, ACreateThatFailsOtherwise) {
  expect_refused(request("front", dir_.install("good"), R"({"color":"explode"})"),
                 RefusalKind::kInitFailed, "create failed with BUG: cannot go on",
                 "ask its author");
}

TEST_F(LoaderRefuses, ASchemaThatIsNone) {
  expect_refused(request("front", dir_.install("bad_schema")), RefusalKind::kManifestInvalid,
                 "its config_schema is no JSON Schema", "ask the plugin's author");
}

TEST_F(LoaderRefuses, AnInitThatFails) {
  expect_refused(request("front", dir_.install("init_fails")), RefusalKind::kInitFailed,
                 "its init failed with TRANSIENT", "ask its author");
}

TEST(Loader, StrictLoadsNothingButTellsEveryRefusal) {
  const TempDir dir;
  Host host;
  Loader loader(host.ports());
  const LoadOutcome outcome =
      loader.load_all({request("a", dir.path() / "no.so"), request("b", dir.install("good")),
                       request("c", dir.install("plain"))},
                      OnRefusal::kStop);
  EXPECT_EQ(outcome.registry, nullptr);
  EXPECT_EQ(outcome.refusals.size(), 2U);
}

TEST(Loader, SeveralSourcesShareOnePluginThatIsStartedOnce) {
  const TempDir dir;
  const auto file = dir.install("good");  // its init fails when it is called twice
  Host host;
  Loader loader(host.ports());
  const LoadOutcome outcome = loader.load_all({request("a", file), request("b", file)});
  EXPECT_TRUE(outcome.refusals.empty());
  ASSERT_EQ(outcome.registry->all().size(), 2U);
  EXPECT_EQ(outcome.registry->all()[0]->id(), "a");
  EXPECT_EQ(outcome.registry->find("b")->plugin_id(), "fixture");
}

TEST(Loader, AReloadKeepsTheRunningPluginStarted) {
  const TempDir dir;
  const auto file = dir.install("good");
  Host host;
  Loader loader(host.ports());
  LoadOutcome before = loader.load_all({request("a", file)});
  LoadOutcome after = loader.load_all({request("a", file), request("b", file)});
  EXPECT_TRUE(after.refusals.empty());
  before.registry.reset();  // destroy of the fixture aborts where deinit came first
  EXPECT_EQ(after.registry->all().size(), 2U);
  after.registry.reset();
  EXPECT_TRUE(loader.load_all({request("a", file)}).refusals.empty());
}

TEST(Loader, AReplacedFileIsLoadedAnewAtAReload) {
  const TempDir dir;
  // Bytes that no other test loaded, so that this path is really opened.
  const auto file = dir.write("front.so", test::read_fixture("good") + "before");
  Host host;
  Loader loader(host.ports());
  LoadOutcome before = loader.load_all({request("a", file)});
  ASSERT_TRUE(before.refusals.empty());

  std::filesystem::rename(dir.write("new.so", test::read_fixture("good_build2") + "after"), file);
  ::unsetenv("GANTRY_FIXTURE_RAN");
  LoadOutcome after = loader.load_all({request("a", file)});

  ASSERT_TRUE(after.refusals.empty()) << after.refusals[0].message;
  EXPECT_STREQ(std::getenv("GANTRY_FIXTURE_RAN"), "build 2");
}

TEST(Loader, APinnedFileIsMappedFromASealedCopyOfTheHashedBytes) {
  const TempDir dir;
  const std::string bytes = test::read_fixture("good") + "pinned";  // bytes of their own
  SourceRequest pinned = request("a", dir.write("pinned.so", bytes));
  pinned.sha256 = to_hex(sha256(bytes));
  std::ranges::transform(*pinned.sha256, pinned.sha256->begin(),
                         [](unsigned char c) { return static_cast<char>(std::toupper(c)); });
  Host host;
  Loader loader(host.ports());

  const LoadOutcome outcome = loader.load_all({pinned});

  ASSERT_TRUE(outcome.refusals.empty()) << outcome.refusals[0].message;
  std::ostringstream maps;
  maps << std::ifstream("/proc/self/maps").rdbuf();
  EXPECT_THAT(maps.str(), HasSubstr("memfd:gantry:pinned.so"));
  EXPECT_THAT(maps.str(), Not(HasSubstr(dir.path().string() + "/pinned.so")));
}

TEST(Loader, APluginWithoutANoteLoadsAndSaysSoAtDebugLevel) {
  const TempDir dir;
  Host host;
  Loader loader(host.ports());
  EXPECT_TRUE(loader.load_all({request("a", dir.install("good_without_note"))}).refusals.empty());
  EXPECT_THAT(host.log.text(), HasSubstr("plugin_without_note source=a"));
}

TEST(Inspect, ReadsTheNoteWithoutRunningAnyCode) {
  const TempDir dir;
  const auto file = dir.install("host_minor");
  ::chmod(file.c_str(), 0666);  // unsafe to load, safe to read
  ::unsetenv("GANTRY_FIXTURE_RAN");

  const auto inspection = inspect(file);

  ASSERT_TRUE(inspection) << inspection.error().reason;
  EXPECT_TRUE(inspection->from_note);
  EXPECT_EQ(inspection->manifest.id, "fixture");
  EXPECT_EQ(inspection->manifest.version, "1.2.3");
  EXPECT_EQ(inspection->manifest.description, "for tests");
  EXPECT_THAT(inspection->manifest.capabilities,
              ::testing::ElementsAre("gantry.webhook/1", "gantry.check/1", "vendor.future/9"));
  EXPECT_THAT(inspection->manifest.services,
              ::testing::ElementsAre("gantry.crypto/1", "gantry.secrets/1", "gantry.log/1"));
  EXPECT_THAT(inspection->manifest.config_schema, HasSubstr("x-gantry-secret"));
  EXPECT_EQ(inspection->sha256, to_hex(sha256(test::read_fixture("host_minor"))));
  EXPECT_EQ(std::getenv("GANTRY_FIXTURE_RAN"), nullptr);
}

TEST(Inspect, WithoutANoteItLoadsOnlyWhatIsSafe) {
  const TempDir dir;
  const auto file = dir.install("good_without_note");
  const auto inspection = inspect(file);
  ASSERT_TRUE(inspection) << inspection.error().reason;
  EXPECT_FALSE(inspection->from_note);
  EXPECT_EQ(inspection->manifest.id, "noteless");

  ::chmod(file.c_str(), 0666);
  const auto unsafe = inspect(file);
  ASSERT_FALSE(unsafe);
  EXPECT_EQ(unsafe.error().kind, RefusalKind::kUnsafePermissions);
}

TEST(Registry, FindsNothingUnderAnUnknownName) {
  const Registry registry({});
  EXPECT_EQ(registry.find("a"), nullptr);
  EXPECT_TRUE(registry.all().empty());
}

}  // namespace
}  // namespace gantry::plugins

// The host services through their C structs, as a plugin calls them.

#include <gantry/gantry.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <atomic>
#include <thread>

#include "host/base/encoding.hpp"
#include "host/plugins/abi/call.hpp"
#include "host/plugins/abi/span.hpp"
#include "host/plugins/host_context.hpp"
#include "host/plugins/services/kv_sqlite.hpp"
#include "host/plugins/services/services.hpp"
#include "tests/support/loopback_http.hpp"
#include "tests/unit/plugins/fixture.hpp"

namespace gantry::plugins {
namespace {

using abi::span_of;
using std::chrono::milliseconds;
using ::testing::HasSubstr;
using ::testing::Not;

class FixedClock final : public Clock {
 public:
  Instant now() const override { return Instant{std::chrono::nanoseconds{1'234'567'890}}; }
  std::chrono::steady_clock::time_point steady() const override {
    return std::chrono::steady_clock::time_point{std::chrono::nanoseconds{42}};
  }
};

class ManualClock final : public Clock {
 public:
  Instant now() const override { return Instant{steady().time_since_epoch()}; }
  std::chrono::steady_clock::time_point steady() const override {
    return std::chrono::steady_clock::time_point{std::chrono::nanoseconds{at_.load()}};
  }
  void advance(std::chrono::nanoseconds time) { at_ += time.count(); }

 private:
  std::atomic<std::int64_t> at_{1'000'000'000'000};
};

class HostServices : public ::testing::Test {
 protected:
  void SetUp() override {
    store_ = SqliteKvStore::open(dir_.path() / "kv.sqlite").value();
    HostPorts ports = host_.ports();
    ports.kv = store_.get();
    ports.clock = &clock_;
    context_ = std::make_unique<HostContext>("fixture", ports);
    allow({});
  }

  void allow(const std::vector<std::string>& egress) {
    auto grants = std::make_shared<SourceGrants>();
    grants->source = "mine";
    grants->egress = net::EgressList::parse(egress).value();
    context_->grant(grants);
  }

  const gantry_host* native() const { return context_->native(); }

  std::string hmac(std::int32_t hash, const std::string& key, std::vector<gantry_span> parts) {
    char raw[64];
    gantry_buffer out{raw, sizeof raw, 0};
    EXPECT_EQ(
        services::crypto().hmac(native(), hash, span_of(key), parts.data(), parts.size(), &out),
        GANTRY_OK);
    return to_hex({raw, out.size});
  }

  std::string digest(std::int32_t hash, std::vector<gantry_span> parts) {
    char raw[64];
    gantry_buffer out{raw, sizeof raw, 0};
    EXPECT_EQ(services::crypto().digest(native(), hash, parts.data(), parts.size(), &out),
              GANTRY_OK);
    return to_hex({raw, out.size});
  }

  test::TempDir dir_;
  test::Host host_;
  FixedClock clock_;
  std::unique_ptr<SqliteKvStore> store_;
  std::unique_ptr<HostContext> context_;
};

TEST_F(HostServices, EveryServiceOfThisAbiIsFoundByItsIdAndNothingElse) {
  for (const char* const id : {GANTRY_SERVICE_LOG, GANTRY_SERVICE_CLOCK, GANTRY_SERVICE_CRYPTO,
                               GANTRY_SERVICE_SECRETS, GANTRY_SERVICE_KV, GANTRY_SERVICE_HTTP}) {
    EXPECT_NE(native()->get_service(native(), span_of(id)), nullptr) << id;
  }
  for (const char* const id : {"", "gantry.log", "gantry.log/2", "gantry.log/1x"}) {
    EXPECT_EQ(native()->get_service(native(), span_of(id)), nullptr) << id;
  }
}

TEST(HostContext, AServiceWithoutItsPortIsNotOffered) {
  const HostContext bare("fixture", HostPorts{});
  EXPECT_EQ(bare.native()->get_service(bare.native(), span_of(GANTRY_SERVICE_HTTP)), nullptr);
  EXPECT_EQ(bare.native()->get_service(bare.native(), span_of(GANTRY_SERVICE_SECRETS)), nullptr);
  EXPECT_NE(bare.native()->get_service(bare.native(), span_of(GANTRY_SERVICE_CRYPTO)), nullptr);
}

// --- Crypto ----------------------------------------------------------------------------------

// FIPS 180-4, examples of the "Secure Hashing" page of NIST.
TEST_F(HostServices, DigestsMatchFips180) {
  EXPECT_EQ(digest(GANTRY_HASH_SHA256, {span_of("abc")}),
            "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  EXPECT_EQ(digest(GANTRY_HASH_SHA1, {span_of("abc")}), "a9993e364706816aba3e25717850c26c9cd0d89d");
  EXPECT_EQ(digest(GANTRY_HASH_SHA256, {}),
            "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
}

TEST_F(HostServices, PartsAreHashedOneAfterTheOther) {
  EXPECT_EQ(digest(GANTRY_HASH_SHA256, {span_of("abcdbcdecdefdefgefghfghighijhi"), span_of(""),
                                        span_of("jkijkljklmklmnlmnomnopnopq")}),
            "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
}

// RFC 4231, test cases 1, 2 and 6.
TEST_F(HostServices, HmacSha256MatchesRfc4231) {
  EXPECT_EQ(hmac(GANTRY_HASH_SHA256, std::string(20, '\x0b'), {span_of("Hi There")}),
            "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7");
  EXPECT_EQ(
      hmac(GANTRY_HASH_SHA256, "Jefe", {span_of("what do ya want "), span_of("for nothing?")}),
      "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
  EXPECT_EQ(hmac(GANTRY_HASH_SHA256, std::string(131, '\xaa'),
                 {span_of("Test Using Larger Than Block-Size Key - Hash Key First")}),
            "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54");
}

// RFC 2202, section 3, test cases 1 and 2.
TEST_F(HostServices, HmacSha1MatchesRfc2202) {
  EXPECT_EQ(hmac(GANTRY_HASH_SHA1, std::string(20, '\x0b'), {span_of("Hi There")}),
            "b617318655057264e28bc0b6fb378c8ef146be00");
  EXPECT_EQ(hmac(GANTRY_HASH_SHA1, "Jefe", {span_of("what do ya want for nothing?")}),
            "effcdf6ae5eb2fa2d27416d5f184df9c259a7c79");
}

TEST_F(HostServices, AnEmptyHmacKeyIsAConfigurationError) {
  char raw[32];
  gantry_buffer out{raw, sizeof raw, 0};
  const gantry_span part = span_of("x");
  EXPECT_EQ(services::crypto().hmac(native(), GANTRY_HASH_SHA256, span_of(""), &part, 1, &out),
            GANTRY_CONFIG);
}

TEST_F(HostServices, ABufferThatIsTooSmallIsLeftAloneAndToldTheSize) {
  char raw[8] = "before";
  gantry_buffer out{raw, 4, 0};
  const gantry_span part = span_of("abc");
  EXPECT_EQ(services::crypto().digest(native(), GANTRY_HASH_SHA256, &part, 1, &out), GANTRY_OK);
  EXPECT_EQ(out.size, 32U);
  EXPECT_STREQ(raw, "before");
}

std::string base64url(std::string text) {
  for (char& c : text) c = c == '-' ? '+' : c == '_' ? '/' : c;
  while (text.size() % 4 != 0) text += '=';
  return from_base64(text).value();
}

/// RFC 7515, appendix A.3: the key, the signing input and the signature of the ES256 example.
struct Rfc7515 {
  std::string x = base64url("f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU");
  std::string y = base64url("x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0");
  std::string message =
      "eyJhbGciOiJFUzI1NiJ9."
      "eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFt"
      "cGxlLmNvbS9pc19yb290Ijp0cnVlfQ";
  std::string signature = base64url(
      "DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSApmWQxfKTUJqPP3-Kg6NU1Q");

  gantry_status verify(const gantry_host* host) const {
    return services::crypto().verify_es256(host, span_of(x), span_of(y), span_of(message),
                                           span_of(signature));
  }
};

TEST_F(HostServices, Es256VerifiesTheExampleOfRfc7515) {
  EXPECT_EQ(Rfc7515().verify(native()), GANTRY_OK);
}

TEST_F(HostServices, Es256RefusesEveryChangeOfIt) {
  for (int at = 0; at < 64; at += 9) {
    Rfc7515 changed;
    changed.signature[static_cast<std::size_t>(at)] ^= 1;
    EXPECT_EQ(changed.verify(native()), GANTRY_DATA) << at;
  }
  Rfc7515 changed;
  changed.message += 'x';
  EXPECT_EQ(changed.verify(native()), GANTRY_DATA);
  changed = {};
  changed.x[0] ^= 1;  // no point of the curve any more
  EXPECT_EQ(changed.verify(native()), GANTRY_DATA);
  changed = {};
  changed.signature = std::string(64, '\0');
  EXPECT_EQ(changed.verify(native()), GANTRY_DATA);
  changed = {};
  changed.signature.pop_back();
  EXPECT_EQ(changed.verify(native()), GANTRY_DATA);
}

TEST_F(HostServices, EqualComparesContentAndLength) {
  EXPECT_EQ(services::crypto().equal(native(), span_of("abc"), span_of("abc")), 1);
  EXPECT_EQ(services::crypto().equal(native(), span_of("abc"), span_of("abd")), 0);
  EXPECT_EQ(services::crypto().equal(native(), span_of("abc"), span_of("ab")), 0);
  EXPECT_EQ(services::crypto().equal(native(), span_of(""), span_of("")), 1);
}

// --- Clock -----------------------------------------------------------------------------------

TEST_F(HostServices, TheClockIsTheHostsPort) {
  EXPECT_EQ(services::clock().now_ns(native()), 1'234'567'890);
  EXPECT_EQ(services::clock().steady_ns(native()), 42);
}

TEST_F(HostServices, AWaitLastsItsTimeAndACancelledOneEndsAtOnce) {
  const CallScope calm;
  const abi::Call call(calm);
  const auto before = std::chrono::steady_clock::now();
  EXPECT_EQ(services::clock().wait(native(), call.native(), 30'000'000), GANTRY_OK);
  EXPECT_GE(std::chrono::steady_clock::now() - before, milliseconds{30});

  CallScope cancelled;
  cancelled.cancelled = [] { return true; };
  const abi::Call ended(cancelled);
  EXPECT_EQ(services::clock().wait(native(), ended.native(), INT64_MAX), GANTRY_CANCELLED);
}

// --- Secrets ---------------------------------------------------------------------------------

TEST_F(HostServices, SeveralActiveSecretsAreGivenNewestFirst) {
  host_.secrets.set("mine", "/key", {"new value", "old value"});
  char raw[32];
  gantry_buffer out{raw, sizeof raw, 0};
  const auto& secrets = services::secrets();
  EXPECT_EQ(secrets.count(native(), span_of("mine"), span_of("/key")), 2U);
  EXPECT_EQ(secrets.get(native(), span_of("mine"), span_of("/key"), 1, &out), GANTRY_OK);
  EXPECT_EQ(std::string(raw, out.size), "old value");
  EXPECT_EQ(secrets.get(native(), span_of("mine"), span_of("/key"), 2, &out), GANTRY_CONFIG);
  EXPECT_EQ(secrets.count(native(), span_of("mine"), span_of("/other")), 0U);
}

TEST_F(HostServices, TheSecretsOfAnotherPluginsSourceAreClosed) {
  host_.secrets.set("theirs", "/key", {"their value"});
  char raw[32];
  gantry_buffer out{raw, sizeof raw, 0};
  const auto& secrets = services::secrets();
  EXPECT_EQ(secrets.count(native(), span_of("theirs"), span_of("/key")), 0U);
  EXPECT_EQ(secrets.get(native(), span_of("theirs"), span_of("/key"), 0, &out), GANTRY_CONFIG);
  EXPECT_EQ(out.size, 0U);
}

TEST_F(HostServices, APluginPutsOnlyWhatItsSchemaMarksAsSecret) {
  RotatedSecrets rotated(dir_.path() / "secrets");
  SecretTable table(&rotated);
  HostPorts ports = host_.ports();
  ports.secrets = &table;
  context_ = std::make_unique<HostContext>("fixture", ports);
  auto grants = std::make_shared<SourceGrants>();
  grants->source = "mine";
  grants->config_schema = R"({"properties":{
    "token":{"type":"string","x-gantry-secret":true},
    "zone":{"type":"string"},
    "plain":{"type":"string","x-gantry-secret":false},
    "hook":{"properties":{"a/b":{"x-gantry-secret":"webhook"}}},
    "accounts":{"items":{"properties":{"key":{"x-gantry-secret":true}}}}}})";
  context_->grant(grants);
  const auto put = [&](const char* name, const std::string& value) {
    return services::secrets().put(native(), span_of("mine"), span_of(name), span_of(value));
  };
  for (const char* const name : {"/token", "/hook/a~1b", "/accounts/3/key"}) {
    EXPECT_EQ(put(name, "rotated value"), GANTRY_OK) << name;
    EXPECT_EQ(table.get("mine", name, 0).value(), "rotated value") << name;
  }
  for (const char* const name : {"/zone", "/plain", "/other", "/hook", "/token/more", "", "token",
                                 "/../../token", "/accounts/x/key"}) {
    EXPECT_EQ(put(name, "rotated value"), GANTRY_CONFIG) << name;
  }
  EXPECT_EQ(put("/token", ""), GANTRY_DATA);
  EXPECT_EQ(put("/token", std::string((64U << 10U) + 1, 'x')), GANTRY_DATA);
  EXPECT_EQ(
      services::secrets().put(native(), span_of("theirs"), span_of("/token"), span_of("value")),
      GANTRY_CONFIG);
}

TEST_F(HostServices, WithoutAPlaceToKeepItARotatedSecretIsRefused) {
  context_->find("mine")->config_schema =
      R"({"properties":{"token":{"type":"string","x-gantry-secret":true}}})";
  EXPECT_EQ(services::secrets().put(native(), span_of("mine"), span_of("/token"), span_of("v")),
            GANTRY_UNSUPPORTED);
}

TEST(SecretMask, AValueInsideAnotherIsBlottedOutWithIt) {
  SecretMask mask;
  mask.learn("abcd");
  mask.learn("xxabcdxx");
  mask.learn("abc");  // too short to mask
  EXPECT_EQ(mask.apply("1 xxabcdxx 2 abcd 3 abc"), "1 *** 2 *** 3 abc");
}

// --- Log -------------------------------------------------------------------------------------

TEST_F(HostServices, ALineCarriesItsSourceAndIsEscaped) {
  const gantry_pair fields[] = {{span_of("url"), span_of("a\x1b[31m\n")}};
  services::log().write(native(), GANTRY_LOG_WARN, span_of("mine"), span_of("fetched"), fields, 1);
  EXPECT_EQ(host_.log.text(), "mine fetched url=a\\x1b[31m\\x0a\n");
}

TEST_F(HostServices, ALineForAnotherPluginsSourceIsFiledUnderThePlugin) {
  services::log().write(native(), GANTRY_LOG_WARN, span_of("theirs"), span_of("fetched"), nullptr,
                        0);
  EXPECT_EQ(host_.log.text(), "plugin:fixture fetched\n");
}

TEST_F(HostServices, ASecretLongerThanTheLineIsCutAfterItIsBlottedOut) {
  const std::string secret(2000, 's');
  host_.secrets.set("mine", "/key", {secret});
  std::string raw(4000, '\0');
  gantry_buffer out{raw.data(), raw.size(), 0};
  ASSERT_EQ(services::secrets().get(native(), span_of("mine"), span_of("/key"), 0, &out),
            GANTRY_OK);
  const gantry_pair fields[] = {{span_of("key"), span_of(secret)}};
  services::log().write(native(), GANTRY_LOG_WARN, span_of("mine"), span_of("x"), fields, 1);
  EXPECT_EQ(host_.log.text(), "mine x key=***\n");
}

TEST_F(HostServices, ALongValueIsCutBetweenCharacters) {
  // 1 + 511 * 2 + 2 bytes: the limit of 1024 falls into the last "é".
  std::string value = "x";
  for (int i = 0; i < 512; ++i) value += "é";
  const gantry_pair fields[] = {{span_of("v"), span_of(value)}};
  services::log().write(native(), GANTRY_LOG_WARN, span_of("mine"), span_of("x"), fields, 1);
  EXPECT_EQ(host_.log.text(), "mine x v=" + value.substr(0, value.size() - 2) + "…\n");
}

TEST_F(HostServices, AValueThatIsNotUtf8IsEscapedNotDropped) {
  const gantry_pair fields[] = {{span_of("v"), span_of("a\xff")}};
  services::log().write(native(), GANTRY_LOG_WARN, span_of("mine"), span_of("x"), fields, 1);
  EXPECT_EQ(host_.log.text(), "mine x v=a\\xff\n");
}

// --- Key-value -------------------------------------------------------------------------------

TEST_F(HostServices, AValueIsWrittenOnlyOverTheRevisionThatWasRead) {
  const auto& kv = services::kv();
  char raw[32];
  gantry_buffer out{raw, sizeof raw, 0};
  std::uint64_t revision = 7;
  ASSERT_EQ(kv.get(native(), span_of("mine"), span_of("token"), &out, &revision), GANTRY_OK);
  EXPECT_EQ(revision, 0U);
  EXPECT_EQ(out.size, 0U);

  ASSERT_EQ(kv.put(native(), span_of("mine"), span_of("token"), span_of("one"), &revision),
            GANTRY_OK);
  EXPECT_EQ(revision, 1U);
  std::uint64_t stale = 0;
  EXPECT_EQ(kv.put(native(), span_of("mine"), span_of("token"), span_of("two"), &stale),
            GANTRY_DATA);
  EXPECT_EQ(stale, 0U);
  ASSERT_EQ(kv.get(native(), span_of("mine"), span_of("token"), &out, &revision), GANTRY_OK);
  EXPECT_EQ(std::string(raw, out.size), "one");
}

TEST_F(HostServices, TheStateOfAnotherPluginsSourceIsClosed) {
  std::uint64_t revision = 0;
  EXPECT_EQ(services::kv().put(native(), span_of("theirs"), span_of("k"), span_of("v"), &revision),
            GANTRY_CONFIG);
}

TEST(SqliteKvStore, ARemovedKeyNeverGivesARevisionTwice) {
  const test::TempDir dir;
  const auto store = SqliteKvStore::open(dir.path() / "kv.sqlite").value();
  EXPECT_EQ(store->put("s", "k", "one", 0).value(), 1U);
  EXPECT_EQ(store->put("s", "k", "", 1).value(), 0U);
  EXPECT_EQ(store->get("s", "k")->revision, 0U);
  EXPECT_EQ(store->put("s", "k", "three", 0).value(), 3U);
  EXPECT_EQ(store->put("s", "k", "late", 1).error().kind, ErrorKind::kConflict);
}

TEST(SqliteKvStore, ValuesSurviveAReopenAndSourcesAreApart) {
  const test::TempDir dir;
  const std::string binary("\0\xff\n", 3);
  {
    const auto store = SqliteKvStore::open(dir.path() / "kv.sqlite").value();
    ASSERT_TRUE(store->put("a", "k", binary, 0));
  }
  const auto store = SqliteKvStore::open(dir.path() / "kv.sqlite").value();
  EXPECT_EQ(store->get("a", "k")->value, binary);
  EXPECT_EQ(store->get("a", "k")->revision, 1U);
  EXPECT_EQ(store->get("b", "k")->revision, 0U);
}

TEST(SqliteKvStore, TheFileIsOursAlone) {
  const test::TempDir dir;
  const auto file = dir.path() / "kv.sqlite";
  const auto store = SqliteKvStore::open(file).value();
  struct stat info{};
  ASSERT_EQ(::stat(file.c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 0777U, 0600U);
}

TEST(SqliteKvStore, LimitsAreKept) {
  const test::TempDir dir;
  const auto store = SqliteKvStore::open(dir.path() / "kv.sqlite").value();
  EXPECT_TRUE(store->put("s", std::string(256, 'k'), std::string(64U << 10U, 'v'), 0));
  EXPECT_EQ(store->put("s", std::string(257, 'k'), "v", 0).error().kind, ErrorKind::kExhausted);
  EXPECT_EQ(store->put("s", "", "v", 0).error().kind, ErrorKind::kExhausted);
  EXPECT_EQ(store->put("s", "k", std::string((64U << 10U) + 1, 'v'), 0).error().kind,
            ErrorKind::kExhausted);
}

TEST(SqliteKvStore, OfFourThreadsExactlyOneWinsEachRevision) {
  const test::TempDir dir;
  const auto store = SqliteKvStore::open(dir.path() / "kv.sqlite").value();
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&] {
      for (int done = 0; done < 10;) {
        const auto entry = store->get("s", "counter").value();
        const int next = entry.value.empty() ? 1 : std::stoi(entry.value) + 1;
        if (store->put("s", "counter", std::to_string(next), entry.revision)) ++done;
      }
    });
  }
  for (auto& thread : threads) thread.join();
  EXPECT_EQ(store->get("s", "counter")->value, "40");
  EXPECT_EQ(store->get("s", "counter")->revision, 40U);
}

TEST(SqliteKvStore, AFileThatCannotBeOpenedIsNamed) {
  const auto store = SqliteKvStore::open("/proc/no-such-folder/kv.sqlite");
  ASSERT_FALSE(store);
  EXPECT_THAT(store.error().what, HasSubstr("/proc/no-such-folder/kv.sqlite"));
}

// --- HTTP ------------------------------------------------------------------------------------

struct Answer {
  int calls = 0;
  unsigned status = 0;
  std::string body;
  std::string type;
  std::int64_t retry_after_ns = 0;
};

void take(void* impl, const gantry_http_response* response) {
  auto& answer = *static_cast<Answer*>(impl);
  ++answer.calls;
  answer.status = response->status;
  answer.body = abi::view_of(response->body).value();
  answer.retry_after_ns = response->retry_after_ns;
  for (std::uint32_t i = 0; i < response->header_count; ++i) {
    if (abi::view_of(response->headers[i].name) == "X-Kind") {
      answer.type = abi::view_of(response->headers[i].value).value();
    }
  }
}

gantry_http_request get(const std::string& url) {
  gantry_http_request request{};
  request.struct_size = sizeof request;
  request.method = span_of("GET");
  request.url = span_of(url);
  return request;
}

TEST_F(HostServices, HttpGivesTheWholeAnswerWhateverItsStatus) {
  const gantry::test::LoopbackHttp vendor([](const gantry::test::LoopbackRequest& request) {
    return gantry::test::LoopbackResponse{
        429, {{"Retry-After", "1.5"}, {"X-Kind", request.header("X-Ask")}}, "slow down", {}};
  });
  allow({vendor.authority()});
  const std::string url = vendor.url("/v1/loads");
  gantry_http_request request = get(url);
  const gantry_pair header{span_of("X-Ask"), span_of("loads")};
  request.headers = &header;
  request.header_count = 1;
  const CallScope scope;
  const abi::Call call(scope);
  Answer answer;
  EXPECT_EQ(
      services::http().send(native(), call.native(), span_of("mine"), &request, take, &answer),
      GANTRY_OK);
  EXPECT_EQ(answer.calls, 1);
  EXPECT_EQ(answer.status, 429U);
  EXPECT_EQ(answer.body, "slow down");
  EXPECT_EQ(answer.type, "loads");
  EXPECT_EQ(answer.retry_after_ns, 1'500'000'000);
}

TEST_F(HostServices, HttpReachesOnlyTheSourcesOwnEgressList) {
  const gantry::test::LoopbackHttp vendor(
      [](const gantry::test::LoopbackRequest&) { return gantry::test::LoopbackResponse{}; });
  const std::string url = vendor.url("/?token=s3cret");
  const gantry_http_request request = get(url);
  const CallScope scope;
  const abi::Call call(scope);
  Answer answer;
  EXPECT_EQ(
      services::http().send(native(), call.native(), span_of("mine"), &request, take, &answer),
      GANTRY_CONFIG);
  EXPECT_EQ(answer.calls, 0);
  EXPECT_EQ(vendor.connections(), 0U);
  EXPECT_THAT(call.error().message, HasSubstr("is not on the egress list"));
  EXPECT_THAT(call.error().message, Not(HasSubstr("s3cret")));
}

TEST_F(HostServices, HttpOfACancelledCallIsCancelled) {
  const gantry::test::LoopbackHttp vendor(
      [](const gantry::test::LoopbackRequest&) { return gantry::test::LoopbackResponse{}; });
  allow({vendor.authority()});
  const std::string url = vendor.url();
  const gantry_http_request request = get(url);
  CallScope scope;
  scope.cancelled = [] { return true; };
  const abi::Call call(scope);
  Answer answer;
  EXPECT_EQ(
      services::http().send(native(), call.native(), span_of("mine"), &request, take, &answer),
      GANTRY_CANCELLED);
}

TEST_F(HostServices, HttpWithNobodyThereIsTransient) {
  std::string url;
  {
    const gantry::test::LoopbackHttp gone(
        [](const gantry::test::LoopbackRequest&) { return gantry::test::LoopbackResponse{}; });
    url = gone.url();
    allow({gone.authority()});
  }
  const gantry_http_request request = get(url);
  EXPECT_EQ(services::http().send(native(), nullptr, span_of("mine"), &request, take, nullptr),
            GANTRY_TRANSIENT);
}

TEST_F(HostServices, HttpAnswersAboveTheCapAreData) {
  const gantry::test::LoopbackHttp vendor([](const gantry::test::LoopbackRequest&) {
    return gantry::test::LoopbackResponse{200, {}, "12345", {}};
  });
  allow({vendor.authority()});
  const std::string url = vendor.url();
  gantry_http_request request = get(url);
  request.response_max = 4;
  Answer answer;
  EXPECT_EQ(services::http().send(native(), nullptr, span_of("mine"), &request, take, &answer),
            GANTRY_DATA);
}

TEST_F(HostServices, AMalformedHttpRequestIsABug) {
  gantry_http_request request = get("https://a.example/");
  request.header_count = 3;  // and no headers
  EXPECT_EQ(services::http().send(native(), nullptr, span_of("mine"), &request, take, nullptr),
            GANTRY_BUG);
  EXPECT_EQ(services::http().send(native(), nullptr, span_of("mine"), nullptr, take, nullptr),
            GANTRY_BUG);
}

TEST_F(HostServices, ARetryAfterHoldsAllCallsOfTheSourceAndTheNextSendsNothing) {
  const gantry::test::LoopbackHttp vendor([](const gantry::test::LoopbackRequest&) {
    return gantry::test::LoopbackResponse{503, {{"Retry-After", "90"}}, "", {}};
  });
  allow({vendor.authority()});
  ManualClock clock;
  context_->find("mine")->gate = std::make_shared<net::RequestGate>(net::GateLimits{}, clock);
  const std::string url = vendor.url();
  const gantry_http_request request = get(url);
  const CallScope scope;
  const abi::Call first(scope);
  const abi::Call second(scope);
  Answer answer;
  ASSERT_EQ(
      services::http().send(native(), first.native(), span_of("mine"), &request, take, &answer),
      GANTRY_OK);
  EXPECT_EQ(
      services::http().send(native(), second.native(), span_of("mine"), &request, take, &answer),
      GANTRY_RATE_LIMITED);
  EXPECT_EQ(vendor.requests().size(), 1U);
  EXPECT_EQ(second.error().retry_after, std::chrono::seconds{90});
  EXPECT_THAT(second.error().message, HasSubstr("source mine: held back"));

  clock.advance(std::chrono::seconds{90});
  EXPECT_EQ(
      services::http().send(native(), second.native(), span_of("mine"), &request, take, &answer),
      GANTRY_OK);
}

TEST_F(HostServices, AWaitBeyondTheCallsDeadlineIsRateLimitedAtOnce) {
  const gantry::test::LoopbackHttp vendor(
      [](const gantry::test::LoopbackRequest&) { return gantry::test::LoopbackResponse{}; });
  allow({vendor.authority()});
  ManualClock clock;
  context_->find("mine")->gate =
      std::make_shared<net::RequestGate>(net::GateLimits{.per_minute = 6}, clock);
  const std::string url = vendor.url();
  const gantry_http_request request = get(url);
  CallScope scope;
  scope.deadline = std::chrono::steady_clock::now() + std::chrono::seconds{5};
  const abi::Call call(scope);
  Answer answer;
  const auto send = [&] {
    return services::http().send(native(), call.native(), span_of("mine"), &request, take, &answer);
  };
  EXPECT_EQ(send(), GANTRY_OK);
  EXPECT_EQ(send(), GANTRY_RATE_LIMITED);  // the next one is due in 10 s
  EXPECT_EQ(call.error().retry_after, std::chrono::seconds{10});
}

}  // namespace
}  // namespace gantry::plugins

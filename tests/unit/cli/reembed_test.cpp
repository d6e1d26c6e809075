#include <nlohmann/json.hpp>

#include "tests/unit/cli/cli_fixture.hpp"

namespace gantry::cli {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using Json = nlohmann::json;

class Reembed : public CliTest {
 protected:
  Reembed() {
    abilities.progress = true;
    hooks.reembed = [this](const config::Config&, const ReembedOptions& options) {
      dropped_refused = options.drop_refused;
      options.progress(1, 2);
      return answer;
    };
  }

  Result<ReembedReport> answer = ReembedReport{"vectors/embedded", "new/384", 2, 0, {}};
  bool dropped_refused = false;
};

TEST_F(Reembed, SaysHowManyByWhichModelAndShowsABar) {
  const Outcome outcome = gantry_here({"reembed"});
  EXPECT_EQ(outcome.code, 0);
  EXPECT_EQ(outcome.out, "");
  EXPECT_THAT(outcome.err, HasSubstr("2 documents embedded by new/384 in vectors/embedded\n"));
  EXPECT_THAT(outcome.err, HasSubstr("embedding"));
  EXPECT_FALSE(dropped_refused);
  const Json json = Json::parse(gantry_here({"reembed", "--json"}).out);
  EXPECT_EQ(json, Json::parse(R"({"store": "vectors/embedded", "model": "new/384", "embedded": 2,
                                  "dropped": 0, "refused": []})"));
}

TEST_F(Reembed, AFailureSaysThatTheNextCallGoesOn) {
  answer = Error{ErrorKind::kUnavailable, "the model is away"};
  const Outcome outcome = gantry_here({"reembed"});
  EXPECT_EQ(outcome.code, 1);
  EXPECT_THAT(outcome.err, AllOf(HasSubstr("the model is away"), HasSubstr("goes on from there")));
}

TEST_F(Reembed, ADocumentThatIsRefusedFailsUnlessItIsDropped) {
  answer->refused = {{"a", "too long"}};
  Outcome outcome = gantry_here({"reembed"});
  EXPECT_EQ(outcome.code, 1);
  EXPECT_THAT(outcome.out, HasSubstr("a        too long\n"));
  EXPECT_THAT(outcome.err, HasSubstr("--drop-refused"));
  answer->dropped = 1;
  outcome = gantry_here({"reembed", "--drop-refused"});
  EXPECT_EQ(outcome.code, 0);
  EXPECT_TRUE(dropped_refused);
  EXPECT_THAT(outcome.err, HasSubstr("1 document without vectors now"));
}

}  // namespace
}  // namespace gantry::cli

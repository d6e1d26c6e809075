#include "host/temporal/client/activity_ends.hpp"

#include <gtest/gtest.h>

#include <cstdlib>

#include "host/base/time.hpp"
#include "host/temporal/replay/history.hpp"

namespace gantry::temporal {
namespace {

std::vector<ActivityEnd> ends_of(const std::string& name) {
  const auto history =
      replay::read_history_file(std::string(std::getenv("GANTRY_HISTORIES")) + '/' + name);
  return activity_ends(history.value().bytes).value();
}

std::string line_of(const ActivityEnd& end) {
  return end.type + ' ' + to_rfc3339(end.at) + (end.local ? " local" : "") +
         (end.failed ? " failed" : "");
}

// The times stand in the files: in the markers' data, and as eventTime of the completions.
TEST(ActivityEnds, LocalOnesAreReadFromTheirMarkers) {
  const auto ends = ends_of("0.1.0-document-local.json");
  ASSERT_EQ(ends.size(), 4U);
  EXPECT_EQ(line_of(ends[0]), "parse_document 2026-11-25T08:42:50.172154982Z local");
  EXPECT_EQ(line_of(ends[1]), "extract_entities 2026-11-25T08:42:50.172569718Z local");
  EXPECT_EQ(line_of(ends[2]), "generate_embeddings 2026-11-25T08:42:50.172700432Z local");
  EXPECT_EQ(line_of(ends[3]), "write_to_databases 2026-11-25T08:42:50.175690239Z local");
}

TEST(ActivityEnds, RegularOnesAreReadFromTheirEvents) {
  const auto ends = ends_of("0.1.0-document-regular.json");
  ASSERT_EQ(ends.size(), 4U);
  EXPECT_EQ(line_of(ends[0]), "parse_document 2026-11-25T08:42:51.003339681Z");
  EXPECT_EQ(line_of(ends[3]), "write_to_databases 2026-11-25T08:42:51.140863024Z");
  EXPECT_EQ(ends[0].attempt, 1);
}

TEST(ActivityEnds, OtherBytesAreRefused) {
  EXPECT_EQ(activity_ends("\xff\xff\xff").error().kind, ErrorKind::kInvalid);
  EXPECT_TRUE(activity_ends("")->empty());
}

}  // namespace
}  // namespace gantry::temporal

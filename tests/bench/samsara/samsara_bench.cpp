/// How many Samsara pings a second one core takes through the connector and its roll-up. The target
/// is 100,000 a minute, 1,667 a second. The pages are made beforehand; what is timed is next():
/// reading the JSON, the windows, the documents and the sink's copy of them.

#include <chrono>
#include <cstdio>
#include <ctime>

#include "tests/unit/samsara/samples.hpp"

namespace gantry::samsara {
namespace {

constexpr int kPagePings = 512;
constexpr std::int64_t kPeriodS = 30;  ///< Between two pings of one truck.

std::string clock_text(std::int64_t second) {
  const auto time = static_cast<std::time_t>(second);
  std::tm parts{};
  gmtime_r(&time, &parts);
  char text[32];
  std::strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%SZ", &parts);
  return text;
}

/// One truck as the stats feed sends it: a position with its place, now and then an engine state.
std::string item(int truck, std::int64_t second) {
  char text[512];
  const std::string time = clock_text(second);
  std::snprintf(
      text, sizeof text,
      R"({"id":"%d","name":"T-%d","externalIds":{"samsara.serial":"G%07dXX"},"gps":[{"time":"%s","latitude":41.%06d,"longitude":-88.%06d,"headingDegrees":%d,"speedMilesPerHour":%d.25,"isEcuSpeed":true,"reverseGeo":{"formattedLocation":"I-80, Joliet, IL, 60432"}}]%s})",
      281000000 + truck, truck, truck, time.c_str(), truck * 7 % 1000000,
      static_cast<int>(second % 1000000), truck % 360, truck % 70,
      second / kPeriodS % 20 == truck % 20
          ? (R"(,"engineStates":[{"time":")" + time + R"(","value":"Idle"}])").c_str()
          : "");
  return text;
}

int run(int trucks, int minutes) {
  test::Plugin& loaded = plugin();
  std::vector<std::pair<std::int64_t, std::string>> pages;
  std::int64_t second = kNowS;
  std::size_t bytes = 0;
  std::uint64_t pings = 0;
  for (; second < kNowS + minutes * 60; second += kPeriodS) {
    for (int truck = 0; truck < trucks;) {
      std::string data;
      for (int i = 0; i < kPagePings && truck < trucks; ++i, ++truck) {
        data += (data.empty() ? "" : ",") + item(truck, second);
        ++pings;
      }
      const bool more = truck < trucks;
      pages.emplace_back(second + 5, R"({"data":[)" + data + R"(],"pagination":{"endCursor":"c)" +
                                         std::to_string(pages.size()) + R"(","hasNextPage":)" +
                                         (more ? "true" : "false") + "}}");
      bytes += pages.back().second.size();
    }
  }
  std::size_t next = 0;
  loaded.world().http = [&](const test::HttpExchange& request) {
    test::HttpAnswer answer;
    answer.body = request.url.find("after=") == std::string::npos || next == pages.size()
                      ? R"({"data":[],"pagination":{"endCursor":"c","hasNextPage":false}})"
                      : pages[next++].second;
    return answer;
  };
  const test::Source source(loaded, kConfig);
  const test::Feed feed(source, "");
  std::size_t documents = 0;
  const auto begin = std::chrono::steady_clock::now();
  const auto cpu_begin = std::clock();
  feed.next();
  // The clock goes with the pages, and 20 minutes on, so that the last windows close.
  std::int64_t now = kNowS;
  while (next < pages.size() || now < second + 1500) {
    now = next < pages.size() ? pages[next].first : now + 60;
    loaded.world().now_ns = now * kSecondNs;
    for (;;) {
      const auto output = feed.next(100, 64 << 20);
      if (output.status != GANTRY_OK) {
        std::fprintf(stderr, "%s\n", output.error.message.c_str());
        return 1;
      }
      documents += output.records.size();
      if (output.records.empty()) break;
    }
  }
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - begin;
  const double cpu = static_cast<double>(std::clock() - cpu_begin) / CLOCKS_PER_SEC;
  std::printf(
      "samsara: %d trucks, %llu pings in %zu documents: %.0f pings/s of wall time, %.0f pings/s of "
      "CPU time (%.1f MB/s); the target of 100,000 a minute is 1,667/s\n",
      trucks, static_cast<unsigned long long>(pings), documents,
      static_cast<double>(pings) / took.count(), static_cast<double>(pings) / cpu,
      static_cast<double>(bytes) / 1e6 / cpu);
  return documents == 0 ? 1 : 0;
}

}  // namespace
}  // namespace gantry::samsara

int main(int argc, char** argv) {
  const int trucks = argc > 1 ? std::atoi(argv[1]) : 3000;
  return gantry::samsara::run(trucks, 30);
}

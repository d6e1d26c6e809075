/// A connector with every capability, for the tests of the SDK: what it does is told to it by the
/// request's body, the cursor or the chunk.

#include <gantry/sdk/decimal.hpp>
#include <gantry/sdk/entry.hpp>
#include <gantry/sdk/json.hpp>
#include <stdexcept>
#include <vector>

namespace sdk = gantry::sdk;

namespace {

using sdk::Failure;
using sdk::Status;

/// Throws what `word` asks for.
void fail_as(std::string_view word) {
  if (word == "bug") throw std::runtime_error("payload words");
  if (word == "memory") throw std::bad_alloc();
  if (word == "int") throw 42;
  if (word == "auth") {
    throw Failure(Status::kAuth, "token refused")
        .code("invalid_grant")
        .detail("vendor words")
        .pointer("/token")
        .retry_after(std::chrono::seconds(7));
  }
  if (word == "end") throw Failure(Status::kEnd, "no more");
}

sdk::Record record(std::string key) {
  sdk::Record out;
  out.kind = "thing";
  out.key = std::move(key);
  return out;
}

/// Emits the numbers from the cursor on.
class CountingFeed : public sdk::Feed {
 public:
  CountingFeed(const sdk::Host& host, int next) : host_(host), next_(next) {}
  ~CountingFeed() override { host_.log(sdk::LogLevel::kInfo, "feed_closed"); }

  void next(const sdk::StreamLimits& limits, sdk::Sink& sink) override {
    if (next_ >= 5) fail_as("end");
    for (std::uint32_t i = 0; i < limits.records_max && next_ < 5; ++i) {
      if (!sink.emit(record(std::to_string(next_++)))) break;
    }
    sink.checkpoint(std::to_string(next_));
  }
  void ack(const sdk::Call&, std::string_view cursor) override {
    host_.log(sdk::LogLevel::kInfo, "acked", {{"cursor", cursor}});
  }
  void nack(const sdk::Call&, std::string_view, std::string_view reason) override {
    host_.log(sdk::LogLevel::kWarn, "nacked", {{"reason", reason}});
  }

 private:
  sdk::Host host_;
  int next_;
};

/// One record per line.
class LineFile : public sdk::File {
 public:
  void feed(std::string_view chunk, sdk::Sink& sink) override {
    for (const char c : chunk) {
      if (c != '\n') {
        line_ += c;
        continue;
      }
      if (line_ == "bad") {
        sink.reject(line_, Failure(Status::kData, "a bad line"));
      } else {
        sink.emit(record(line_));
      }
      line_.clear();
    }
  }
  void finish(sdk::Sink& sink, sdk::Outbox& outbox) override {
    if (!line_.empty()) sink.emit(record(line_));
    outbox.put("report.txt", "done");
  }

 private:
  std::string line_;
};

class Everything {
 public:
  explicit Everything(const sdk::Setup& setup) : host_(setup.host) {
    const auto config = sdk::Json::parse(setup.config);
    fail_as(config["fail"].text());
  }

  sdk::Verdict verify(const sdk::Request& request) const {
    fail_as(request.body());
    const auto values = request.headers("x-test");
    return values.size() == 1 ? sdk::Verdict::accept(std::string(values[0]))
                              : sdk::Verdict::reject("count_" + std::to_string(values.size()));
  }

  void parse(const sdk::Request& request, sdk::Sink& sink) const {
    fail_as(request.body());
    sdk::Record out = record("7");
    out.title = request.method();
    out.text = request.target();
    out.raw = request.body();
    out.tombstone = request.body() == "tombstone";
    out.purge = request.body() == "purge";
    sink.emit(out);
  }

  /// What each service says, as log lines that the test reads.
  void check(sdk::Report& report) const {
    report.call().progress();
    std::uint64_t revision = 0;
    const bool first = host_.kv_put("counter", "1", revision);
    std::uint64_t stale = 0;
    const bool second = host_.kv_put("counter", "2", stale);
    report.pass("kv " + std::to_string(first) + std::to_string(second) +
                host_.kv_get("counter").first);
    host_.put_secret("/rotated", "new");
    report.pass("secret " + std::string(host_.secret("/rotated").view()));
    const auto answer = host_.http(
        report.call(),
        {.method = "POST", .url = "https://api.example/x", .headers = {{"A", "b"}}, .body = "ask"});
    report.warn("http " + std::to_string(answer.status) + ' ' + answer.body,
                answer.headers[0].second);
    try {
      host_.wait(report.call(), std::chrono::seconds(1));
      report.pass("waited");
    } catch (const Failure& failure) {
      report.fail("cancelled", failure.status() == Status::kCancelled ? "as told" : "otherwise");
    }
  }

  bool poll(std::string_view cursor, sdk::Sink& sink) const {
    fail_as(cursor);
    int at = cursor.empty() ? 0 : std::stoi(std::string(cursor));
    while (at < 4) {
      sink.call().throw_if_cancelled();
      if (!sink.emit(record(std::to_string(at++)))) return true;
      if (!sink.checkpoint(std::to_string(at))) return true;
    }
    return false;
  }

  std::unique_ptr<sdk::Feed> open_feed(const sdk::Call&, std::string_view cursor) const {
    if (cursor == "none") return nullptr;
    return std::make_unique<CountingFeed>(host_,
                                          cursor.empty() ? 0 : std::stoi(std::string(cursor)));
  }

  int probe(const sdk::FileInfo& info, std::string_view head) const {
    if (head == "bug") fail_as("bug");
    return info.name.ends_with(".txt") ? 80 : 0;
  }
  sdk::OpenedFile open_file(const sdk::Call&, const sdk::FileInfo&, std::string_view cursor) const {
    return {std::make_unique<LineFile>(), cursor.empty() ? 0u : 4u};
  }

 private:
  sdk::Host host_;
};

}  // namespace

GANTRY_PLUGIN(Everything);

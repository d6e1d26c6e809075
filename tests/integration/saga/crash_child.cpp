// One life of a process that writes sagas over real stores, see crash_test.cpp.
//
//   saga_crash_child FOLDER DOCUMENTS VECTORS GRAPH CACHE THREADS KILL_AT
//
// Finishes or undoes what the life before left, checks that every document is whole and not older
// than what was answered, and writes: one batch (THREADS 0) and its end, or until it is killed.
// FOLDER/answered has a line "ID VERSION" per write that was answered. KILL_AT is the border
// between two steps (stepped.hpp) at which it kills itself; -1 for none. Prints how many borders it
// passed.

#include <fcntl.h>
#include <unistd.h>

#include <cstdio>
#include <cstring>
#include <fstream>
#include <map>
#include <random>
#include <string>
#include <thread>

#include "host/stores/open.hpp"
#include "tests/integration/saga/stepped.hpp"
#include "tests/unit/stores/conformance/backend.hpp"

namespace gantry::stores::saga {
namespace {

using namespace std::chrono_literals;
using conformance::make_item;

constexpr int kDocuments = 12;

std::string name_of(int number) { return "crash:" + std::to_string(number); }

/// Any content of a version is told by it.
IngestedDocument version_of(const std::string& id, std::int64_t version) {
  return make_item(id, version, id + "/" + std::to_string(version));
}

class Life {
 public:
  Life(std::filesystem::path folder, OpenedStores& opened, long kill_at)
      : folder_(std::move(folder)),
        opened_(opened),
        steps_(kill_at),
        documents_(opened.documents(), steps_),
        vectors_(opened.vectors(), steps_),
        graph_(opened.graph(), steps_),
        cache_(opened.cache(), steps_),
        log_(opened.saga_log(), steps_),
        saga_({{&documents_, &vectors_, &graph_}, &cache_, &log_, &opened.dead_letters()},
              {.retries = {50ms}}),
        answered_(::open((folder_ / "answered").c_str(), O_WRONLY | O_CREAT | O_APPEND, 0600)) {}

  bool recover() {
    for (int tries = 0; tries < 600; ++tries) {
      const auto resumed = saga_.resume();
      if (resumed && resumed->waiting == 0) return true;
      std::this_thread::sleep_for(50ms);
    }
    return complain("sagas wait for over 30 s", "resume");
  }

  bool is_whole() {
    std::map<std::string, std::int64_t> answered;
    std::ifstream lines(folder_ / "answered");
    std::int64_t version = 0;
    for (std::string id; lines >> id >> version;) {
      answered[id] = std::max(answered[id], version);
    }
    for (int number = 0; number < kDocuments; ++number) {
      const std::string id = name_of(number);
      std::vector<Stamp> stamps;
      for (Store* store : std::initializer_list<Store*>{&opened_.documents(), &opened_.vectors(),
                                                        &opened_.graph()}) {
        auto looked = store->look({&id, 1}, {});
        if (!looked) return complain(id, looked.error().message());
        stamps.push_back(std::move(looked->front()));
      }
      for (const Stamp& stamp : stamps) {
        if (stamp.present != stamps[0].present || stamp.hash != stamps[0].hash) {
          return complain(id, "is in some stores only");
        }
      }
      const std::int64_t there = stamps[0].present ? stamps[0].version : 0;
      if (there < answered[id]) return complain(id, "is older than what was answered");
      if (stamps[0].present && stamps[0].hash != idempotency_key(version_of(id, there))) {
        return complain(id, "has other content than was written");
      }
      next_[number] = there + 1;
    }
    if (opened_.dead_letters().count({}).value() != 0) return complain("a dead letter", "is left");
    return true;
  }

  bool write_once() {
    std::vector<IngestedDocument> batch;
    for (const int number : {0, 1, 2})
      batch.push_back(version_of(name_of(number), next_[number]++));
    return write(batch);
  }

  void write_on(int threads) {
    std::vector<std::jthread> writers;
    for (int t = 0; t < threads; ++t) {
      writers.emplace_back([this, t] {
        std::mt19937 random(static_cast<unsigned>(::getpid() + t));
        while (true) {
          // Distinct ids in one batch; the same ids in several at once.
          const int number = static_cast<int>(random() % kDocuments);
          const int other = (number + 1) % kDocuments;
          const std::vector<IngestedDocument> batch = {version_of(name_of(number), next_[number]++),
                                                       version_of(name_of(other), next_[other]++)};
          write(batch);
        }
      });
    }
  }

  long passed() {
    saga_.drain();
    return steps_.passed();
  }

 private:
  bool write(const std::vector<IngestedDocument>& batch) {
    bool all = true;
    for (const Outcome& outcome : saga_.write(batch)) {
      if (outcome.kind != OutcomeKind::kSuccess) {
        all = complain(outcome.document_id, outcome.error->message());
        continue;
      }
      for (const IngestedDocument& item : batch) {
        if (item.document.id != outcome.document_id) continue;
        const std::string line =
            item.document.id + " " + std::to_string(item.document.version) + "\n";
        if (::write(answered_, line.data(), line.size()) != static_cast<ssize_t>(line.size())) {
          return complain("answered", std::strerror(errno));
        }
      }
    }
    return all;
  }

  static bool complain(const std::string& what, const std::string& why) {
    std::fprintf(stderr, "%s: %s\n", what.c_str(), why.c_str());
    return false;
  }

  const std::filesystem::path folder_;
  OpenedStores& opened_;
  Steps steps_;
  SteppedStore documents_, vectors_, graph_;
  SteppedCache cache_;
  SteppedLog log_;
  Saga saga_;
  const int answered_;
  std::atomic<std::int64_t> next_[kDocuments];
};

int live(char** words) {
  OpenOptions options;
  const std::filesystem::path folder = words[1];
  options.embedded.file = folder / "stores.db";
  options.documents.url = words[2];
  options.vectors.url = words[3];
  options.graph.url = words[4];
  options.cache.url = words[5];
  const int threads = std::atoi(words[6]);
  const auto opened = OpenedStores::open(options);
  if (!opened) return std::fprintf(stderr, "%s\n", opened.error().message().c_str()), 1;
  Life life(folder, **opened, std::atol(words[7]));
  if (!life.recover() || !life.is_whole()) return 3;
  std::printf("alive\n");
  std::fflush(stdout);
  if (threads > 0) life.write_on(threads);
  if (!life.write_once()) return 4;
  std::printf("%ld\n", life.passed());
  return 0;
}

}  // namespace
}  // namespace gantry::stores::saga

int main(int argc, char** argv) {
  if (argc != 8) return 2;
  return gantry::stores::saga::live(argv);
}

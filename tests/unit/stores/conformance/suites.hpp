#pragma once

#include <gtest/gtest.h>

#include "tests/unit/stores/conformance/backend.hpp"

namespace gantry::stores::conformance {

/// One suite per port; an adapter's test instantiates those that it has.
template <class Tag>
class Suite : public testing::TestWithParam<Adapter> {
 protected:
  void SetUp() override { backend_ = GetParam().make(); }
  std::unique_ptr<Backend> backend_;
  const CallOptions options_;
};

class DocumentStoreSuite : public Suite<struct DocumentTag> {};
class VectorIndexSuite : public Suite<struct VectorTag> {};
class KnowledgeGraphSuite : public Suite<struct GraphTag> {};
class CacheSuite : public Suite<struct CacheTag> {};
class DeadLettersSuite : public Suite<struct DeadTag> {};
class SagaLogSuite : public Suite<struct LogTag> {};
class StagingSuite : public Suite<struct StagingTag> {};

/// The write contract, on a store and a way to see whose content a document has.
struct StoreCase {
  Adapter adapter;
  std::string port;
  std::function<Store&(Backend&)> store;
  std::function<bool(Backend&, const std::string& id, const std::string& marker)> shows;
};
inline void PrintTo(const StoreCase& one, std::ostream* out) {
  *out << one.adapter.name << " " << one.port;
}
class StoreSuite : public testing::TestWithParam<StoreCase> {
 protected:
  void SetUp() override { backend_ = GetParam().adapter.make(); }
  Store& store() { return GetParam().store(*backend_); }
  bool shows(const std::string& id, const std::string& marker) {
    return GetParam().shows(*backend_, id, marker);
  }
  Kept put(const IngestedDocument& item, std::string operation = "op", std::int64_t fence = 1) {
    const Write write = make_write(item, std::move(operation), fence);
    return store().put({&write, 1}, {}).value().front();
  }
  Undone undo(const std::string& id, const std::string& operation) {
    const WriteRef ref{id, operation};
    return store().undo({&ref, 1}, {}).value().front();
  }
  Stamp look(const std::string& id) { return store().look({&id, 1}, {}).value().front(); }

  std::unique_ptr<Backend> backend_;
};

/// The same contract when the other side fails: for backends that have crash() and hang().
class OutageSuite : public StoreSuite {};

/// The three stores of an adapter as StoreCases, or those of `ports`.
std::vector<StoreCase> store_cases(const Adapter& adapter, const std::vector<std::string>& ports = {
                                                               "documents", "vectors", "graph"});
std::string case_name(const testing::TestParamInfo<StoreCase>& info);
std::string adapter_name(const testing::TestParamInfo<Adapter>& info);

/// Ids that are SQL, Cypher, Lua, JSON or path syntax somewhere.
extern const std::vector<std::string> kHostileIds;

}  // namespace gantry::stores::conformance

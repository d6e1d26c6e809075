#pragma once

#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <utility>

#include "host/ingress/listener.hpp"
#include "host/plugins/source.hpp"

namespace gantry::ingress::test {

/// A source whose verdict is the test's.
class FakeSource final : public plugins::Source {
 public:
  using Verify = std::function<plugins::PluginResult<plugins::Verdict>(const InboundRequest&)>;
  explicit FakeSource(Verify verify) : verify_(std::move(verify)) {}

  const std::string& id() const override { return name_; }
  const std::string& plugin_id() const override { return name_; }
  bool has(std::string_view capability) const override { return capability == "gantry.webhook/1"; }
  plugins::PluginResult<plugins::Verdict> verify(const InboundRequest& request) const override {
    return verify_(request);
  }
  plugins::PluginResult<plugins::Parsed> parse(const Delivery&,
                                               const plugins::CallScope&) const override {
    return plugins::PluginError(ErrorKind::kUnsupported, "fake");
  }
  plugins::PluginResult<std::vector<std::pair<std::string, std::string>>> sign(
      const InboundRequest&) const override {
    return plugins::PluginError(ErrorKind::kUnsupported, "fake");
  }
  plugins::PluginResult<std::vector<plugins::Finding>> check(
      const plugins::CallScope&) const override {
    return plugins::PluginError(ErrorKind::kUnsupported, "fake");
  }

 private:
  const std::string name_ = "fake";
  const Verify verify_;
};

/// Accepts under the body as id.
inline plugins::PluginResult<plugins::Verdict> accept_body(const InboundRequest& request) {
  plugins::Verdict verdict;
  verdict.decision = plugins::Verdict::Decision::kAccept;
  verdict.delivery_id = request.body;
  return verdict;
}

class FakeSources final : public SourceLookup {
 public:
  void add(std::string name, FakeSource::Verify verify) {
    const std::lock_guard lock(mutex_);
    sources_.insert_or_assign(std::move(name), std::make_shared<FakeSource>(std::move(verify)));
  }
  std::shared_ptr<const plugins::Source> find(std::string_view name) const override {
    const std::lock_guard lock(mutex_);
    const auto found = sources_.find(name);
    return found == sources_.end() ? nullptr : found->second;
  }

 private:
  mutable std::mutex mutex_;
  std::map<std::string, std::shared_ptr<const plugins::Source>, std::less<>> sources_;
};

}  // namespace gantry::ingress::test

#include "host/plugins/conformance/rig.hpp"

#include <algorithm>

#include "host/base/encoding.hpp"
#include "host/plugins/abi/call.hpp"
#include "host/plugins/abi/span.hpp"

namespace gantry::plugins::conformance {
namespace {

constexpr const char* kSource = "check-source";
constexpr int kFieldsMax = 8;

}  // namespace

std::string name_of(gantry_status status) { return std::string(abi::meaning_of(status).category); }

std::string shown(std::string text) {
  constexpr std::size_t kShownMax = 200;
  if (text.size() > kShownMax) text = text.substr(0, kShownMax) + "…";
  return escape_control(text);
}

std::string Said::text() const {
  std::string out = name_of(status);
  if (status < GANTRY_OK || status > GANTRY_NOT_CONNECTED) out = std::to_string(status);
  if (!error.code.empty()) out += " (" + shown(error.code) + ')';
  if (error.retry_after.count() > 0) {
    out += ", retry after " + std::to_string(error.retry_after.count() / 1'000'000) + " ms";
  }
  if (!error.pointer.empty()) out += " at " + shown(error.pointer);
  if (!error.message.empty()) out += ": \"" + shown(error.message) + '"';
  return out;
}

Rig::Rig(const Subject& subject, RigOptions options)
    : subject_(subject),
      options_(options),
      module_(open_module(subject.file)),
      host_(kSource, options.shape) {
  host_.services.insert(subject.manifest.services.begin(), subject.manifest.services.end());
  if (!options.bare) {
    for (const char* id : {GANTRY_SERVICE_LOG, GANTRY_SERVICE_CLOCK, GANTRY_SERVICE_CRYPTO,
                           GANTRY_SERVICE_SECRETS, GANTRY_SERVICE_KV, GANTRY_SERVICE_HTTP}) {
      host_.services.insert(id);
    }
  }
  const gantry_status status = module_.entry.init(host_.native());
  if (status != GANTRY_OK) {
    fail("init returns OK", name_of(status), "init must work on any host that has the services");
  }
  started_ = true;
  try {
    create(subject);
  } catch (...) {
    module_.entry.deinit();
    throw;
  }
}

Rig::~Rig() {
  if (instance_ != nullptr) module_.entry.destroy(instance_);
  if (started_) module_.entry.deinit();
}

void Rig::set_world() {
  cancelled = false;
  strangers.clear();
  auto secrets = config_.secrets;
  for (const auto& [pointer, values] : subject_.scenario.secrets) secrets[pointer] = values;
  host_.reset(secrets, subject_.scenario.kv, subject_.scenario.now);
  host_.vendor = scripted_vendor(subject_.scenario, {GANTRY_OK, 404, {}, "{}"}, &strangers);
}

void Rig::create(const Subject& subject) {
  if (subject.configs.empty()) {
    fail("a configuration that the schema accepts", "none could be made from the schema",
         "give fields a default or examples, or name a file with --config");
  }
  Said last;
  for (const SampleConfig& candidate : subject.configs) {
    config_ = candidate;
    for (int i = 0; i < kFieldsMax; ++i) {
      set_world();
      last = create_with(config_.json, &instance_);
      if (last.ok() || last.status != GANTRY_CONFIG) break;
      // What the plugin asks for beyond its schema, it gets.
      auto more =
          with_field(subject.manifest.config_schema, config_, last.error.pointer, subject.seed);
      if (!more) break;
      config_ = std::move(*more);
    }
    if (last.ok()) return;
  }
  fail("create accepts a configuration that the schema accepts",
       last.text() + " for " + shown(config_.json),
       "say in the schema what create demands, or name a file with --config");
}

void Rig::renew() {
  if (instance_ != nullptr) module_.entry.destroy(instance_);
  instance_ = nullptr;
  set_world();
  const Said said = create_with(config_.json, &instance_);
  if (!said.ok()) {
    fail("create works twice with the same configuration", said.text(),
         "keep no state between instances");
  }
}

Said Rig::with_call(const CallScope& scope,
                    const std::function<gantry_status(const gantry_call*)>& deed) {
  const abi::Call call(scope);
  const Guarded<gantry_call> native(*call.native(), options_.shape);
  Said said;
  said.status = deed(native.get());
  said.error = call.error();
  return said;
}

Said Rig::create_with(const std::string& config, gantry_instance** out) {
  *out = nullptr;
  const GuardedBytes text(config);
  const GuardedBytes source(host_.source());
  Said said = call([&](const gantry_call* native) {
    return module_.entry.create(native, host_.native(), {source.data(), host_.source().size()},
                                {text.data(), config.size()}, out);
  });
  if (!said.ok() && *out != nullptr) {
    fail("*out is written only on OK", "create returned " + said.text() + " and wrote *out",
         "set *out as the last step of create");
  }
  if (said.ok() && *out == nullptr) {
    fail("create gives an instance with OK", "*out is NULL", "set *out before returning OK");
  }
  return said;
}

Said Rig::try_create(const std::string& config) {
  gantry_instance* made = nullptr;
  Said said = create_with(config, &made);
  if (made != nullptr) module_.entry.destroy(made);
  return said;
}

const void* Rig::capability(const char* id, std::size_t size_min) {
  const void* const raw = module_.entry.get_capability(instance_, abi::span_of(id));
  std::uint32_t size = 0;
  if (raw != nullptr) std::memcpy(&size, raw, sizeof size);
  if (size < size_min) {
    fail(std::string("get_capability gives ") + id + ", as the manifest promises",
         raw == nullptr ? "NULL" : "a struct of " + std::to_string(size) + " bytes",
         "set struct_size to sizeof, or leave the capability out of the manifest");
  }
  return raw;
}

const gantry_webhook* Rig::webhook() {
  return static_cast<const gantry_webhook*>(capability(GANTRY_CAP_WEBHOOK, sizeof(gantry_webhook)));
}
const gantry_batch* Rig::batch() {
  return static_cast<const gantry_batch*>(capability(GANTRY_CAP_BATCH, sizeof(gantry_batch)));
}

Pulled Rig::pull(const std::string& cursor, StopPlan& plan) {
  if (subject_.manifest.has(GANTRY_CAP_POLLER)) {
    return poll(
        *static_cast<const gantry_poller*>(capability(GANTRY_CAP_POLLER, sizeof(gantry_poller))),
        cursor, plan);
  }
  return stream(
      *static_cast<const gantry_stream*>(capability(GANTRY_CAP_STREAM, sizeof(gantry_stream))),
      cursor, plan);
}

Pulled Rig::poll(const gantry_poller& poller, const std::string& cursor, StopPlan& plan) {
  Pulled out;
  BenchSink sink(host_.source(), host_.now, plan, options_.shape);
  const GuardedBytes from(cursor);
  std::int32_t more = 0;
  out.said = call([&](const gantry_call* native) {
    return poller.poll(instance_, native, {from.data(), cursor.size()}, sink.native(), &more);
  });
  out.more = more != 0;
  out.taken = std::move(sink.taken());
  return out;
}

Pulled Rig::stream(const gantry_stream& stream, const std::string& cursor, StopPlan& plan) {
  constexpr std::uint32_t kRecordsMax = 100;
  constexpr std::uint64_t kBytesMax = 16U << 20U;
  constexpr std::chrono::seconds kWait{5};  // the host's own slice
  constexpr int kRoundsMax = 1000;
  Pulled out;
  const GuardedBytes from(cursor);
  gantry_feed* feed = nullptr;
  out.said = call([&](const gantry_call* native) {
    return stream.open(instance_, native, {from.data(), cursor.size()}, &feed);
  });
  if (!out.said.ok()) return out;
  BenchSink sink(host_.source(), host_.now, plan, options_.shape);
  Instant heard = host_.now;
  for (int i = 0; i < kRoundsMax; ++i) {
    const std::size_t before = sink.taken().records.size();
    const Instant begun = host_.now;
    out.said = call([&](const gantry_call* native) {
      return stream.next(feed, native, kRecordsMax, kBytesMax,
                         std::chrono::nanoseconds{kWait}.count(), sink.native());
    });
    if (!out.said.ok() || sink.taken().stopped) break;
    if (sink.taken().records.size() == before) {
      if (host_.now - heard >= patience) break;
      host_.now = std::max(host_.now, begun + kWait);  // it may return sooner; time passes anyway
      continue;
    }
    heard = host_.now;
    if (stream.ack != nullptr && !sink.taken().cursors.empty()) {
      const std::string& reached = sink.taken().cursors.back();
      out.said = call([&](const gantry_call* native) {
        return stream.ack(feed, native, abi::span_of(reached));
      });
      if (!out.said.ok()) break;
    }
  }
  if (out.said.status == GANTRY_END) out.said = {};
  stream.close(feed);
  out.taken = std::move(sink.taken());
  return out;
}

}  // namespace gantry::plugins::conformance

#pragma once

#include <dlfcn.h>
#include <gantry/gantry.h>

#include <cstdint>
#include <stdexcept>
#include <string>
#include <string_view>
#include <tuple>
#include <utility>
#include <vector>

#include "tests/support/plugin_world.hpp"

namespace gantry::test {

/// A host of a few lines: drives a real connector file through its entry, as the real host does,
/// with services that the test controls. Every output is copied before a call returns, so a pointer
/// that a plugin keeps too long shows under AddressSanitizer.

namespace detail {

/// A call with its error text.
struct CallState {
  World* world;
  ErrorText error;
};

inline gantry_call make_call(CallState& state) {
  return {sizeof(gantry_call),
          0,
          &state,
          [](const gantry_call* self) {
            return std::int32_t{static_cast<CallState*>(self->impl)->world->cancelled};
          },
          [](const gantry_call*) { return INT64_MAX; },
          [](const gantry_call* self) { ++static_cast<CallState*>(self->impl)->world->progress; },
          [](const gantry_call* self, const gantry_error* error) {
            static_cast<CallState*>(self->impl)->error = error_text(*error);
          }};
}

struct SinkState {
  World* world;
  Output* output;
};

inline std::int32_t answer_of(gantry_sink* self) {
  const auto& state = *static_cast<SinkState*>(self->impl);
  return state.output->records.size() >= state.world->records_max ? GANTRY_SINK_STOP
                                                                  : GANTRY_SINK_CONTINUE;
}

inline gantry_sink make_sink(SinkState& state) {
  return {sizeof(gantry_sink),
          0,
          &state,
          [](gantry_sink* self, const gantry_record* in) {
            static_cast<SinkState*>(self->impl)
                ->output->records.push_back({text(in->kind), text(in->key), text(in->title),
                                             text(in->text), text(in->content_type), text(in->raw),
                                             text(in->metadata), text(in->participants),
                                             in->occurred_at_ns, in->version, in->flags});
            return answer_of(self);
          },
          [](gantry_sink* self, gantry_span raw, const gantry_error* reason) {
            static_cast<SinkState*>(self->impl)
                ->output->rejected.emplace_back(text(raw), error_text(*reason));
            return answer_of(self);
          },
          [](gantry_sink* self, gantry_span cursor) {
            static_cast<SinkState*>(self->impl)->output->checkpoints.push_back(text(cursor));
            return answer_of(self);
          }};
}

/// The ABI's view of a request; lives as long as both arguments.
struct RequestView {
  explicit RequestView(const Request& in) : headers(borrow(in.headers)) {
    abi.struct_size = sizeof abi;
    abi.header_count = static_cast<std::uint32_t>(headers.size());
    abi.header_stride = sizeof(gantry_pair);
    abi.headers = headers.data();
    abi.method = span(in.method);
    abi.target = span(in.target);
    abi.body = span(in.body);
    abi.remote = span("127.0.0.1");
    abi.received_at_ns = in.received_at_ns;
  }
  std::vector<gantry_pair> headers;
  gantry_request abi{};
};

}  // namespace detail

/// A connector file, loaded and initialised; never unloaded. Throws where it cannot be.
class Plugin {
 public:
  explicit Plugin(const std::string& path) {
    void* file = dlopen(path.c_str(), RTLD_NOW | RTLD_LOCAL | RTLD_NODELETE);
    if (file == nullptr) throw std::runtime_error(dlerror());
    const auto entry =
        reinterpret_cast<gantry_plugin_entry_fn>(dlsym(file, GANTRY_PLUGIN_ENTRY_SYMBOL));
    if (entry == nullptr) throw std::runtime_error(path + ": no entry");
    abi_ = entry();
    host_.struct_size = sizeof host_;
    host_.abi_minor = GANTRY_ABI_MINOR;
    host_.impl = &world_;
    host_.get_service = &detail::get_service;
    if (abi_->init(&host_) != GANTRY_OK) throw std::runtime_error(path + ": init failed");
  }
  ~Plugin() { abi_->deinit(); }
  Plugin(const Plugin&) = delete;
  Plugin& operator=(const Plugin&) = delete;

  const gantry_plugin& abi() const { return *abi_; }
  const gantry_host& host() const { return host_; }
  World& world() { return world_; }

 private:
  World world_;
  gantry_host host_{};
  const gantry_plugin* abi_ = nullptr;
};

/// One configured source of a plugin. Where create fails, `status` and `error` say why and no
/// other function may be called.
class Source {
 public:
  Source(Plugin& plugin, std::string_view config, std::string_view name = "test")
      : plugin_(plugin) {
    detail::CallState state{&plugin_.world(), {}};
    const gantry_call call = detail::make_call(state);
    status = plugin_.abi().create(&call, &plugin_.host(), span(name), span(config), &instance_);
    error = state.error;
  }
  ~Source() {
    if (status == GANTRY_OK) plugin_.abi().destroy(instance_);
  }
  Source(const Source&) = delete;
  Source& operator=(const Source&) = delete;

  Verdict verify(const Request& request) const {
    Verdict verdict;
    gantry_verdict out{
        sizeof out, 0, &verdict,
        [](gantry_verdict* self, std::int32_t decision, gantry_span id, gantry_span reason) {
          auto& to = *static_cast<Verdict*>(self->impl);
          to.decision = decision;
          to.delivery_id = text(id);
          to.reason = text(reason);
        },
        [](gantry_verdict* self, std::uint32_t status, gantry_span type, gantry_span body) {
          auto& to = *static_cast<Verdict*>(self->impl);
          to.reply_status = status;
          to.reply_type = text(type);
          to.reply_body = text(body);
        }};
    with_call([&](const gantry_call* call) {
      const detail::RequestView view(request);
      return verdict.status = webhook().verify(instance_, call, &view.abi, &out);
    });
    return verdict;
  }

  Output parse(const Request& request) const {
    return with_sink([&](const gantry_call* call, gantry_sink* sink, Output&) {
      const detail::RequestView view(request);
      return webhook().parse(instance_, call, &view.abi, sink);
    });
  }

  Output poll(std::string_view cursor) const {
    return with_sink([&](const gantry_call* call, gantry_sink* sink, Output& output) {
      const auto* poller = capability<gantry_poller>(GANTRY_CAP_POLLER);
      std::int32_t more = 0;
      const gantry_status result = poller->poll(instance_, call, span(cursor), sink, &more);
      output.more = more != 0;
      return result;
    });
  }

  /// How sure the plugin is that it reads this file, 0 to 100.
  int probe(std::string_view head, const FileInfo& info = {}) const {
    const gantry_file_info file = file_info(info, head.size());
    return batch().probe(instance_, &file, span(head));
  }

  /// Reads a whole file in chunks of `chunk` bytes, from `cursor` if one is given. Each chunk lies
  /// in memory of its own.
  Output read(std::string_view content, std::size_t chunk = SIZE_MAX, std::string_view cursor = "",
              const FileInfo& info = {}) const {
    return with_sink([&](const gantry_call* call, gantry_sink* sink, Output& output) {
      const gantry_file_info file_facts = file_info(info, content.size());
      std::uint64_t offset = 0;
      gantry_file* file = nullptr;
      gantry_status result =
          batch().open(instance_, call, &file_facts, span(cursor), &offset, &file);
      if (result != GANTRY_OK) return result;
      while (result == GANTRY_OK && offset < content.size()) {
        const std::string piece(content.substr(offset, chunk));
        result = batch().feed(file, call, span(piece), sink);
        offset += piece.size();
      }
      gantry_outbox outbox{sizeof outbox, 0, &output,
                           [](gantry_outbox* self, gantry_span name, gantry_span bytes) {
                             static_cast<Output*>(self->impl)->files[text(name)] = text(bytes);
                             return gantry_status{GANTRY_OK};
                           }};
      if (result == GANTRY_OK) result = batch().finish(file, call, sink, &outbox);
      batch().close(file);
      return result;
    });
  }

  /// The headers to send with `request`; empty where signing failed.
  Pairs sign(const Request& request) const {
    Pairs headers;
    with_call([&](const gantry_call* call) {
      const detail::RequestView view(request);
      return webhook().sign(
          instance_, call, &view.abi,
          [](void* impl, gantry_span name, gantry_span value) {
            static_cast<Pairs*>(impl)->emplace_back(text(name), text(value));
          },
          &headers);
    });
    return headers;
  }

  std::vector<Finding> check() const {
    std::vector<Finding> findings;
    gantry_report report{
        sizeof report, 0, &findings,
        [](gantry_report* self, std::int32_t state, gantry_span what, gantry_span remedy) {
          static_cast<std::vector<Finding>*>(self->impl)
              ->push_back({state, text(what), text(remedy)});
        }};
    with_call([&](const gantry_call* call) {
      return capability<gantry_check>(GANTRY_CAP_CHECK)->check(instance_, call, &report);
    });
    return findings;
  }

  /// Null where the plugin has no such capability.
  template <class Table>
  const Table* capability(std::string_view id) const {
    return static_cast<const Table*>(plugin_.abi().get_capability(instance_, span(id)));
  }
  gantry_instance* instance() const { return instance_; }

  gantry_status status = GANTRY_OK;
  ErrorText error;

 private:
  friend class Feed;
  const gantry_webhook& webhook() const { return *capability<gantry_webhook>(GANTRY_CAP_WEBHOOK); }
  const gantry_batch& batch() const { return *capability<gantry_batch>(GANTRY_CAP_BATCH); }
  const gantry_stream& stream() const { return *capability<gantry_stream>(GANTRY_CAP_STREAM); }

  static gantry_file_info file_info(const FileInfo& info, std::uint64_t size) {
    return {sizeof(gantry_file_info), 0,    span(info.name),
            span(info.sha256),        size, info.modified_at_ns};
  }

  template <class Body>
  std::pair<gantry_status, ErrorText> with_call(Body&& body) const {
    detail::CallState state{&plugin_.world(), {}};
    const gantry_call call = detail::make_call(state);
    const gantry_status result = body(&call);
    return {result, state.error};
  }
  template <class Body>
  Output with_sink(Body&& body) const {
    Output output;
    detail::SinkState sink_state{&plugin_.world(), &output};
    gantry_sink sink = detail::make_sink(sink_state);
    std::tie(output.status, output.error) =
        with_call([&](const gantry_call* call) { return body(call, &sink, output); });
    return output;
  }

  Plugin& plugin_;
  gantry_instance* instance_ = nullptr;
};

/// An open feed of a source that streams.
class Feed {
 public:
  Feed(const Source& source, std::string_view cursor) : source_(source) {
    std::tie(status, error) = source_.with_call([&](const gantry_call* call) {
      return source_.stream().open(source_.instance(), call, span(cursor), &feed_);
    });
  }
  ~Feed() {
    if (status == GANTRY_OK) source_.stream().close(feed_);
  }
  Feed(const Feed&) = delete;
  Feed& operator=(const Feed&) = delete;

  Output next(std::uint32_t records_max = 100, std::uint64_t bytes_max = 1 << 20,
              std::int64_t wait_ns = 0) const {
    return source_.with_sink([&](const gantry_call* call, gantry_sink* sink, Output&) {
      return source_.stream().next(feed_, call, records_max, bytes_max, wait_ns, sink);
    });
  }
  gantry_status ack(std::string_view cursor) const {
    if (source_.stream().ack == nullptr) return GANTRY_OK;
    return source_
        .with_call([&](const gantry_call* call) {
          return source_.stream().ack(feed_, call, span(cursor));
        })
        .first;
  }
  gantry_status nack(std::string_view cursor) const {
    if (source_.stream().nack == nullptr) return GANTRY_OK;
    return source_
        .with_call([&](const gantry_call* call) {
          return source_.stream().nack(feed_, call, span(cursor), nullptr);
        })
        .first;
  }

  gantry_status status = GANTRY_OK;
  ErrorText error;

 private:
  const Source& source_;
  gantry_feed* feed_ = nullptr;
};

}  // namespace gantry::test

#pragma once

#include <gantry/batch.h>

#include <concepts>
#include <memory>
#include <string_view>

#include "gantry/sdk/edge.hpp"
#include "gantry/sdk/record.hpp"

namespace gantry::sdk {

/// A file as the host knows it, borrowed for the call.
struct FileInfo {
  explicit FileInfo(const gantry_file_info* info) noexcept
      : name(view(info->name)),
        sha256(view(info->sha256)),
        size(info->size),
        modified_at_ns(info->modified_at_ns) {}

  std::string_view name;    ///< Without a directory.
  std::string_view sha256;  ///< Lower-case hex of the content.
  std::uint64_t size;       ///< UINT64_MAX where unknown.
  std::int64_t modified_at_ns;
};

/// Files the plugin wants written beside its records.
class Outbox {
 public:
  explicit Outbox(gantry_outbox* outbox) noexcept : outbox_(outbox) {}
  void put(std::string_view name, std::string_view content) {
    const gantry_status status = outbox_->put(outbox_, span(name), span(content));
    if (status != GANTRY_OK) {
      throw Failure(static_cast<Status>(status), "cannot write " + std::string(name));
    }
  }

 private:
  gantry_outbox* outbox_;
};

/// A file being read: chunks of any size give the same records. The destructor ends it.
class File {
 public:
  virtual ~File() = default;
  /// All of `chunk` counts as consumed; keep what is still needed.
  virtual void feed(std::string_view chunk, Sink& sink) = 0;
  virtual void finish(Sink& sink, Outbox& outbox) = 0;
};

/// What open_file gives: the reader, and the byte at which the host continues.
struct OpenedFile {
  std::unique_ptr<File> file;
  std::uint64_t offset = 0;
};

/// A class with these functions offers gantry.batch/1. probe answers 0 to 100.
template <class T>
concept BatchSource =
    requires(const T& source, const Call& call, const FileInfo& info, std::string_view bytes) {
      { source.probe(info, bytes) } -> std::same_as<int>;
      { source.open_file(call, info, bytes) } -> std::same_as<OpenedFile>;
    };

template <BatchSource T>
struct BatchEdge {
  static std::int32_t probe(gantry_instance* self, const gantry_file_info* info,
                            gantry_span head) noexcept {
    std::int32_t score = 0;
    guard(nullptr, "probe",
          [&] { score = reinterpret_cast<const T*>(self)->probe(FileInfo(info), view(head)); });
    return score;
  }
  static gantry_status open(gantry_instance* self, const gantry_call* call,
                            const gantry_file_info* info, gantry_span cursor, std::uint64_t* offset,
                            gantry_file** out) noexcept {
    return guard(call, "open", [&] {
      OpenedFile opened =
          reinterpret_cast<const T*>(self)->open_file(Call(call), FileInfo(info), view(cursor));
      if (!opened.file) throw Failure(Status::kBug, "the plugin opened no file");
      *offset = opened.offset;
      *out = reinterpret_cast<gantry_file*>(opened.file.release());
    });
  }
  static gantry_status feed(gantry_file* file, const gantry_call* call, gantry_span chunk,
                            gantry_sink* sink) noexcept {
    return guard(call, "feed", [&] {
      Sink out(call, sink);
      of(file)->feed(view(chunk), out);
    });
  }
  static gantry_status finish(gantry_file* file, const gantry_call* call, gantry_sink* sink,
                              gantry_outbox* outbox) noexcept {
    return guard(call, "finish", [&] {
      Sink out(call, sink);
      Outbox files(outbox);
      of(file)->finish(out, files);
    });
  }
  static void close(gantry_file* file) noexcept { delete of(file); }
  static File* of(gantry_file* file) noexcept { return reinterpret_cast<File*>(file); }

  static constexpr gantry_batch kTable{
      sizeof(gantry_batch), 0, &probe, &open, &feed, &finish, &close};
};

}  // namespace gantry::sdk

#pragma once

#include <array>
#include <gantry/sdk/batch.hpp>
#include <memory>
#include <string>

#include "edifact_reader.hpp"
#include "file_context.hpp"
#include "x12_reader.hpp"

namespace gantry::edi {

/// One file: interchanges of either standard, one after the other, with whatever stands between.
///
/// Holds one set at a time. Bytes that are no EDI become dead letters and the file is reported as
/// broken at its end, after everything that could be read was delivered and answered.
class EdiFile final : public sdk::File {
 public:
  EdiFile(const sdk::Host& host, const Settings& settings, const sdk::FileInfo& info);

  /// Takes up at a checkpoint; returns the offset in the file. Throws Failure(kData) for a cursor
  /// that was not written here.
  std::uint64_t resume(std::string_view cursor);

  void feed(std::string_view chunk, sdk::Sink& sink) override;
  void finish(sdk::Sink& sink, sdk::Outbox& outbox) override;

 private:
  enum class Mode { kOutside, kX12, kEdifact };

  void pump(bool last, sdk::Sink& sink);
  /// Between interchanges. False: more bytes are needed, or the host wants no more.
  bool look_for_start(bool last, sdk::Sink& sink);
  bool start_at(std::string_view rest, bool last, bool& wait);
  bool reject_garbage(std::size_t size, sdk::Sink& sink);
  bool read_interchange(bool last, sdk::Sink& sink);
  void maybe_checkpoint(sdk::Sink& sink);
  void advance(std::size_t count);
  std::string_view rest() const { return std::string_view(buffer_).substr(read_); }
  std::string cursor();
  /// What waits for the end of the file, by its name in the cursor.
  std::array<std::pair<const char*, Spool*>, 2> spools() {
    return {{{"pending", &context_.pending}, {"journal", &context_.journal}}};
  }

  FileContext context_;
  X12Reader x12_;
  EdifactReader edifact_;
  Mode mode_ = Mode::kOutside;
  std::string buffer_;
  std::size_t read_ = 0;     ///< Of buffer_.
  std::size_t garbage_ = 0;  ///< Bytes of rest() that begin no interchange.
  std::uint32_t boundaries_ = 0;
  std::uint64_t checkpoint_at_ = 0;  ///< Offset of the last one.
  bool any_interchange_ = false;
  bool stopped_ = false;
  bool checkpoints_skipped_ = false;
};

/// 0 to 100: how sure it is that a file with this beginning is X12 or EDIFACT.
int probe(std::string_view head);

}  // namespace gantry::edi
